// keymantle-bench: ours (in process, and through keymantle-hsmd), SoftHSM2 and raw OpenSSL in one run, as ratios.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include <fmt/core.h>

#include "bench/module.h"
#include "bench/rows.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string module = KEYMANTLE_MODULE;
  std::string hsmd = KEYMANTLE_HSMD;
  std::string softhsm = "/usr/lib/softhsm/libsofthsm2.so";
  std::string directory = "/var/tmp";  // a real disk: /tmp may be memory, where fdatasync costs nothing
  double seconds = 1.0;
  int rounds = 3;
  std::string only;
  int objects = 10000, hsmd_objects = 10000, softhsm_objects = 200;
  bool json = false;
};

constexpr const char* kHelp = R"(usage: keymantle-bench [--seconds S] [--rounds N] [--only PART] [--objects N] [--hsmd-objects N] [--softhsm-objects N]
                       [--softhsm PATH] [--module PATH] [--hsmd PATH] [--dir DIR] [--json]

Measures Keymantle in process and through keymantle-hsmd, SoftHSM2, and raw OpenSSL EVP in one run and prints rates and
ratios. All four are measured side by side, row by row, in several rounds of S/N seconds, and the best round counts: what
else the machine does falls on all of them alike. --only names a part of the rows' names. SoftHSM2 reads every object at each
search, so it gets fewer of them.

examples: keymantle-bench --seconds 3
          keymantle-bench --only RSA --objects 0
          keymantle-bench --only nothing --objects 100000
)";

