#include "kms/core/audit.h"
#include "test/kms/core/service_fixture.h"

using kms::Fault;
using test::must;
using test::secret;

namespace {

struct AuditFixture : test::ServiceFixture {
  std::vector<kms::AuditLine> lines() { return must(service->audit_lines(0, 100000)); }
  /// Sequence of the first line that does not follow, 0 when all do.
  std::uint64_t first_break(const std::vector<kms::AuditLine>& all) {
    hsm::Bytes previous(32);
    std::uint64_t sequence = 0;
    for (const auto& line : all) {
      const auto hash = token->digest(kms::audit_preimage(line.sequence, line.previous, line.events)).value();
      if (line.sequence != ++sequence || line.previous != previous || line.hash != hash) return sequence;
      previous = line.hash;
    }
    return 0;
  }
  std::string everything() {
    std::string all;
    for (const auto& line : lines()) all += line.events;
    return all;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, AuditFixture)

BOOST_AUTO_TEST_CASE(every_act_and_every_refusal_is_in_the_chain) {
  const auto key = root("audited");
  const auto wdek = wrapped(key, "secret");
  opened(key, wdek);
  rotate(key);
  KM_REFUSED(service->disable(writer, key.id), Fault::unauthorized);
  const auto all = everything();
  for (const auto* action : {"kms.secrets.create", "kms.secrets.wrap", "kms.secrets.unwrap", "kms.secrets.rotate"}) {
    BOOST_TEST(all.find(std::string("\"action\":\"") + action + "\",\"outcome\":\"success\"") != std::string::npos);
  }
  BOOST_TEST(all.find("\"action\":\"kms.secrets.disable\",\"outcome\":\"failure\"") != std::string::npos);
  BOOST_TEST(all.find("\"reasonType\":\"unauthorized\"") != std::string::npos);
  BOOST_TEST(all.find(writer.caller.iam_id) != std::string::npos);
  BOOST_TEST(all.find(wdek) == std::string::npos);
  BOOST_TEST(first_break(lines()) == 0U);
}

BOOST_AUTO_TEST_CASE(one_flipped_octet_is_found) {
  const auto key = root();
  for (int i = 0; i < 5; ++i) {
    wrapped(key, "x");
    lines();
  }
  auto all = lines();
  BOOST_REQUIRE(all.size() >= 5U);
  all[2].events[10] ^= 1;
  BOOST_TEST(first_break(all) == all[2].sequence);
  all = lines();
  all.erase(all.begin() + 1);
  BOOST_TEST(first_break(all) != 0U);
}

BOOST_AUTO_TEST_CASE(data_events_survive_a_clean_stop_and_the_chain_goes_on_after_it) {
  const auto key = root();
  for (int i = 0; i < 1000; ++i) must(service->get_metadata(reader, key.id));
  restart();
  wrapped(key, "x");
  const auto all = everything();
  std::size_t count = 0;
  for (auto at = all.find("kms.secrets-metadata.read"); at != std::string::npos; at = all.find("kms.secrets-metadata.read", at + 1)) ++count;
  BOOST_TEST(count == 1000U);
  BOOST_TEST(first_break(lines()) == 0U);
}

BOOST_AUTO_TEST_CASE(an_exported_line_reads_back_as_it_was) {
  root("quote \" backslash \\ newline \n end");
  for (const auto& line : lines()) {
    const auto back = kms::parse_audit_export(kms::audit_export(line));
    BOOST_REQUIRE(back);
    BOOST_TEST(back->sequence == line.sequence);
    BOOST_TEST(back->events == line.events);
    BOOST_TEST((back->hash == line.hash && back->previous == line.previous));
    BOOST_TEST(line.events.find('\n') == std::string::npos);
  }
  for (const auto* text : {"", "{", "{\"sequence\":x", "{\"sequence\":1,\"previous\":\"zz\",\"hash\":\"\",\"events\":[]}"}) {
    BOOST_TEST(!kms::parse_audit_export(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(identities, AuditFixture)

BOOST_AUTO_TEST_CASE(an_api_key_buys_a_token_that_names_its_owner) {
  kms::Identity identity;
  identity.name = "ci";
  identity.account = "acc";
  identity.grants = {{instance.id, kms::Role::reader}};
  const auto made = must(service->create_identity(identity));
  const auto access = must(service->exchange_api_key(made.api_key));
  BOOST_TEST(must(service->authenticate(std::string_view(access.jwt))).iam_id == made.identity.iam_id);
  restart();
  BOOST_TEST(must(service->authenticate(std::string_view(access.jwt))).name == "ci");
}

BOOST_AUTO_TEST_CASE(a_wrong_a_revoked_and_a_malformed_api_key_are_refused_alike) {
  const auto made = must(service->create_identity({"", "ci", "acc", true, {}, {}}));
  auto text = test::text(made.api_key);
  text.back() = text.back() == 'A' ? 'B' : 'A';
  KM_REFUSED(service->exchange_api_key(secret(text)), Fault::unauthenticated);
  KM_REFUSED(service->exchange_api_key(secret("km_short")), Fault::unauthenticated);
  KM_REFUSED(service->exchange_api_key(secret("")), Fault::unauthenticated);
  must(service->revoke_api_keys(made.identity.iam_id));
  KM_REFUSED(service->exchange_api_key(made.api_key), Fault::unauthenticated);
}

BOOST_AUTO_TEST_CASE(an_expired_a_forged_and_a_malformed_token_are_refused) {
  const auto made = must(service->create_identity({"", "ci", "acc", true, {}, {}}));
  const auto access = must(service->exchange_api_key(made.api_key));
  const std::string jwt(access.jwt.begin(), access.jwt.end());
  must(service->authenticate(jwt));
  for (std::size_t i = 0; i < jwt.size(); i += 7) {
    auto forged = jwt;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    KM_REFUSED(service->authenticate(forged), Fault::unauthenticated);
  }
  for (const auto* text : {"", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpYW1faWQiOiJ4In0."}) {
    KM_REFUSED(service->authenticate(text), Fault::unauthenticated);
  }
  pass(kms::Seconds(3600));
  KM_REFUSED(service->authenticate(jwt), Fault::unauthenticated);
}

BOOST_AUTO_TEST_CASE(no_api_key_stands_in_the_database) {
  const auto made = must(service->create_identity({"", "ci", "acc", true, {}, {}}));
  const auto text = test::text(made.api_key);
  service->stop();
  for (const auto* suffix : {"", "-wal"}) {
    std::ifstream file(database_path + suffix, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    BOOST_TEST(content.find(text.substr(20)) == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
