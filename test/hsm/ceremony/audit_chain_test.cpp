#include "hsm/ceremony/audit_chain.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "hsm/crypto/crypto.h"

namespace hsm::ceremony::test {
namespace {

/// An export of the KMS: three records and their head.
struct KmsLog {
  KmsLog() {
    Bytes previous(32);
    for (std::uint8_t n = 1; n <= 3; ++n) {
      const std::string events = R"([{"action":"kms.secrets.)" + std::to_string(n) + "\"}]";
      Bytes image = bytes_of("keymantle kms audit v1");
      image.push_back(n);
      image.insert(image.end(), 7, 0);
      image.insert(image.end(), previous.begin(), previous.end());
      image.insert(image.end(), view(events).begin(), view(events).end());
      const auto hash = crypto::sha256(image);
      lines.push_back(R"({"sequence":)" + std::to_string(n) + R"(,"previous":")" + to_hex(previous) + R"(","hash":")" + to_hex(hash) +
                      R"(","events":)" + events + "}");
      previous = hash;
    }
    lines.push_back(R"({"head":3,"hash":")" + to_hex(previous) + "\"}");
  }
  std::string refusal() const {
    AuditChain chain;
    for (const auto& line : lines) {
      if (auto added = chain.add(line); !added) return added.error().text();
    }
    const auto whole = chain.end();
    return whole ? "" : whole.error().text();
  }
  bool refused_with(std::string_view why) const { return refusal().find(why) != std::string::npos; }
  std::vector<std::string> lines;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_chain, KmsLog)

BOOST_AUTO_TEST_CASE(a_whole_log_verifies) { BOOST_TEST(refusal() == ""); }

BOOST_AUTO_TEST_CASE(every_flipped_octet_is_found) {
  const auto good = lines;
  for (std::size_t line = 0; line < good.size(); ++line) {
    for (std::size_t at = 0; at < good[line].size(); ++at) {
      lines[line][at] = static_cast<char>(lines[line][at] ^ 1);
      if (refusal().empty()) BOOST_ERROR("not found: line " << line << " octet " << at);
      lines = good;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_and_a_swapped_line_are_named) {
  std::swap(lines[1], lines[2]);
  BOOST_TEST(refused_with("line 2"));
  lines.erase(lines.begin() + 1);
  BOOST_TEST(refusal() != "");
}

BOOST_AUTO_TEST_CASE(a_log_cut_at_its_end_is_noticed) {
  const auto head = lines.back();
  lines.pop_back();
  BOOST_TEST(refused_with("does not end with its head"));
  lines.pop_back();
  BOOST_TEST(refused_with("does not end with its head"));
  lines.push_back(head);
  BOOST_TEST(refused_with("missing before its head"));
}

BOOST_AUTO_TEST_CASE(nothing_follows_the_head) {
  lines.push_back(lines.front());
  BOOST_TEST(refused_with("goes on behind its head"));
}

BOOST_AUTO_TEST_CASE(a_head_alone_is_no_log) {
  lines.erase(lines.begin(), lines.end() - 1);
  BOOST_TEST(refusal() != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::ceremony::test
