// keymantle-bench: ours (in process, and through keymantle-hsmd), SoftHSM2 and raw OpenSSL in one run, as ratios.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
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
  Plan plan;
  int softhsm_objects = 200;
  bool json = false;
};

constexpr const char* kHelp = R"(usage: keymantle-bench [--seconds S] [--objects N] [--softhsm-objects N] [--softhsm PATH]
                       [--module PATH] [--hsmd PATH] [--dir DIR] [--json]

Measures Keymantle in process and through keymantle-hsmd, SoftHSM2, and raw OpenSSL EVP in one run and prints rates and
ratios. SoftHSM2 reads every object at each search, so it gets fewer of them (--softhsm-objects).

example: keymantle-bench --seconds 2 --objects 10000
)";

/// Runs `work` in a child, so that no module sees another's environment or memory; its figures come back over a pipe.
Figures in_child(const std::function<Figures()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw Failure("pipe failed");
  const auto child = fork();
  if (child == 0) {
    close(ends[0]);
    int code = 0;
    std::string text;
    try {
      for (const auto& [name, value] : work()) text += fmt::format("{}\t{}\n", name, value);
    } catch (const std::exception& error) {
      std::cerr << "keymantle-bench: " << error.what() << '\n';
      code = 1;
    }
    [[maybe_unused]] const auto written = write(ends[1], text.data(), text.size());
    _exit(code);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  Figures figures;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto tab = line.find('\t');
    figures[line.substr(0, tab)] = std::stod(line.substr(tab + 1));
  }
  return figures;
}

void merge(Figures& into, const Figures& more) { into.insert(more.begin(), more.end()); }

Figures both(const std::string& path, const Plan& plan, const std::function<void()>& prepare) {
  auto figures = in_child([&] {
    prepare();
    return measure_module(path, plan);
  });
  merge(figures, in_child([&] {
          prepare();
          return measure_cold_start(path, plan);
        }));
  return figures;
}

Figures softhsm(const Options& options, const fs::path& directory) {
  const auto tokens = directory / "softhsm";
  fs::create_directories(tokens);
  const auto configuration = directory / "softhsm2.conf";
  std::ofstream(configuration) << "directories.tokendir = " << tokens.string() << "\nlog.level = ERROR\n";
  auto plan = options.plan;
  plan.objects = std::min(plan.objects, options.softhsm_objects);
  return both(options.softhsm, plan, [&] { setenv("SOFTHSM2_CONF", configuration.c_str(), 1); });
}

Figures local(const Options& options, const fs::path& directory) {
  const auto store = (directory / "local").string();
  return both(options.module, options.plan, [&] {
    unsetenv("KEYMANTLE_HSM");
    setenv("KEYMANTLE_STORE", store.c_str(), 1);
  });
}

Figures through_hsmd(const Options& options, const fs::path& directory) {
  const auto store = (directory / "isolated").string();
  const auto socket = (directory / "hsmd.sock").string();
  const auto daemon = fork();
  if (daemon == 0) {
    execl(options.hsmd.c_str(), "keymantle-hsmd", "--store", store.c_str(), "--socket", socket.c_str(), "--dev", nullptr);
    _exit(127);
  }
  for (int i = 0; i < 100 && !fs::exists(socket); ++i) usleep(50000);
  Figures figures;
  if (fs::exists(socket))
    figures = both(options.module, options.plan, [&] { setenv("KEYMANTLE_HSM", ("unix:" + socket).c_str(), 1); });
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  return figures;
}

struct Column {
  const char* name;
  Figures figures;
};

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
  fmt::print("\ntwo threads / one (local): ");
  for (const auto& [name, value] : ours)
    if (const auto two = at(ours, name + " (2 threads)"); two != 0) fmt::print("{} {:.2f}  ", name, two / value);
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
    if (flag == "--seconds") options.plan.seconds = std::stod(value);
    else if (flag == "--objects") options.plan.objects = std::stoi(value);
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
  std::vector<Column> columns;
  const auto progress = [](const char* what) { std::cerr << "measuring " << what << " ...\n"; };
  progress("raw OpenSSL");
  columns.push_back({"openssl", in_child([&] { return measure_evp(options.plan); })});
  progress("SoftHSM2");
  columns.push_back({"softhsm2", softhsm(options, directory)});
  progress("Keymantle in process");
  columns.push_back({"local", local(options, directory)});
  progress("Keymantle through keymantle-hsmd");
  columns.push_back({"hsmd", through_hsmd(options, directory)});
  const auto disk = measure_fdatasync(directory.string(), options.plan.seconds);
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
