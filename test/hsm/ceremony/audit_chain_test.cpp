#include "hsm/ceremony/audit_chain.h"

#include <boost/test/unit_test.hpp>

#include "hsm/crypto/crypto.h"

namespace hsm::ceremony {
namespace {

/// A log as the KMS exports it (docs: audit_chain.h), made here by the grammar alone.
struct Log {
  Log() {
    std::string previous(64, '0');
    for (std::uint64_t n = 5; n < 9; ++n) {
      const auto events = R"([{"n":)" + std::to_string(n) + "}]";
      auto image = bytes_of("keymantle kms audit v1");
      for (int shift = 0; shift < 64; shift += 8) image.push_back(static_cast<std::uint8_t>(n >> shift & 0xFF));
      const auto before = from_hex(previous).value();
      image.insert(image.end(), before.begin(), before.end());
      image.insert(image.end(), view(events).begin(), view(events).end());
      const auto hash = to_hex(crypto::sha256(image));
      lines.push_back(R"({"sequence":)" + std::to_string(n) + R"(,"previous":")" + previous + R"(","hash":")" + hash +
                      R"(","events":)" + events + "}");
      previous = hash;
    }
    lines.push_back(R"({"head":8,"hash":")" + previous + R"("})");
  }
  std::string verdict() const {
    AuditChain chain;
    for (const auto& line : lines)
      if (const auto good = chain.add(line); !good) return good.error().text();
    const auto end = chain.end();
    return end ? "" : end.error().text();
  }
  bool says(std::string_view part) const { return verdict().find(part) != std::string::npos; }
  std::vector<std::string> lines;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_chain)

BOOST_FIXTURE_TEST_CASE(a_whole_log_is_unbroken, Log) { BOOST_TEST(verdict() == ""); }

BOOST_FIXTURE_TEST_CASE(every_changed_octet_is_found, Log) {
  for (std::size_t line = 0; line < lines.size(); ++line) {
    for (std::size_t at = 0; at < lines[line].size(); ++at) {
      auto bent = *this;
      bent.lines[line][at] ^= 1;
      BOOST_TEST(bent.verdict() != "", "line " << line << " octet " << at);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_missing_line_and_swapped_lines_are_found_by_their_place, Log) {
  auto missing = *this;
  missing.lines.erase(missing.lines.begin() + 1);
  BOOST_TEST(missing.says("missing or out of order before: line 2"));
  std::swap(lines[1], lines[2]);
  BOOST_TEST(says("missing or out of order before: line 2"));
}

BOOST_FIXTURE_TEST_CASE(a_log_that_was_cut_is_found, Log) {
  lines.pop_back();
  BOOST_TEST(says("does not end with its head"));
}

BOOST_FIXTURE_TEST_CASE(a_log_cut_before_its_head_is_found, Log) {
  lines.erase(lines.end() - 2);
  BOOST_TEST(verdict() != "");
}

BOOST_FIXTURE_TEST_CASE(nothing_stands_behind_the_head, Log) {
  lines.push_back(lines.front());
  BOOST_TEST(says("goes on behind its head"));
}

BOOST_AUTO_TEST_CASE(what_is_added_gives_the_last_line_of_an_export) {
  const Log log;
  AuditChain chain;
  for (std::size_t i = 0; i + 1 < log.lines.size(); ++i) BOOST_REQUIRE(chain.add(log.lines[i]).ok());
  BOOST_TEST(chain.end_line() == log.lines.back());
  BOOST_TEST(chain.records() == 4U);
  BOOST_TEST(chain.first() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::ceremony