std::string read_line(int from) {
  std::string line;
  for (char c = 0; read(from, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

/// A process of its own, so that no module sees another's environment or memory, that does one piece of work after the other.
class Child {
 public:
  /// `work` gets lines from `ask`, and what it gives back is the answer; it begins once `prepare` is through.
  using Work = std::function<std::string(const std::string& line)>;
  explicit Child(const std::function<Work()>& prepare) {
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0) throw Failure("pipe failed");
    pid_ = fork();
    if (pid_ == 0) {
      close(down[1]);
      close(up[0]);
      _exit(serve(prepare, down[0], up[1]));
    }
    close(down[0]);
    close(up[1]);
    down_ = down[1];
    up_ = up[0];
    fcntl(down_, F_SETFD, FD_CLOEXEC);
    fcntl(up_, F_SETFD, FD_CLOEXEC);
  }
  ~Child() {
    ask("");  // not by closing: the children that came later have these ends, too
    close(down_);
    close(up_);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;

  /// Empty when the child is gone: it has said why.
  std::string ask(const std::string& line) {
    const auto text = line + '\n';
    if (write(down_, text.data(), text.size()) < 0) return {};
    return read_line(up_);
  }

 private:
  static int serve(const std::function<Work()>& prepare, int in, int out) {
    try {
      const auto work = prepare();
      for (auto line = read_line(in); !line.empty(); line = read_line(in)) {
        const auto answer = work(line) + '\n';
        if (write(out, answer.data(), answer.size()) < 0) break;
      }
      return 0;
    } catch (const std::exception& error) {
      std::cerr << "keymantle-bench: " << error.what() << '\n';
      return 1;
    }
  }
  pid_t pid_ = 0;
  int down_ = -1, up_ = -1;
};

/// What `measure` gives, measured in a child.
Figures in_child(const std::function<Figures()>& measure) {
  Child child([&]() -> Child::Work {
    return [&](const std::string&) {
      std::string text;
      for (const auto& [name, value] : measure()) text += fmt::format("{}\t{}\t", name, value);
      return text;
    };
  });
  Figures figures;
  std::istringstream fields(child.ask("measure"));
  for (std::string name, value; std::getline(fields, name, '\t') && std::getline(fields, value, '\t');) figures[name] = std::stod(value);
  return figures;
}

/// One of the four that are compared.
struct Column {
  const char* name;
  std::function<std::vector<Row>()> rows;  ///< to be called in a child
  std::string path;                        ///< of the module; empty for what is none
  std::function<void()> enter;             ///< sets the environment of a child
  int objects;
  Figures figures;
};

/// A child that has its rows ready: `names` lists them, the number of one and a tab and seconds measures it.
std::unique_ptr<Child> ready(const Column& column) {
  return std::make_unique<Child>([&]() -> Child::Work {
    column.enter();
    return [rows = column.rows()](const std::string& line) {
      std::string answer;
      if (line == "names") {
        for (const auto& row : rows) answer += row.name + '\t';
        return answer;
      }
      const auto tab = line.find('\t');
      return fmt::format("{}", rows.at(std::stoul(line)).measure(std::stod(line.substr(tab))));
    };
  });
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  return fields;
}

/// Every row in all columns, side by side.
void measure_rows(const Options& options, std::vector<Column>& columns) {
  std::vector<std::unique_ptr<Child>> children;
  std::vector<std::vector<std::string>> names;
  for (const auto& column : columns) {
    children.push_back(ready(column));
    names.push_back(fields_of(children.back()->ask("names")));
  }
  for (const auto& name : names.at(2)) {
    if (name.find(options.only) == std::string::npos) continue;
    std::cerr << "measuring " << name << " ...\n";
    for (int round = 0; round < options.rounds; ++round) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto at = std::ranges::find(names[i], name);
        if (at == names[i].end()) continue;
        const auto answer = children[i]->ask(fmt::format("{}\t{}", at - names[i].begin(), options.seconds / options.rounds));
        if (answer.empty()) {
          names[i].clear();  // the child has said why
          continue;
        }
        auto& best = columns[i].figures[name];
        best = std::max(best, std::stod(answer));
      }
    }
  }
}

void merge(Figures& into, const Figures& more) { into.insert(more.begin(), more.end()); }

void measure_stored_objects(const Options& options, Column& column) {
  if (column.objects == 0) return;
  std::cerr << "making " << column.objects << " objects: " << column.name << " ...\n";
  merge(column.figures, in_child([&] {
          column.enter();
          return measure_objects(column.path, column.objects, options.seconds);
        }));
  merge(column.figures, in_child([&] {
          column.enter();
          return measure_cold_start(column.path, column.objects);
        }));
}

Column softhsm(const Options& options, const fs::path& directory) {
  const auto tokens = directory / "softhsm";
  fs::create_directories(tokens);
  const auto configuration = (directory / "softhsm2.conf").string();
  std::ofstream(configuration) << "directories.tokendir = " << tokens.string() << "\nlog.level = ERROR\n";
  return {"softhsm2", [=] { return module_rows(options.softhsm); }, options.softhsm,
          [=] { setenv("SOFTHSM2_CONF", configuration.c_str(), 1); }, std::min(options.objects, options.softhsm_objects), {}};
}

Column local(const Options& options, const fs::path& directory) {
  const auto store = (directory / "local").string();
  return {"local", [=] { return module_rows(options.module); }, options.module,
          [=] {
            unsetenv("KEYMANTLE_HSM");
            setenv("KEYMANTLE_STORE", store.c_str(), 1);
          },
          options.objects, {}};
}

/// keymantle-hsmd, running for as long as this lives.
class Daemon {
 public:
  Daemon(const Options& options, const fs::path& directory) : socket_((directory / "hsmd.sock").string()) {
    const auto store = (directory / "isolated").string();
    pid_ = fork();
    if (pid_ == 0) {
      execl(options.hsmd.c_str(), "keymantle-hsmd", "--store", store.c_str(), "--socket", socket_.c_str(), "--dev", nullptr);
      _exit(127);
    }
    for (int i = 0; i < 100 && !fs::exists(socket_); ++i) usleep(50000);
    if (!fs::exists(socket_)) std::cerr << "keymantle-bench: " << options.hsmd << " does not listen\n";
  }
  ~Daemon() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Daemon(const Daemon&) = delete;
  const std::string& socket() const { return socket_; }

 private:
  std::string socket_;
  pid_t pid_ = 0;
};

Column through_hsmd(const Options& options, const Daemon& daemon) {
  return {"hsmd", [=] { return module_rows(options.module); }, options.module,
          [socket = daemon.socket()] { setenv("KEYMANTLE_HSM", ("unix:" + socket).c_str(), 1); },
          std::min(options.objects, options.hsmd_objects), {}};
}

std::string number(double value) {
  if (value == 0) return "-";
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.2f}", value);
}
std::string ratio(double a, double b) { return a == 0 || b == 0 ? "-" : fmt::format("{:.2f}", a / b); }

double at(const Figures& figures, const std::string& name) {
  const auto it = figures.find(name);
  return it == figures.end() ? 0 : it->second;
}

