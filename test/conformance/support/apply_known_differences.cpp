#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>

#include "known_differences.h"

namespace conformance {

namespace ut = boost::unit_test;

// Every test unit of the tree by its path below the master suite.
class Paths : public ut::test_tree_visitor {
 public:
  void visit(const ut::test_case& test) override { add(test); }
  bool test_suite_start(const ut::test_suite& suite) override { return add(suite), true; }
  std::map<std::string, ut::test_unit_id, std::less<>> units;

 private:
  void add(const ut::test_unit& unit) { units[unit.full_name()] = unit.p_id; }
};

static bool concerns(const KnownDifference& row, std::string_view arrangement) {
  return row.module == arrangement || (row.module == "keymantle" && arrangement != "softhsm");
}

void apply_known_differences(std::string_view arrangement) {
  Paths paths;
  ut::traverse_test_tree(ut::framework::master_test_suite(), paths, true);
  const char* wish = std::getenv("KEYMANTLE_TEST_KNOWN_DIFFERENCES");
  const bool run_them = wish && std::string_view(wish) == "run";
  for (const KnownDifference& row : known_differences()) {
    const auto found = paths.units.find(row.test);
    if (found == paths.units.end())
      throw std::runtime_error("known_differences names no test: " + std::string(row.test));
    if (!concerns(row, arrangement) || run_them) continue;
    std::cout << "known difference (" << arrangement << "): " << row.test << ": " << row.reason << "\n";
    ut::framework::get(found->second, ut::TUT_ANY).p_default_status.value = ut::test_unit::RS_DISABLED;
  }
}

}  // namespace conformance
