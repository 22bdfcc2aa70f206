// C_EncapsulateKey and C_DecapsulateKey (PKCS#11 3.2, 5.18.8 and 5.18.9).
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

Mechanism ecdh(CK_MECHANISM_TYPE) { return Mechanism::ecdh({}); }
Mechanism ecdh_with_kdf(CK_MECHANISM_TYPE) { return Mechanism::ecdh({}, CKD_SHA256_KDF, from_text("shared")); }
Mechanism oaep(CK_MECHANISM_TYPE) { return Mechanism::oaep(CKM_SHA256, CKG_MGF1_SHA256); }

struct Kem {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  Mechanism (*make)(CK_MECHANISM_TYPE);
  bool rsa;
  std::size_t ciphertext;
};
constexpr Kem kKems[] = {
    {"CKM_ECDH1_DERIVE", CKM_ECDH1_DERIVE, ecdh, false, 65},
    {"CKM_ECDH1_DERIVE_with_a_KDF", CKM_ECDH1_DERIVE, ecdh_with_kdf, false, 65},
    {"CKM_RSA_PKCS_OAEP", CKM_RSA_PKCS_OAEP, oaep, true, 256},
};

template <class SessionOf>
struct KemsIn : SessionOf {
  using SessionOf::session;

  CK_OBJECT_HANDLE public_key(bool rsa, const Template& more = {{CKA_ENCAPSULATE, true}}) {
    return session.create((rsa ? rsa_public_key() : ec_public_key()).with(more)).must();
  }
  CK_OBJECT_HANDLE private_key(bool rsa, const Template& more = {{CKA_DECAPSULATE, true}}) {
    return session.create((rsa ? rsa_private_key() : ec_private_key()).with(more)).must();
  }
  static Template aes_key() {
    return Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_VALUE_LEN, CK_ULONG{32}}, {CKA_TOKEN, false}}.with(readable_key());
  }
  Answer encapsulate(Mechanism mechanism, CK_OBJECT_HANDLE with, Template wanted, Room room = kPlenty) {
    made = CK_INVALID_HANDLE;
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_EncapsulateKey(session.handle(), mechanism.raw(), with, wanted.raw(), wanted.size(), out, length, &made);
    });
  }
  Outcome<CK_OBJECT_HANDLE> decapsulate(Mechanism mechanism, CK_OBJECT_HANDLE with, ByteView ciphertext, Template wanted) {
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    const Rv rv = p11_3_2().C_DecapsulateKey(session.handle(), mechanism.raw(), with, wanted.raw(), wanted.size(), readable(ciphertext),
                                             ciphertext.size(), &key);
    return {rv, key};
  }
  static Template guarded_decapsulator() { return {{CKA_DECAPSULATE, true}, {CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}}; }
  CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
};
using StrictKems = KemsIn<UserSession>;
using Kems = KemsIn<CompatibleSession>;  // a strict token's keys cannot be read and compared

}  // namespace

BOOST_AUTO_TEST_SUITE(encapsulation)

CONFORMANCE_FOR_EACH(Kems, both_sides_have_the_same_key, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  BOOST_TEST(ciphertext.size() == row.ciphertext);
  const CK_OBJECT_HANDLE theirs = decapsulate(row.make(row.type), private_key(row.rsa), ciphertext, aes_key()).must();
  BOOST_TEST(session.bytes(made, CKA_VALUE) == session.bytes(theirs, CKA_VALUE));
  BOOST_TEST(session.bytes(made, CKA_VALUE).size() == 32U);
  BOOST_TEST(session.number(theirs, CKA_KEY_TYPE) == CKK_AES);
}

CONFORMANCE_FOR_EACH(Kems, two_encapsulations_make_two_keys, kKems) {
  const CK_OBJECT_HANDLE key = public_key(row.rsa);
  const Bytes one = encapsulate(row.make(row.type), key, aes_key()).must();
  const Bytes first = session.bytes(made, CKA_VALUE);
  const Bytes two = encapsulate(row.make(row.type), key, aes_key()).must();
  BOOST_TEST(one != two);
  BOOST_TEST(first != session.bytes(made, CKA_VALUE));
}

