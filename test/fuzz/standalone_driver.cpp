#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// Runs a fuzz target without libFuzzer: the inputs that are kept, then variations of them. The same seed makes the same variations.
//   NAME_fuzz [--runs N] [--seed N] FOLDER|FILE ...

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

namespace fs = std::filesystem;
using Input = std::vector<std::uint8_t>;

constexpr std::size_t kMostOctets = 4096;
constexpr unsigned kLongestRun = 20;  // seconds for one input

/// What the last run was, for the handler of a signal that ends the process: where the input lies is known beforehand.
char last_words[512] = "";

extern "C" void say_last_words(int signal) {
  static_cast<void>(!::write(STDERR_FILENO, last_words, std::strlen(last_words)));
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// Keeps each input in a file before it is run: after a crash it is there.
class Runner {
 public:
  explicit Runner(const std::string& program) : file_(fs::current_path() / (fs::path(program).filename().string() + ".input")) {
    descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) throw std::runtime_error("cannot write " + file_.string());
    for (const int one : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM}) ::signal(one, say_last_words);
  }
  ~Runner() { ::close(descriptor_), ::unlink(file_.c_str()); }
  Runner(const Runner&) = delete;

  void run(const Input& input, const std::string& what) {
    const auto end = fmt::format_to_n(last_words, sizeof last_words - 1, "\nfailed with {}\nthe input is in {}\n", what, file_.string());
    *end.out = '\0';
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()))
      throw std::runtime_error("cannot write " + file_.string());
    ::alarm(kLongestRun);
    const Input exact(input);  // no room behind its last octet
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
    ::alarm(0);
  }

 private:
  fs::path file_;
  int descriptor_;
};

Input read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return Input(std::istreambuf_iterator<char>(in), {});
}

class Variations {
 public:
  Variations(const std::vector<Input>& kept, std::uint64_t seed) : kept_(kept), random_(seed) {}

  Input next() {
    auto input = kept_.empty() ? Input() : kept_[below(kept_.size())];
    for (auto changes = 1 + below(8); changes > 0; --changes) change(input);
    input.resize(std::min(input.size(), kMostOctets));
    return input;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::uint8_t octet() { return static_cast<std::uint8_t>(random_()); }

  void change(Input& input) {
    static constexpr std::uint8_t kBoundaries[] = {0, 1, 0x7F, 0x80, 0xFF, '"', '{', '\n'};
    const auto at = below(input.size() + 1);
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto length = std::min(input.size() - at, 1 + below(16));
    switch (below(7)) {
      case 0: input.insert(place, octet()); return;
      case 1: input.erase(place, place + static_cast<std::ptrdiff_t>(length)); return;
      case 2: input.resize(at); return;
      case 3: {
        const Input piece(place, place + static_cast<std::ptrdiff_t>(length));
        const auto to = input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1));
        input.insert(to, piece.begin(), piece.end());
        return;
      }
      case 4: {
        if (kept_.empty()) return;
        const auto& other = kept_[below(kept_.size())];
        input.resize(at);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)), other.end());
        return;
      }
      default: break;
    }
    if (at == input.size()) return;
    if (below(2) == 0) {
      input[at] ^= static_cast<std::uint8_t>(1u << below(8));
    } else {
      input[at] = below(2) == 0 ? kBoundaries[below(std::size(kBoundaries))] : octet();
    }
  }

  const std::vector<Input>& kept_;
  std::mt19937_64 random_;
};

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const auto* end = text + std::strlen(text);
  if (const auto read = std::from_chars(text, end, value); read.ec != std::errc() || read.ptr != end)
    throw std::runtime_error(std::string("not a number: ") + text);
  return value;
}

std::vector<fs::path> files_below(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place)) files.push_back(entry.path());
  std::ranges::sort(files);  // the same seed must mean the same runs everywhere
  return files;
}

int run_all(int argc, char** argv) {
  std::uint64_t runs = 0, seed = 1;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--runs" && i + 1 < argc) {
      runs = number(argv[++i]);
    } else if (word == "--seed" && i + 1 < argc) {
      seed = number(argv[++i]);
    } else {
      std::ranges::copy(files_below(word), std::back_inserter(files));
    }
  }
  if (files.empty()) throw std::runtime_error("no inputs are given or kept");
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  Runner runner(argv[0]);
  std::vector<Input> kept;
  for (const auto& file : files) {
    kept.push_back(read(file));
    runner.run(kept.back(), file.string());
  }
  Variations variations(kept, seed);
  for (std::uint64_t i = 0; i < runs; ++i) runner.run(variations.next(), fmt::format("--seed {}, variation {}", seed, i));
  fmt::print("{} inputs, {} variations\n", files.size(), runs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  return run_all(argc, argv);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n{}", error.what(), last_words);
  return 1;
}
