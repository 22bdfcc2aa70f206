// Loads the module under test, gives it an empty store, and runs the sentences.
//   conformance [Boost.Test options] -- --module PATH --arrangement softhsm|local|hsmd [--hsmd PATH]
#include <boost/test/unit_test.hpp>
#include <exception>
#include <iostream>
#include <optional>

#include "arrangement.h"
#include "known_differences.h"
#include "module.h"

namespace conformance {

static bool prepare(const Target& target) {
  apply_known_differences(target.arrangement);
  return true;
}

static int run(int argc, char** argv) {
  // The framework reads its own options before `--`; ours come behind it and are read here.
  const Target target = Target::chosen(argc, argv);
  const Arrangement arrangement(target);
  const Module loaded(target.module);
  set_module(&loaded);
  static const Target* chosen = nullptr;
  chosen = &target;
  return boost::unit_test::unit_test_main([] { return prepare(*chosen); }, argc, argv);
}

}  // namespace conformance

int main(int argc, char** argv) {
  try {
    return conformance::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "conformance: " << e.what() << "\n";
    return 3;
  }
}
