// C_WrapKeyAuthenticated and C_UnwrapKeyAuthenticated (PKCS#11 3.2, 5.18.6, 5.18.7 and 6.13.3).
#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

// CKM_AES_GCM with CK_GCM_MESSAGE_PARAMS, whose IV and tag the module may fill in.
struct GcmWrap {
  explicit GcmWrap(ByteView iv_given = counting(12), CK_GENERATOR_FUNCTION generator = CKG_NO_GENERATE)
      : iv(iv_given), tag(16, 0), raw{iv.data(), iv.size(), 0, generator, tag.data(), 128}, mechanism{CKM_AES_GCM, &raw, sizeof raw} {}
  GcmWrap(const GcmWrap&) = delete;
  Bytes iv, tag;
  CK_GCM_MESSAGE_PARAMS raw;
  CK_MECHANISM mechanism;
};

struct Wrapping : CompatibleSession {
  Answer wrap(GcmWrap& gcm, CK_OBJECT_HANDLE by, CK_OBJECT_HANDLE wrapped_key, ByteView associated = {}, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_WrapKeyAuthenticated(session.handle(), &gcm.mechanism, by, wrapped_key, readable(associated), associated.size(), out, length);
    });
  }
  Outcome<CK_OBJECT_HANDLE> unwrap(GcmWrap& gcm, CK_OBJECT_HANDLE by, ByteView wrapped, ByteView associated = {}, Template wanted = aes_key()) {
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    const Rv rv = p11_3_2().C_UnwrapKeyAuthenticated(session.handle(), &gcm.mechanism, by, readable(wrapped), wrapped.size(), wanted.raw(),
                                                     wanted.size(), readable(associated), associated.size(), &made);
    return {rv, made};
  }
  static Template aes_key() { return Template{{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}}.with(readable_key()); }

  const CK_OBJECT_HANDLE with = session.create(secret_key(CKK_AES, Bytes(32, 1)).with(roles({CKA_WRAP, CKA_UNWRAP}))).must();
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(32)).with(readable_key())).must();
  const Bytes aad = from_text("bound to this");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(authenticated_wrapping)

BOOST_FIXTURE_TEST_CASE(a_wrapped_key_is_unwrapped, Wrapping) {
  GcmWrap gcm;
  const Bytes wrapped = wrap(gcm, with, key, aad).must();
  BOOST_TEST(wrapped.size() == 32U);
  BOOST_TEST(gcm.tag != Bytes(16, 0));
  const CK_OBJECT_HANDLE back = unwrap(gcm, with, wrapped, aad).must();
  BOOST_TEST(session.bytes(back, CKA_VALUE) == counting(32));
  BOOST_TEST(!session.flag(back, CKA_LOCAL));
  BOOST_TEST(!session.flag(back, CKA_ALWAYS_SENSITIVE));
  BOOST_TEST(!session.flag(back, CKA_NEVER_EXTRACTABLE));
}

