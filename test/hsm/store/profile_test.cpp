#include "hsm/base/codec.h"
#include "hsm/store/record.h"
#include "test/hsm/store/fixtures.h"

using namespace hsm;
using namespace hsm::store;
using namespace hsm::store::test;

BOOST_AUTO_TEST_SUITE(a_tokens_profile)

BOOST_FIXTURE_TEST_CASE(is_strict_until_the_security_officer_changes_it_and_stays_so_over_a_restart, OnDisk) {
  BOOST_CHECK(keystore->token(0)->profile == PolicyProfile::strict);
  BOOST_TEST(!keystore->set_profile(0, login(), PolicyProfile::compatible));
  const auto so = keystore->check_pin(0, UserType::so, pin("so-pin"));
  BOOST_REQUIRE(so);
  BOOST_REQUIRE(keystore->set_profile(0, *so, PolicyProfile::compatible));
  open();
  BOOST_CHECK(keystore->token(0)->profile == PolicyProfile::compatible);
}

BOOST_AUTO_TEST_CASE(is_compatible_for_a_token_from_before_there_were_profiles) {
  const auto master_key = crypto::random_secret(32);
  const Bytes id(16, 1);
  TokenRow row;
  row.slot = 5;
  row.id.bytes.fill(2);
  TokenBody body;
  body.label = "old";
  auto old = encode(body);
  old[0] = 1;
  old.pop_back();

  auto associated = bytes_of("keymantle token v1");
  associated.insert(associated.end(), id.begin(), id.end());
  for (int i = 0; i < 8; ++i) associated.push_back(i == 0 ? 5 : 0);
  associated.insert(associated.end(), row.id.bytes.begin(), row.id.bytes.end());
  row.sealed = crypto::seal(crypto::hkdf_sha256(master_key, id, "keymantle tokens v1", 32), associated, ByteView(old));

  const auto opened = Sealer(master_key, id).open_token(row);
  BOOST_REQUIRE_MESSAGE(opened, reason(opened));
  BOOST_TEST(opened->label == "old");
  BOOST_CHECK(opened->profile == PolicyProfile::compatible);
}

BOOST_AUTO_TEST_SUITE_END()
