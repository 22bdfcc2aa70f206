// The same sentence for every row of a table: each row becomes a test of its own, named by `row.name`.
#pragma once

#include <boost/test/unit_test.hpp>
#include <iterator>
#include <string>

namespace conformance {

template <class Sentence, class Rows>
int register_rows(const char* sentence, const Rows& rows, const char* file, std::size_t line) {
  namespace ut = boost::unit_test;
  auto* suite = new ut::test_suite(sentence, file, line);  // owned by the framework, as all its test units
  ut::framework::current_auto_test_suite().add(suite);
  for (const auto& row : rows)
    suite->add(new ut::test_case(std::string(row.name), [&row] { Sentence().holds(row); }));
  return 0;
}

}  // namespace conformance

#define CONFORMANCE_FOR_EACH(fixture, sentence, table)                                                        \
  struct sentence : fixture {                                                                                 \
    void holds(const std::remove_cvref_t<decltype(*std::begin(table))>& row);                                 \
  };                                                                                                          \
  static const int registered_##sentence =                                                                    \
      ::conformance::register_rows<sentence>(#sentence, table, __FILE__, __LINE__);                           \
  void sentence::holds([[maybe_unused]] const std::remove_cvref_t<decltype(*std::begin(table))>& row)