BOOST_FIXTURE_TEST_CASE(a_private_key_is_wrapped_and_unwrapped, Wrapping) {
  const CK_OBJECT_HANDLE ec = session.create(ec_private_key().with(readable_key()).with(roles({CKA_SIGN}))).must();
  GcmWrap gcm;
  const Bytes wrapped = wrap(gcm, with, ec, aad).must();
  const CK_OBJECT_HANDLE back =
      unwrap(gcm, with, wrapped, aad, {{CKA_CLASS, CKO_PRIVATE_KEY}, {CKA_KEY_TYPE, CKK_EC}, {CKA_TOKEN, false}, {CKA_SIGN, true}}).must();
  BOOST_TEST(session.sign_once(CKM_ECDSA, back, counting(32)).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(an_iv_is_made_and_given_back, Wrapping) {
  GcmWrap one(Bytes(12, 0), CKG_GENERATE), two(Bytes(12, 0), CKG_GENERATE);
  const Bytes wrapped = wrap(one, with, key).must();
  wrap(two, with, key).must();
  BOOST_TEST(one.iv != Bytes(12, 0));
  BOOST_TEST(one.iv != two.iv);
  BOOST_TEST(session.bytes(unwrap(one, with, wrapped).must(), CKA_VALUE) == counting(32));
}

BOOST_FIXTURE_TEST_CASE(the_size_is_told_first_and_uses_up_no_iv, Wrapping) {
  GcmWrap gcm(Bytes(12, 0), CKG_GENERATE_COUNTER);
  BOOST_TEST(wrap(gcm, with, key, aad, kAskSize).length == 32UL);
  BOOST_TEST(wrap(gcm, with, key, aad, 31).rv == CKR_BUFFER_TOO_SMALL);
  wrap(gcm, with, key, aad).must();
  BOOST_TEST(gcm.iv == Bytes(12, 0));
}

BOOST_FIXTURE_TEST_CASE(whatever_was_changed_makes_no_key, Wrapping) {
  GcmWrap gcm;
  Bytes wrapped = wrap(gcm, with, key, aad).must();
  BOOST_TEST(unwrap(gcm, with, wrapped, from_text("bound to that")).rv == CKR_WRAPPED_KEY_INVALID);
  gcm.tag[3] ^= 1;
  BOOST_TEST(unwrap(gcm, with, wrapped, aad).rv == CKR_WRAPPED_KEY_INVALID);
  gcm.tag[3] ^= 1;
  gcm.iv[0] ^= 1;
  BOOST_TEST(unwrap(gcm, with, wrapped, aad).rv == CKR_WRAPPED_KEY_INVALID);
  gcm.iv[0] ^= 1;
  wrapped[0] ^= 1;
  BOOST_TEST(unwrap(gcm, with, wrapped, aad).rv == CKR_WRAPPED_KEY_INVALID);
}

BOOST_FIXTURE_TEST_CASE(the_rules_of_wrapping_hold, Wrapping) {
  GcmWrap gcm;
  const CK_OBJECT_HANDLE unextractable = session.create(secret_key(CKK_AES, counting(32)).with({{CKA_EXTRACTABLE, false}})).must();
  BOOST_TEST(wrap(gcm, with, unextractable).rv == CKR_KEY_UNEXTRACTABLE);
  const CK_OBJECT_HANDLE no_role = session.create(secret_key(CKK_AES, counting(32)).with({{CKA_WRAP, false}, {CKA_UNWRAP, false}})).must();
  BOOST_TEST(wrap(gcm, no_role, key).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(unwrap(gcm, no_role, counting(32)).rv == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(wrap(gcm, 0, key).rv == CKR_WRAPPING_KEY_HANDLE_INVALID);
  BOOST_TEST(wrap(gcm, with, 0).rv == CKR_KEY_HANDLE_INVALID);
  BOOST_TEST(unwrap(gcm, 0, counting(32)).rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(the_templates_of_the_wrapping_key_hold, Wrapping) {
  const Template demand{{CKA_DECRYPT, false}};
  const CK_OBJECT_HANDLE strict = session.create(secret_key(CKK_AES, Bytes(32, 2)).with(roles({CKA_WRAP, CKA_UNWRAP}))
                                                     .with({{CKA_WRAP_TEMPLATE, demand}, {CKA_UNWRAP_TEMPLATE, demand}})).must();
  GcmWrap gcm;
  BOOST_TEST(wrap(gcm, strict, session.create(secret_key(CKK_AES, counting(32)).with(readable_key()).with({{CKA_DECRYPT, true}})).must()).rv ==
             CKR_KEY_HANDLE_INVALID);
  const CK_OBJECT_HANDLE fits = session.create(secret_key(CKK_AES, counting(32)).with(readable_key()).with({{CKA_DECRYPT, false}})).must();
  const Bytes wrapped = wrap(gcm, strict, fits).must();
  BOOST_TEST(!session.flag(unwrap(gcm, strict, wrapped).must(), CKA_DECRYPT));
  BOOST_TEST(unwrap(gcm, strict, wrapped, {}, aes_key().with({{CKA_DECRYPT, true}})).rv == CKR_TEMPLATE_INCONSISTENT);
}

BOOST_FIXTURE_TEST_CASE(only_an_aead_with_its_parameter_wraps_so, Wrapping) {
  GcmWrap gcm;
  CK_MECHANISM kw{CKM_AES_KEY_WRAP, nullptr, 0};
  CK_BYTE out[64];
  CK_ULONG length = sizeof out;
  BOOST_TEST(Rv(p11_3_2().C_WrapKeyAuthenticated(session.handle(), &kw, with, key, nullptr, 0, out, &length)) == CKR_MECHANISM_INVALID);
  gcm.mechanism.ulParameterLen = 8;
  BOOST_TEST(wrap(gcm, with, key).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(Rv(p11_3_2().C_WrapKeyAuthenticated(session.handle(), nullptr, with, key, nullptr, 0, out, &length)) == CKR_ARGUMENTS_BAD);
}

BOOST_AUTO_TEST_SUITE_END()
