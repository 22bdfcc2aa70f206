// Values of which there is more than one form in use, and which the module gives in the standard's: points and names of curves; and
// what it computes of a key or a certificate itself (PKCS#11 3.2, 4.6 to 4.9, 6.3.3 to 6.3.8).
#include <algorithm>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

/// A DER element of up to 127 octets.
Bytes element(CK_BYTE tag, ByteView content) {
  Bytes made(2 + content.size());
  made[0] = tag;
  made[1] = static_cast<CK_BYTE>(content.size());
  std::ranges::copy(content, made.begin() + 2);
  return made;
}
Bytes bit_string(ByteView octets) {
  Bytes content(1 + octets.size());
  std::ranges::copy(octets, content.begin() + 1);
  return element(0x03, content);
}
Bytes printable(std::string_view name) { return element(0x13, from_text(name)); }

/// RFC 8032, 7.1, TEST 1.
constexpr std::string_view kEdwardsPoint = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// RFC 7748, 6.1: Alice.
constexpr std::string_view kMontgomeryPoint = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";

Template raw_public_key(CK_KEY_TYPE type, const Bytes& params, const Bytes& point) {
  return {{CKA_CLASS, CKO_PUBLIC_KEY}, {CKA_KEY_TYPE, type}, {CKA_TOKEN, false}, {CKA_EC_PARAMS, params}, {CKA_EC_POINT, point}};
}

/// A self-signed certificate of an Ed25519 key, made for this test.
constexpr std::string_view kCertificate =
    "3082012e3081e1a00302010202146a41bf2856fdfe2330608ba02129e21df6ed403c300506032b6570300c310a300806035504030c01743020170d3236313132393232"
    "333533345a180f32313236313130353232333533345a300c310a300806035504030c0174302a300506032b65700321004ad3a9139be178bf9572b55a22801c3f1c1801"
    "ddc905c828b975af82f228138aa3533051301d0603551d0e04160414094516d4a7e0ed7137b75fc9e2334fed448729a2301f0603551d23041830168014094516d4a7e0"
    "ed7137b75fc9e2334fed448729a2300f0603551d130101ff040530030101ff300506032b657003410037124a62b90a6ae8d7d0703db9133aa947b597e3d7393fe65990"
    "359385d586b11162a7f6fb11fd5de6375d6a0e9043e56c4fa7a4749c509a70ed96a912aa250d";
constexpr std::string_view kItsKey = "302a300506032b65700321004ad3a9139be178bf9572b55a22801c3f1c1801ddc905c828b975af82f228138a";

