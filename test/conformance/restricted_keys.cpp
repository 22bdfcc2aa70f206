// Every entry point that uses a key asks the key's CKA_ALLOWED_MECHANISMS (PKCS#11 3.2, 4.8) and its two dates: one row for each.
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

struct Restricted : UserSession {
  CK_SESSION_HANDLE h() const { return session.handle(); }
  CK_OBJECT_HANDLE with(const Template& key, std::initializer_list<CK_ATTRIBUTE_TYPE> use, const Template& restriction = {}) {
    return session.create(key.with(roles(use)).with(restriction)).must();
  }
  static Template aes() { return secret_key(CKK_AES, counting(32)); }
  static Template mac() { return secret_key(CKK_GENERIC_SECRET, counting(32)); }
  static Template new_aes() { return {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}}; }
  static Template derived_aes() { return new_aes().with({CKA_VALUE_LEN, CK_ULONG{32}}); }
  CK_OBJECT_HANDLE readable() { return session.create(secret_key(CKK_AES, counting(16)).with(readable_key())).must(); }

  // One call of the kind that begins an operation and ends there.
  template <class Begin>
  Rv begun(Begin begin, Mechanism mechanism, CK_OBJECT_HANDLE key) {
    return begin(h(), mechanism.raw(), key);
  }
  Rv wrap_authenticated(CK_OBJECT_HANDLE by, Bytes& wrapped, Bytes& tag) {
    CK_GCM_MESSAGE_PARAMS raw{iv.data(), iv.size(), 0, CKG_NO_GENERATE, tag.data(), 128};
    CK_MECHANISM gcm{CKM_AES_GCM, &raw, sizeof raw};
    CK_ULONG length = wrapped.size();
    return p11_3_2().C_WrapKeyAuthenticated(h(), &gcm, by, readable(), nullptr, 0, wrapped.data(), &length);
  }
  Rv unwrap_authenticated(CK_OBJECT_HANDLE by, Bytes& wrapped, Bytes& tag) {
    CK_GCM_MESSAGE_PARAMS raw{iv.data(), iv.size(), 0, CKG_NO_GENERATE, tag.data(), 128};
    CK_MECHANISM gcm{CKM_AES_GCM, &raw, sizeof raw};
    Template wanted = new_aes();
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    return p11_3_2().C_UnwrapKeyAuthenticated(h(), &gcm, by, wrapped.data(), wrapped.size(), wanted.raw(), wanted.size(), nullptr, 0, &made);
  }
  Rv encapsulate(CK_OBJECT_HANDLE by, Bytes& ciphertext) {
    Mechanism mechanism = Mechanism::ecdh({});
    Template wanted = derived_aes();
    CK_ULONG length = ciphertext.size();
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    return p11_3_2().C_EncapsulateKey(h(), mechanism.raw(), by, wanted.raw(), wanted.size(), ciphertext.data(), &length, &made);
  }
  Rv decapsulate(CK_OBJECT_HANDLE by, Bytes& ciphertext) {
    Mechanism mechanism = Mechanism::ecdh({});
    Template wanted = derived_aes();
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    return p11_3_2().C_DecapsulateKey(h(), mechanism.raw(), by, wanted.raw(), wanted.size(), ciphertext.data(), ciphertext.size(), &made);
  }
  Rv hkdf(CK_OBJECT_HANDLE base, CK_OBJECT_HANDLE salt) {
    const CK_HKDF_PARAMS params{CK_TRUE, CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_KEY, nullptr, 0, salt, nullptr, 0};
    return session.derive(Mechanism::of(CKM_HKDF_DERIVE, params), base, derived_aes()).rv;
  }
  Bytes iv = counting(12);
};

using R = Restricted;

struct UseOfAKey {
  std::string_view name;
  CK_MECHANISM_TYPE mechanism;
  Rv (*use)(R&, const Template& restriction);
};

