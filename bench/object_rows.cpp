#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "bench/module.h"
#include "bench/rows.h"
#include "bench/timing.h"

namespace bench {
namespace {

/// Resident octets of this process, in MiB.
double resident() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double pages = 0;
  statm >> total >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::string label_of(int i) { return fmt::format("object-{}", i); }

void must_find(const Module& module, CK_SESSION_HANDLE session, int i, CK_ATTRIBUTE_TYPE by = CKA_LABEL) {
  if (module.count(session, by, label_of(i)) != 1) throw Failure("an object was not found");
}

}  // namespace

Figures measure_objects(const std::string& path, int objects, double seconds) {
  Module module(path);
  module.initialize();
  const auto session = module.open();
  module.login(session);
  Figures figures;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < objects; ++i) module.create_certificate(session, label_of(i));
  figures["durable create"] = 1000.0 * objects / milliseconds_since(start);
  int i = 0;
  for (const auto& [name, by] : {std::pair{"find by label", CKA_LABEL}, {"find by id", CKA_ID}})
    figures[name] = rate(seconds, [&] {
      i = (i + 7919) % objects;
      must_find(module, session, i, by);
    });
  module.finalize();
  return figures;
}

Figures measure_cold_start(const std::string& path, int objects) {
  ::sync();  // whoever made the objects, or a login waits behind them for the disk
  const auto start = std::chrono::steady_clock::now();
  Module module(path);
  module.initialize();
  const auto session = module.open();
  const auto before_login = milliseconds_since(start);
  const auto login = std::chrono::steady_clock::now();
  module.login(session);
  const double first_login = milliseconds_since(login);
  const auto find = std::chrono::steady_clock::now();
  must_find(module, session, objects / 2);
  const double found = milliseconds_since(find);
  check(module->C_Logout(session), "C_Logout");
  // The PIN's key derivation is slow on purpose: a second login costs that and nothing else.
  const auto again = std::chrono::steady_clock::now();
  module.login(session);
  const double derivation = milliseconds_since(again);
  Figures figures;
  figures["cold start ms (without the PIN's derivation)"] = before_login + std::max(0.0, first_login - derivation) + found;
  figures["login ms"] = derivation;
  const auto cold = resident();
  figures["resident MiB after cold start"] = cold;
  const auto first = std::chrono::steady_clock::now();
  for (int i = 0; i < objects; ++i) must_find(module, session, i);
  figures["find by label for the first time"] = 1000.0 * objects / milliseconds_since(first);
  figures["octets per object in memory"] = (resident() - cold) * (1 << 20) / objects;
  module.finalize();
  return figures;
}

double measure_fdatasync(const std::string& directory, double seconds) {
  const auto path = directory + "/fdatasync-probe";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw Failure("cannot write to " + directory);
  const std::vector<char> page(4096, 'x');
  const double figure = rate(seconds, [&] {
    if (write(fd, page.data(), page.size()) < 0 || fdatasync(fd) != 0) throw Failure("cannot write to " + path);
  });
  close(fd);
  unlink(path.c_str());
  return figure;
}

}  // namespace bench
