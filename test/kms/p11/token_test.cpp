#include <boost/test/unit_test.hpp>

#include "kms/p11/secret_access.h"
#include "test/kms/module_under_test.h"

using hsm::Bytes;
using hsm::Secret;
using kms::p11::KeyRef;
using kms::p11::KeyWrapPad;

namespace {

struct TokenFixture {
  TokenFixture() : token(test::ModuleUnderTest::get().open()) {}
  KeyRef wrapping_key(const char* id) {
    BOOST_REQUIRE(token->generate_wrapping_key({hsm::bytes_of(id), id}));
    return KeyRef(hsm::bytes_of(id));
  }
  /// Our module's policy and SoftHSM2's mechanisms meet here.
  Bytes iv = Bytes(12, 1);
  Bytes aad = Bytes(3, 2);
  kms::p11::WrapMechanism mechanism() const {
    if (token->offers().gcm_wrap) return kms::p11::Gcm{iv, aad};
    return KeyWrapPad{};
  }
  static std::string text(const Secret& secret) { return std::string(hsm::text_of(kms::SecretAccess::bytes(secret))); }
  std::unique_ptr<kms::p11::Token> token;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(token, TokenFixture)

BOOST_AUTO_TEST_CASE(a_missing_module_a_wrong_pin_and_a_missing_token_are_told_apart) {
  const auto open = [](std::string module, std::string label, std::string_view pin) {
    return kms::p11::Token::open({module, label, 4}, Secret::copy_of(hsm::view(pin)));
  };
  const auto path = test::ModuleUnderTest::chosen();
  BOOST_TEST((open("/nowhere.so", "x", "1").error().rv == hsm::Rv::library_load_failed));
  BOOST_TEST((open(path, "no such token", "1").error().rv == hsm::Rv::token_not_present));
  token.reset();
  BOOST_TEST((open(path, test::ModuleUnderTest::kLabel, "wrong-pin").error().rv == hsm::Rv::pin_incorrect));
  BOOST_REQUIRE(open(path, test::ModuleUnderTest::kLabel, test::ModuleUnderTest::kPin));
}

BOOST_AUTO_TEST_CASE(a_wrapping_key_wraps_unwraps_and_cannot_be_read) {
  const auto key = wrapping_key("wrap-1");
  const auto wrapped = token->wrap(key, mechanism(), Secret::copy_of(Bytes(32, 5)));
  BOOST_REQUIRE(wrapped);
  BOOST_TEST(text(token->unwrap(key, mechanism(), *wrapped).value()) == std::string(32, '\5'));
  BOOST_TEST(!token->read(key));
  BOOST_REQUIRE(token->destroy(key.id()));
  BOOST_TEST(!token->exists(key).value());
}

BOOST_AUTO_TEST_CASE(rewrapping_moves_a_data_key_between_two_keys) {
  const auto from = wrapping_key("from");
  const auto to = wrapping_key("to");
  auto drawn = token->wrap_new(from, mechanism(), 32);
  BOOST_REQUIRE(drawn);
  const auto moved = token->rewrap(from, mechanism(), drawn->wrapped, to, mechanism());
  BOOST_REQUIRE(moved);
  BOOST_TEST(equal_in_constant_time(token->unwrap(to, mechanism(), *moved).value(), drawn->data));
  BOOST_TEST(!token->check(from, mechanism(), *moved));
  BOOST_REQUIRE(token->check(to, mechanism(), *moved));
  BOOST_REQUIRE(token->destroy(from.id()));
  BOOST_REQUIRE(token->destroy(to.id()));
}

BOOST_AUTO_TEST_CASE(lost_sessions_are_opened_again_without_a_restart) {
  const auto key = wrapping_key("survivor");
  const auto wrapped = token->wrap(key, mechanism(), Secret::copy_of(Bytes(32, 5)));
  BOOST_REQUIRE(wrapped);
  // What a restarted daemon does to its clients: every session and the login are gone.
  void* library = dlopen(test::ModuleUnderTest::chosen().c_str(), RTLD_NOW | RTLD_NOLOAD);
  CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR) = nullptr;
  void* symbol = dlsym(library, "C_GetFunctionList");
  std::memcpy(&get_list, &symbol, sizeof symbol);
  CK_FUNCTION_LIST* functions = nullptr;
  BOOST_REQUIRE(get_list(&functions) == CKR_OK);
  CK_SLOT_ID slots[16];
  CK_ULONG count = 16;
  BOOST_REQUIRE(functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
  BOOST_REQUIRE(functions->C_CloseAllSessions(slots[0]) == CKR_OK);
  const auto back = token->unwrap(key, mechanism(), *wrapped);
  BOOST_REQUIRE(back);
  BOOST_TEST(text(*back) == std::string(32, '\5'));
  BOOST_REQUIRE(functions->C_Finalize(nullptr) == CKR_OK);
  BOOST_REQUIRE(token->unwrap(key, mechanism(), *wrapped));
  BOOST_REQUIRE(token->ping());
  BOOST_REQUIRE(token->destroy(key.id()));
}

BOOST_AUTO_TEST_CASE(hmac_and_digest_are_those_of_the_standards) {
  // FIPS 180-4: SHA-256("abc")
  BOOST_TEST(hsm::to_hex(token->digest(hsm::view("abc")).value()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const KeyRef key(hsm::bytes_of("mac"));
  BOOST_REQUIRE(token->generate_mac_key({key.id(), "mac"}));
  BOOST_TEST((token->mac(key, hsm::view("a")).value() == token->mac(key, hsm::view("a")).value()));
  BOOST_TEST((token->mac(key, hsm::view("a")).value() != token->mac(key, hsm::view("b")).value()));
  BOOST_REQUIRE(token->destroy(key.id()));
}

BOOST_AUTO_TEST_SUITE_END()