void print(const std::vector<Column>& columns, double fdatasync_rate) {
  const auto& evp = columns[0].figures;
  const auto& soft = columns[1].figures;
  const auto& ours = columns[2].figures;
  const auto& hsmd = columns[3].figures;
  fmt::print("{:<46}{:>11}{:>11}{:>11}{:>11}{:>10}{:>10}{:>12}\n", "operations/s", "OpenSSL", "SoftHSM2", "local", "hsmd", "local/EVP",
             "local/soft", "hsmd/soft");
  for (const auto& [name, value] : ours)
    fmt::print("{:<46}{:>11}{:>11}{:>11}{:>11}{:>10}{:>10}{:>12}\n", name, number(at(evp, name)), number(at(soft, name)),
               number(value), number(at(hsmd, name)), ratio(value, at(evp, name)), ratio(value, at(soft, name)),
               ratio(at(hsmd, name), at(soft, name)));
  fmt::print("\n{:<46}{:>11}{:>11}{:>11}\n", "two threads / one", "OpenSSL", "SoftHSM2", "local");
  for (const auto& [name, value] : ours) {
    const auto both = name + " (2 threads)";
    if (at(ours, both) == 0) continue;
    const auto scale = [&](const Figures& figures) { return ratio(at(figures, both), at(figures, name)); };
    fmt::print("{:<46}{:>11}{:>11}{:>11}\n", name, scale(evp), scale(soft), scale(ours));
  }
  fmt::print("\nfdatasync of this disk: {:.0f}/s; durable create / fdatasync: local {}, SoftHSM2 {}\n", fdatasync_rate,
             ratio(at(ours, "durable create"), fdatasync_rate), ratio(at(soft, "durable create"), fdatasync_rate));
}

void print_json(const std::vector<Column>& columns, double fdatasync_rate) {
  fmt::print("{{\"fdatasync\":{}", fdatasync_rate);
  for (const auto& column : columns) {
    fmt::print(",\"{}\":{{", column.name);
    const char* comma = "";
    for (const auto& [name, value] : column.figures) {
      fmt::print("{}\"{}\":{}", comma, name, value);
      comma = ",";
    }
    fmt::print("}}");
  }
  fmt::print("}}\n");
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      std::cout << kHelp;
      std::exit(0);
    }
    if (flag == "--json") {
      options.json = true;
      continue;
    }
    if (i + 1 >= argc) {
      std::cerr << "keymantle-bench: " << flag << " needs a value\n" << kHelp;
      std::exit(2);
    }
    const std::string value = argv[++i];
    if (flag == "--seconds") options.seconds = std::stod(value);
    else if (flag == "--objects") options.objects = std::stoi(value);
    else if (flag == "--hsmd-objects") options.hsmd_objects = std::stoi(value);
    else if (flag == "--rounds") options.rounds = std::max(1, std::stoi(value));
    else if (flag == "--only") options.only = value;
    else if (flag == "--softhsm-objects") options.softhsm_objects = std::stoi(value);
    else if (flag == "--softhsm") options.softhsm = value;
    else if (flag == "--module") options.module = value;
    else if (flag == "--hsmd") options.hsmd = value;
    else if (flag == "--dir") options.directory = value;
    else {
      std::cerr << "keymantle-bench: unknown option " << flag << '\n' << kHelp;
      std::exit(2);
    }
  }
  return options;
}

int run(int argc, char** argv) {
  const auto options = parse(argc, argv);
  auto pattern = options.directory + "/keymantle-bench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw Failure("cannot make a directory in " + options.directory);
  const fs::path directory = pattern;
  const Daemon daemon(options, directory);
  std::vector<Column> columns;
  columns.push_back({"openssl", evp_rows, {}, [] {}, 0, {}});
  columns.push_back(softhsm(options, directory));
  columns.push_back(local(options, directory));
  columns.push_back(through_hsmd(options, daemon));
  measure_rows(options, columns);
  for (auto& column : columns) measure_stored_objects(options, column);
  const auto disk = measure_fdatasync(directory.string(), options.seconds);
  if (options.json) {
    print_json(columns, disk);
  } else {
    print(columns, disk);
  }
  fs::remove_all(directory);
  return columns[2].figures.empty() ? 1 : 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    return bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "keymantle-bench: " << error.what() << '\n';
    return 1;
  }
}