const UseOfAKey kUses[] = {
    {"C_EncryptInit", CKM_AES_CBC,
     [](R& r, const Template& t) { return r.session.encrypt_init({CKM_AES_CBC, counting(16)}, r.with(R::aes(), {CKA_ENCRYPT}, t)); }},
    {"C_DecryptInit", CKM_AES_CBC,
     [](R& r, const Template& t) { return r.session.decrypt_init({CKM_AES_CBC, counting(16)}, r.with(R::aes(), {CKA_DECRYPT}, t)); }},
    {"C_SignInit", CKM_SHA256_HMAC,
     [](R& r, const Template& t) { return r.session.sign_init(CKM_SHA256_HMAC, r.with(R::mac(), {CKA_SIGN}, t)); }},
    {"C_VerifyInit", CKM_SHA256_HMAC,
     [](R& r, const Template& t) { return r.session.verify_init(CKM_SHA256_HMAC, r.with(R::mac(), {CKA_VERIFY}, t)); }},
    {"C_SignRecoverInit", CKM_RSA_PKCS,
     [](R& r, const Template& t) { return r.begun(p11().C_SignRecoverInit, CKM_RSA_PKCS, r.with(rsa_private_key(), {CKA_SIGN_RECOVER}, t)); }},
    {"C_VerifyRecoverInit", CKM_RSA_PKCS,
     [](R& r, const Template& t) { return r.begun(p11().C_VerifyRecoverInit, CKM_RSA_PKCS, r.with(rsa_public_key(), {CKA_VERIFY_RECOVER}, t)); }},
    {"C_VerifySignatureInit", CKM_SHA256_HMAC,
     [](R& r, const Template& t) {
       Mechanism mechanism = CKM_SHA256_HMAC;
       Bytes signature = counting(32);
       return Rv(p11_3_2().C_VerifySignatureInit(r.h(), mechanism.raw(), r.with(R::mac(), {CKA_VERIFY}, t), signature.data(), signature.size()));
     }},
    {"C_MessageEncryptInit", CKM_AES_GCM,
     [](R& r, const Template& t) { return r.begun(p11_3_2().C_MessageEncryptInit, CKM_AES_GCM, r.with(R::aes(), {CKA_ENCRYPT}, t)); }},
    {"C_MessageDecryptInit", CKM_AES_GCM,
     [](R& r, const Template& t) { return r.begun(p11_3_2().C_MessageDecryptInit, CKM_AES_GCM, r.with(R::aes(), {CKA_DECRYPT}, t)); }},
    {"C_MessageSignInit", CKM_SHA256_HMAC,
     [](R& r, const Template& t) { return r.begun(p11_3_2().C_MessageSignInit, CKM_SHA256_HMAC, r.with(R::mac(), {CKA_SIGN}, t)); }},
    {"C_MessageVerifyInit", CKM_SHA256_HMAC,
     [](R& r, const Template& t) { return r.begun(p11_3_2().C_MessageVerifyInit, CKM_SHA256_HMAC, r.with(R::mac(), {CKA_VERIFY}, t)); }},
    {"C_WrapKey", CKM_AES_KEY_WRAP,
     [](R& r, const Template& t) { return r.session.wrap(CKM_AES_KEY_WRAP, r.with(R::aes(), {CKA_WRAP}, t), r.readable()).rv; }},
    {"C_UnwrapKey", CKM_AES_KEY_WRAP,
     [](R& r, const Template& t) {
       const Bytes wrapped = r.session.wrap(CKM_AES_KEY_WRAP, r.with(R::aes(), {CKA_WRAP}), r.readable()).must();
       return r.session.unwrap(CKM_AES_KEY_WRAP, r.with(R::aes(), {CKA_UNWRAP}, t), wrapped, R::new_aes()).rv;
     }},
    {"C_WrapKeyAuthenticated", CKM_AES_GCM,
     [](R& r, const Template& t) {
       Bytes wrapped(16), tag(16);
       return r.wrap_authenticated(r.with(R::aes(), {CKA_WRAP}, t), wrapped, tag);
     }},
    {"C_UnwrapKeyAuthenticated", CKM_AES_GCM,
     [](R& r, const Template& t) {
       Bytes wrapped(16), tag(16);
       r.wrap_authenticated(r.with(R::aes(), {CKA_WRAP}), wrapped, tag).must();
       return r.unwrap_authenticated(r.with(R::aes(), {CKA_UNWRAP}, t), wrapped, tag);
     }},
    {"C_DeriveKey", CKM_ECDH1_DERIVE,
     [](R& r, const Template& t) {
       return r.session.derive(Mechanism::ecdh(ec_point()), r.with(ec_private_key(), {CKA_DERIVE}, t), R::derived_aes()).rv;
     }},
    {"C_DeriveKey_with_two_keys_the_first", CKM_HKDF_DERIVE,
     [](R& r, const Template& t) { return r.hkdf(r.with(R::mac(), {CKA_DERIVE}, t), r.with(R::mac(), {CKA_DERIVE})); }},
    {"C_DeriveKey_with_two_keys_the_second", CKM_HKDF_DERIVE,
     [](R& r, const Template& t) { return r.hkdf(r.with(R::mac(), {CKA_DERIVE}), r.with(R::mac(), {CKA_DERIVE}, t)); }},
    {"C_DeriveKey_of_a_public_half", CKM_PUB_KEY_FROM_PRIV_KEY,
     [](R& r, const Template& t) {
       return r.session.derive(CKM_PUB_KEY_FROM_PRIV_KEY, r.with(ec_private_key(), {CKA_SIGN}, t), {{CKA_TOKEN, false}}).rv;
     }},
    {"C_EncapsulateKey", CKM_ECDH1_DERIVE,
     [](R& r, const Template& t) {
       Bytes ciphertext(65);
       return r.encapsulate(r.with(ec_public_key(), {CKA_ENCAPSULATE}, t), ciphertext);
     }},
    {"C_DecapsulateKey", CKM_ECDH1_DERIVE,
     [](R& r, const Template& t) {
       Bytes ciphertext(65);
       r.encapsulate(r.with(ec_public_key(), {CKA_ENCAPSULATE}), ciphertext).must();
       return r.decapsulate(r.with(ec_private_key(), {CKA_DECAPSULATE}, t), ciphertext);
     }},
    {"C_DigestKey", CKM_SHA256,
     [](R& r, const Template& t) {
       r.session.digest_init(CKM_SHA256).must();
       return r.session.digest_key(r.with(R::mac().with(readable_key()), {}, t));
     }},
};