struct Curves : UserSession {
  KeyPair pair(CK_MECHANISM_TYPE mechanism, const Bytes& params) {
    return session.generate_pair(mechanism, {{CKA_EC_PARAMS, params}, {CKA_TOKEN, false}}, {{CKA_TOKEN, false}}).must();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(standard_forms)

BOOST_FIXTURE_TEST_CASE(a_point_given_bare_or_as_a_string_of_octets_or_bits_is_an_octet_string, Curves) {
  std::size_t made = 0;
  for (const Bytes& form : {ec_point(), wrapped_point(ec_point()), bit_string(ec_point())}) {
    const CK_OBJECT_HANDLE key = session.create(ec_public_key().with({CKA_EC_POINT, form}).with({CKA_LABEL, "points"})).must();
    BOOST_TEST(session.bytes(key, CKA_EC_POINT) == wrapped_point(ec_point()));
    ++made;
    BOOST_TEST(session.find({{CKA_LABEL, "points"}, {CKA_EC_POINT, wrapped_point(ec_point())}}).size() == made);
  }
}

BOOST_FIXTURE_TEST_CASE(a_point_of_an_edwards_or_montgomery_curve_is_its_octets_however_it_was_given, Curves) {
  for (const auto& [type, oid, octets] : {std::tuple{CKK_EC_EDWARDS, "06032b6570", kEdwardsPoint}, {CKK_EC_MONTGOMERY, "06032b656e", kMontgomeryPoint}}) {
    const Bytes bare = from_hex(octets);
    for (const Bytes& form : {bare, wrapped_point(bare), bit_string(bare)})
      BOOST_TEST(session.bytes(session.create(raw_public_key(type, from_hex(oid), form)).must(), CKA_EC_POINT) == bare);
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_no_form_of_a_point_is_refused, Curves) {
  Bytes long_one = wrapped_point(ec_point());
  long_one.push_back(0);
  Bytes unused_bits = bit_string(ec_point());
  unused_bits[2] = 4;
  Bytes short_one = ec_point();
  short_one.pop_back();
  for (const Bytes& form : {long_one, unused_bits, Bytes{}, Bytes{4}, Bytes{4, 0}, short_one})
    BOOST_TEST(session.create(ec_public_key().with({CKA_EC_POINT, form})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

struct Named {
  std::string_view name, oid;
  CK_MECHANISM_TYPE mechanism;
};
static const std::array<Named, 8> kNamed{{
    {"P-256", "06082a8648ce3d030107", CKM_EC_KEY_PAIR_GEN},
    {"secp256r1", "06082a8648ce3d030107", CKM_EC_KEY_PAIR_GEN},
    {"secp384r1", "06052b81040022", CKM_EC_KEY_PAIR_GEN},
    {"BRAINPOOLP256R1", "06092b2403030208010107", CKM_EC_KEY_PAIR_GEN},
    {"edwards25519", "06032b6570", CKM_EC_EDWARDS_KEY_PAIR_GEN},
    {"Ed448", "06032b6571", CKM_EC_EDWARDS_KEY_PAIR_GEN},
    {"curve25519", "06032b656e", CKM_EC_MONTGOMERY_KEY_PAIR_GEN},
    {"X448", "06032b656f", CKM_EC_MONTGOMERY_KEY_PAIR_GEN},
}};

CONFORMANCE_FOR_EACH(Curves, a_curve_is_named_by_its_oid_its_name_or_a_printable_string, kNamed) {
  const Bytes oid = from_hex(row.oid);
  for (const Bytes& params : {oid, from_text(row.name), printable(row.name)}) {
    const KeyPair keys = pair(row.mechanism, params);
    // What is no DER becomes the OBJECT IDENTIFIER; a PrintableString is a form of the standard and stays.
    const Bytes expected = params == printable(row.name) ? params : oid;
    BOOST_TEST(session.bytes(keys.public_key, CKA_EC_PARAMS) == expected);
    BOOST_TEST(session.bytes(keys.private_key, CKA_EC_PARAMS) == expected);
  }
}

BOOST_FIXTURE_TEST_CASE(a_name_of_no_curve_is_refused, Curves) {
  for (const Bytes& params : {from_text("P-255"), from_text(""), from_text("curve25519"), Bytes{6, 0}, Bytes{0x13, 0}, Bytes{5, 0}}) {
    const auto refused = session.generate_pair(CKM_EC_KEY_PAIR_GEN, {{CKA_EC_PARAMS, params}}, {});
    BOOST_TEST((refused.rv == CKR_ATTRIBUTE_VALUE_INVALID || refused.rv == CKR_CURVE_NOT_SUPPORTED));
  }
}

BOOST_FIXTURE_TEST_CASE(a_certificate_tells_its_check_value_and_its_public_key, UserSession) {
  const CK_OBJECT_HANDLE made = session.create(certificate("real").with({CKA_VALUE, from_hex(kCertificate)})).must();
  BOOST_TEST(session.bytes(made, CKA_CHECK_VALUE) == from_hex("07d376"));  // of its SHA-1
  BOOST_TEST(session.bytes(made, CKA_PUBLIC_KEY_INFO) == from_hex(kItsKey));
}

BOOST_FIXTURE_TEST_CASE(a_check_value_of_another_certificate_is_refused, UserSession) {
  const Template right = certificate("real").with({CKA_VALUE, from_hex(kCertificate)});
  BOOST_TEST(session.create(right.with({CKA_CHECK_VALUE, from_hex("07d376")})).rv == CKR_OK);
  BOOST_TEST(session.create(right.with({CKA_CHECK_VALUE, from_hex("07d377")})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(octets_that_are_no_certificate_have_no_public_key, UserSession) {
  for (const Bytes& value : {from_hex("3000"), from_hex("3003020101"), from_hex("300702010130020500"), Bytes(40, 0x30)}) {
    const CK_OBJECT_HANDLE made = session.create(certificate("odd").with({CKA_VALUE, value})).must();
    BOOST_TEST(session.bytes(made, CKA_PUBLIC_KEY_INFO).empty());
    BOOST_TEST(session.bytes(made, CKA_CHECK_VALUE).size() == 3U);
  }
}

BOOST_FIXTURE_TEST_CASE(both_halves_of_a_pair_tell_the_same_public_key, Curves) {
  for (const auto& [mechanism, params] : {std::pair{CKM_EC_KEY_PAIR_GEN, "06082a8648ce3d030107"}, {CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6570"},
                                          {CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6571"}, {CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "06032b656e"},
                                          {CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "06032b656f"}}) {
    const KeyPair keys = pair(mechanism, from_hex(params));
    const Bytes info = session.bytes(keys.public_key, CKA_PUBLIC_KEY_INFO);
    BOOST_TEST(!info.empty());
    BOOST_TEST(session.bytes(keys.private_key, CKA_PUBLIC_KEY_INFO) == info);
  }
}

BOOST_FIXTURE_TEST_CASE(both_halves_of_an_rsa_pair_have_the_checksum_of_the_modulus, UserSession) {
  const KeyPair keys{session.create(rsa_public_key()).must(), session.create(rsa_private_key()).must()};
  const Bytes sum = session.bytes(keys.public_key, CKA_PUBLIC_CRC64_VALUE);
  BOOST_TEST(sum.size() == 8U);
  BOOST_TEST(session.bytes(keys.private_key, CKA_PUBLIC_CRC64_VALUE) == sum);
  BOOST_TEST(session.create(rsa_public_key().with({CKA_PUBLIC_CRC64_VALUE, sum})).rv == CKR_OK);
  BOOST_TEST(session.create(rsa_public_key().with({CKA_PUBLIC_CRC64_VALUE, Bytes(8)})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(no_key_claims_a_validation, UserSession) {
  const CK_OBJECT_HANDLE key = session.create(secret_key(CKK_AES, counting(16))).must();
  BOOST_TEST(session.number(key, CKA_OBJECT_VALIDATION_FLAGS) == 0UL);
  BOOST_TEST(!(session.create(secret_key(CKK_AES, counting(16)).with({CKA_OBJECT_VALIDATION_FLAGS, CK_ULONG{1}})).rv == CKR_OK));
}

BOOST_AUTO_TEST_SUITE_END()
