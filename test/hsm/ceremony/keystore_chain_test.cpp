#include "hsm/ceremony/keystore_chain.h"

#include <boost/test/unit_test.hpp>

#include "hsm/store/keystore.h"

namespace hsm::ceremony::test {
namespace {

/// The export of a keystore in memory with a handful of acts.
struct Exported {
  Exported() {
    auto keystore = store::Keystore::open(store::make_memory_store(), crypto::random_secret(32), store::Profile::production, {});
    BOOST_REQUIRE(keystore);
    for (const auto* actor : {"uid 1000 pid 5", "a \"quoted\\ name", "caf\xC3\xA9\n"})
      BOOST_REQUIRE((*keystore)->record(std::nullopt, {.act = store::Act::ceremony_refused, .actor = actor, .object = store::ObjectId{}}));
    BOOST_REQUIRE((*keystore)->verify_audit());
    BOOST_REQUIRE((*keystore)->export_audit(1, [this](std::string_view line) -> Status {
      lines.emplace_back(line);
      return Done{};
    }));
  }
  Status verify() const {
    KeystoreChain chain;
    for (const auto& line : lines) TRY(chain.add(line));
    return chain.end();
  }
  std::string refusal() const {
    const auto verified = verify();
    return verified ? "" : verified.error().text();
  }
  std::vector<std::string> lines;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(keystore_chain)

BOOST_FIXTURE_TEST_CASE(an_export_verifies, Exported) {
  BOOST_TEST(lines.size() == 5u);
  BOOST_TEST(refusal() == "");
}

BOOST_FIXTURE_TEST_CASE(every_flipped_octet_is_found, Exported) {
  const auto good = lines;
  for (std::size_t line = 0; line + 1 < good.size(); ++line) {
    for (std::size_t at = 0; at < good[line].size(); ++at) {
      lines[line][at] = static_cast<char>(lines[line][at] ^ 1);
      if (verify()) BOOST_ERROR("not found: line " << line << " octet " << at);
      lines = good;
    }
  }
  BOOST_TEST(refusal() == "");
}

BOOST_FIXTURE_TEST_CASE(a_changed_record_is_named, Exported) {
  const auto at = lines[2].find("quoted");
  lines[2][at] = 'Q';
  BOOST_TEST(refusal().find("record 3") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_missing_line_is_named, Exported) {
  lines.erase(lines.begin() + 1);
  BOOST_TEST(refusal().find("record 2") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(swapped_lines_are_named, Exported) {
  std::swap(lines[1], lines[2]);
  BOOST_TEST(refusal().find("record 2") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_cut_log_is_noticed, Exported) {
  lines.erase(lines.end() - 2);
  BOOST_TEST(refusal() != "");
  lines.pop_back();
  BOOST_TEST(refusal().find("does not end with its head") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_record_is_refused) {
  for (const std::string_view line : {"", "{", "{}", "{\"v\":1", R"({"v":1,"seq":18446744073709551616})", "\"\\u00"}) {
    KeystoreChain chain;
    BOOST_TEST(!chain.add(line));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace hsm::ceremony::test