Template allows(CK_MECHANISM_TYPE only) {
  return {{CKA_ALLOWED_MECHANISMS, ByteView(reinterpret_cast<const CK_BYTE*>(&only), sizeof only)}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restricted_keys)

// What is refused comes first: an operation that begins runs on.
CONFORMANCE_FOR_EACH(Restricted, a_key_is_used_by_the_mechanisms_only_that_it_allows, kUses) {
  BOOST_TEST(row.use(*this, allows(CKM_AES_OFB)) == CKR_MECHANISM_INVALID);
  BOOST_TEST(row.use(*this, allows(row.mechanism)) == CKR_OK);
}

CONFORMANCE_FOR_EACH(Restricted, a_key_is_used_between_its_dates_only, kUses) {
  BOOST_TEST(row.use(*this, {{CKA_START_DATE, day(2)}}) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(row.use(*this, {{CKA_END_DATE, day(-2)}}) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(row.use(*this, {{CKA_START_DATE, day(-2)}, {CKA_END_DATE, day(2)}}) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_saved_operation_does_not_go_on_after_the_end_date_of_its_key, Restricted) {
  const CK_OBJECT_HANDLE key = with(mac(), {CKA_SIGN});
  session.sign_init(CKM_SHA256_HMAC, key).must();
  session.sign_update(counting(5)).must();
  const Bytes state = session.operation_state().must();
  session.set(key, {{CKA_END_DATE, day(-2)}}).must();
  BOOST_TEST(session.set_operation_state(state, CK_INVALID_HANDLE, key) == CKR_KEY_FUNCTION_NOT_PERMITTED);
}

BOOST_AUTO_TEST_SUITE_END()