CONFORMANCE_FOR_EACH(Kems, a_question_or_a_small_buffer_makes_no_key, kKems) {
  const CK_OBJECT_HANDLE key = public_key(row.rsa);
  const auto before = session.find({{CKA_CLASS, CKO_SECRET_KEY}}).size();
  BOOST_TEST(encapsulate(row.make(row.type), key, aes_key(), kAskSize).length == row.ciphertext);
  BOOST_TEST(encapsulate(row.make(row.type), key, aes_key(), row.ciphertext - 1).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(made == CK_INVALID_HANDLE);
  BOOST_TEST(session.find({{CKA_CLASS, CKO_SECRET_KEY}}).size() == before);
}

CONFORMANCE_FOR_EACH(Kems, a_secret_longer_than_any_is_refused_before_it_is_made, kKems) {
  const Template endless = aes_key().with({{CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_VALUE_LEN, CK_ULONG{1} << 62}});  // no machine has them
  BOOST_TEST(encapsulate(row.make(row.type), public_key(row.rsa), endless).rv == CKR_KEY_SIZE_RANGE);
}

CONFORMANCE_FOR_EACH(StrictKems, a_key_is_as_guarded_as_the_one_that_opened_it, kKems) {
  const Template guarded = aes_key().with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}});
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), guarded).must();
  const CK_OBJECT_HANDLE with = private_key(row.rsa, guarded_decapsulator());
  BOOST_TEST(decapsulate(row.make(row.type), with, ciphertext, aes_key()).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(decapsulate(row.make(row.type), with, ciphertext, guarded).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(StrictKems, a_key_is_readable_where_the_decapsulate_template_says_so, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  const CK_OBJECT_HANDLE with = private_key(row.rsa, guarded_decapsulator().with({CKA_DECAPSULATE_TEMPLATE, readable_key()}));
  const CK_OBJECT_HANDLE key = decapsulate(row.make(row.type), with, ciphertext, aes_key()).must();
  BOOST_TEST(session.bytes(key, CKA_VALUE) == session.bytes(made, CKA_VALUE));
  BOOST_TEST(decapsulate(row.make(row.type), with, ciphertext, aes_key().with({CKA_SENSITIVE, true})).rv == CKR_TEMPLATE_INCONSISTENT);
}

CONFORMANCE_FOR_EACH(StrictKems, a_derive_template_opens_no_encapsulated_key, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  const CK_OBJECT_HANDLE with = private_key(row.rsa, guarded_decapsulator().with({CKA_DERIVE_TEMPLATE, readable_key()}));
  BOOST_TEST(decapsulate(row.make(row.type), with, ciphertext, aes_key()).rv == CKR_TEMPLATE_INCONSISTENT);
}

// By ECDH both are the same agreement.
BOOST_FIXTURE_TEST_CASE(a_key_that_derives_too_has_no_decapsulate_template_that_opens_more, StrictKems) {
  const Template both = ec_private_key().with(guarded_decapsulator()).with(roles({CKA_DERIVE})).with({CKA_DECAPSULATE_TEMPLATE, readable_key()});
  BOOST_TEST(session.create(both).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(session.create(both.with({CKA_DERIVE_TEMPLATE, readable_key()})).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(Kems, a_new_key_was_never_secret_here_alone, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key().with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}})).must();
  const CK_OBJECT_HANDLE theirs =
      decapsulate(row.make(row.type), private_key(row.rsa), ciphertext, aes_key().with({{CKA_SENSITIVE, true}, {CKA_EXTRACTABLE, false}})).must();
  for (CK_OBJECT_HANDLE key : {made, theirs}) {
    BOOST_TEST(!session.flag(key, CKA_ALWAYS_SENSITIVE));
    BOOST_TEST(!session.flag(key, CKA_NEVER_EXTRACTABLE));
    BOOST_TEST(!session.flag(key, CKA_LOCAL));
    BOOST_TEST(!session.bytes(key, CKA_UNIQUE_ID).empty());
  }
}

CONFORMANCE_FOR_EACH(Kems, a_key_without_the_role_is_refused, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  BOOST_TEST(encapsulate(row.make(row.type), public_key(row.rsa, {}), aes_key()).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(decapsulate(row.make(row.type), private_key(row.rsa, {}), ciphertext, aes_key()).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

CONFORMANCE_FOR_EACH(Kems, a_changed_ciphertext_makes_no_key_or_another_one, kKems) {
  Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  const CK_OBJECT_HANDLE key = private_key(row.rsa);
  ciphertext.back() ^= 1;
  BOOST_TEST(decapsulate(row.make(row.type), key, ciphertext, aes_key()).rv == CKR_WRAPPED_KEY_INVALID);
  ciphertext.pop_back();
  BOOST_TEST(among(decapsulate(row.make(row.type), key, ciphertext, aes_key()).rv, {CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE}));
}

CONFORMANCE_FOR_EACH(Kems, the_wrong_half_is_refused, kKems) {
  const Bytes ciphertext = encapsulate(row.make(row.type), public_key(row.rsa), aes_key()).must();
  BOOST_TEST(encapsulate(row.make(row.type), private_key(row.rsa), aes_key()).rv == CKR_KEY_HANDLE_INVALID);
  BOOST_TEST(decapsulate(row.make(row.type), public_key(row.rsa), ciphertext, aes_key()).rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID);
  BOOST_TEST(decapsulate(row.make(row.type), 0, ciphertext, aes_key()).rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID);
}

CONFORMANCE_FOR_EACH(Kems, what_a_template_attribute_demands_is_added, kKems) {
  const Template demand{{CKA_DECRYPT, false}, {CKA_ENCRYPT, true}};
  const CK_OBJECT_HANDLE ours = public_key(row.rsa, {{CKA_ENCAPSULATE, true}, {CKA_ENCAPSULATE_TEMPLATE, demand}});
  const CK_OBJECT_HANDLE theirs = private_key(row.rsa, {{CKA_DECAPSULATE, true}, {CKA_DECAPSULATE_TEMPLATE, demand}});
  const Bytes ciphertext = encapsulate(row.make(row.type), ours, aes_key()).must();
  BOOST_TEST(!session.flag(made, CKA_DECRYPT));
  const CK_OBJECT_HANDLE key = decapsulate(row.make(row.type), theirs, ciphertext, aes_key()).must();
  BOOST_TEST(!session.flag(key, CKA_DECRYPT));
}

CONFORMANCE_FOR_EACH(Kems, what_contradicts_a_template_attribute_is_refused, kKems) {
  const Template demand{{CKA_DECRYPT, false}};
  const CK_OBJECT_HANDLE ours = public_key(row.rsa, {{CKA_ENCAPSULATE, true}, {CKA_ENCAPSULATE_TEMPLATE, demand}});
  const CK_OBJECT_HANDLE theirs = private_key(row.rsa, {{CKA_DECAPSULATE, true}, {CKA_DECAPSULATE_TEMPLATE, demand}});
  const Bytes ciphertext = encapsulate(row.make(row.type), ours, aes_key()).must();
  BOOST_TEST(encapsulate(row.make(row.type), ours, aes_key().with({{CKA_DECRYPT, true}})).rv == CKR_KEY_HANDLE_INVALID);
  BOOST_TEST(decapsulate(row.make(row.type), theirs, ciphertext, aes_key().with({{CKA_DECRYPT, true}})).rv == CKR_TEMPLATE_INCONSISTENT);
}

CONFORMANCE_FOR_EACH(Kems, a_mechanism_that_is_not_allowed_is_refused, kKems) {
  const CK_MECHANISM_TYPE other = CKM_ECDSA;
  const Template only_other{{CKA_ENCAPSULATE, true}, {CKA_ALLOWED_MECHANISMS, ByteView(reinterpret_cast<const CK_BYTE*>(&other), sizeof other)}};
  BOOST_TEST(encapsulate(row.make(row.type), public_key(row.rsa, only_other), aes_key()).rv == CKR_MECHANISM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(only_a_secret_key_is_encapsulated, Kems) {
  BOOST_TEST(encapsulate(ecdh(0), public_key(false), {{CKA_CLASS, CKO_DATA}}).rv == CKR_TEMPLATE_INCONSISTENT);
}

BOOST_FIXTURE_TEST_CASE(ecdh_takes_no_public_data_and_no_other_mechanism_encapsulates, Kems) {
  BOOST_TEST(encapsulate(Mechanism::ecdh(ec_point()), public_key(false), aes_key()).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encapsulate(CKM_ECDSA, public_key(false), aes_key()).rv == CKR_MECHANISM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_decapsulated_key_may_be_stored, Kems) {
  const Bytes ciphertext = encapsulate(ecdh(0), public_key(false), aes_key()).must();
  const CK_OBJECT_HANDLE stored = decapsulate(ecdh(0), private_key(false), ciphertext, aes_key().with({{CKA_TOKEN, true}, {CKA_LABEL, "stored"}})).must();
  BOOST_TEST(session.flag(stored, CKA_TOKEN));
  BOOST_TEST(session.find({{CKA_LABEL, "stored"}}).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
