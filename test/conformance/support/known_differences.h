// Where modules rightly (or knowingly) differ: the one place that says so. No test asks which module it runs on.
#pragma once

#include <span>
#include <string_view>

namespace conformance {

struct KnownDifference {
  std::string_view test;    // suite/sentence or suite/sentence/row; a name that is a suite covers all its rows
  std::string_view module;  // the arrangement: softhsm, local, hsmd; "keymantle" is local and hsmd
  std::string_view reason;  // the clause, or what the module does instead
};

std::span<const KnownDifference> known_differences();

// Switches off the tests the table names for this arrangement, and prints each with its reason.
// Throws std::runtime_error if a row names no test: a table that rots says so.
// With KEYMANTLE_TEST_KNOWN_DIFFERENCES=run they are run: to see which rows are no longer true.
void apply_known_differences(std::string_view arrangement);

}  // namespace conformance
