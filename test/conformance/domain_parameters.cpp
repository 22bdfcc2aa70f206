// Domain parameters as objects, and how they are made (PKCS#11 3.2, 4.11, 6.2.5, 6.2.8, 6.4.5 and 6.4.7).
#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

struct Domains : UserSession {
  // The prime of the second Oakley group (RFC 2409, 6.2).
  const Bytes prime = from_hex(
      "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
      "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff");
  Template dh() const {
    return {{CKA_CLASS, CKO_DOMAIN_PARAMETERS}, {CKA_KEY_TYPE, CKK_DH}, {CKA_PRIME, prime}, {CKA_BASE, from_hex("02")}};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(domain_parameters)

BOOST_FIXTURE_TEST_CASE(parameters_are_created_found_and_read, Domains) {
  const CK_OBJECT_HANDLE object = session.create(dh().with({{CKA_TOKEN, true}, {CKA_LABEL, "oakley"}})).must();
  BOOST_TEST(session.find({{CKA_CLASS, CKO_DOMAIN_PARAMETERS}, {CKA_LABEL, "oakley"}}) == std::vector{object});
  BOOST_TEST(session.find({{CKA_CLASS, CKO_DOMAIN_PARAMETERS}, {CKA_PRIME, prime}}) == std::vector{object});
  BOOST_TEST(session.number(object, CKA_KEY_TYPE) == CKK_DH);
  BOOST_TEST(session.bytes(object, CKA_PRIME) == prime);
  BOOST_TEST(session.bytes(object, CKA_BASE) == from_hex("02"));
  BOOST_TEST(session.number(object, CKA_PRIME_BITS) == 1024UL);
  BOOST_TEST(!session.flag(object, CKA_LOCAL));
  BOOST_TEST(!session.flag(object, CKA_PRIVATE));
}

BOOST_FIXTURE_TEST_CASE(parameters_are_copied_relabelled_and_destroyed, Domains) {
  const CK_OBJECT_HANDLE object = session.create(dh()).must();
  const CK_OBJECT_HANDLE copy = session.copy(object, {{CKA_LABEL, "copy"}}).must();
  session.set(copy, {{CKA_LABEL, "again"}}).must();
  BOOST_TEST(session.set(copy, {{CKA_PRIME, from_hex("17")}}) == CKR_ATTRIBUTE_READ_ONLY);
  BOOST_TEST(session.bytes(copy, CKA_PRIME) == prime);
  BOOST_TEST(session.destroy(copy) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(parameters_that_are_incomplete_or_cannot_be_some_are_refused, Domains) {
  BOOST_TEST(session.create(dh().without(CKA_PRIME)).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.create(dh().without(CKA_BASE)).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.create(dh().without(CKA_KEY_TYPE)).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.create(dh().with({{CKA_BASE, from_hex("01")}})).rv == CKR_DOMAIN_PARAMS_INVALID);
  BOOST_TEST(session.create(dh().with({{CKA_PRIME, from_hex("17")}})).rv == CKR_KEY_SIZE_RANGE);
  BOOST_TEST(among(session.create(dh().with({{CKA_KEY_TYPE, CKK_DSA}})).rv, {CKR_TEMPLATE_INCOMPLETE}));
  BOOST_TEST(among(session.create(dh().with({{CKA_KEY_TYPE, CKK_AES}})).rv, {CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT}));
}

BOOST_FIXTURE_TEST_CASE(parameters_are_no_key, Domains) {
  const CK_OBJECT_HANDLE object = session.create(dh()).must();
  BOOST_TEST(session.sign_init(CKM_SHA256_HMAC, object) == CKR_KEY_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(dh_parameters_are_made_and_make_key_pairs, Domains) {
  const CK_OBJECT_HANDLE made = session.generate(CKM_DH_PKCS_PARAMETER_GEN, {{CKA_PRIME_BITS, 1024UL}}).must();
  BOOST_TEST(session.number(made, CKA_CLASS) == CKO_DOMAIN_PARAMETERS);
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_DH);
  BOOST_TEST(session.flag(made, CKA_LOCAL));
  BOOST_TEST(session.bytes(made, CKA_PRIME).size() == 128U);
  const Template domain{{CKA_PRIME, session.bytes(made, CKA_PRIME)}, {CKA_BASE, session.bytes(made, CKA_BASE)}};
  const KeyPair one = session.generate_pair(CKM_DH_PKCS_KEY_PAIR_GEN, domain, roles({CKA_DERIVE})).must();
  const KeyPair other = session.generate_pair(CKM_DH_PKCS_KEY_PAIR_GEN, domain, roles({CKA_DERIVE})).must();
  const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, 32UL});
  const auto derive = [&](CK_OBJECT_HANDLE mine, CK_OBJECT_HANDLE theirs) {
    return session.derive({CKM_DH_PKCS_DERIVE, session.bytes(theirs, CKA_VALUE)}, mine, wanted).must();
  };
  const CK_OBJECT_HANDLE a = derive(one.private_key, other.public_key), b = derive(other.private_key, one.public_key);
  BOOST_TEST(session.bytes(a, CKA_CHECK_VALUE) == session.bytes(b, CKA_CHECK_VALUE));
}

BOOST_FIXTURE_TEST_CASE(dsa_parameters_are_made_and_make_key_pairs, Domains) {
  const CK_OBJECT_HANDLE made =
      session.generate(CKM_DSA_PARAMETER_GEN, {{CKA_PRIME_BITS, 2048UL}, {CKA_SUBPRIME_BITS, 224UL}, {CKA_LABEL, "dsa"}}).must();
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_DSA);
  BOOST_TEST(session.bytes(made, CKA_PRIME).size() == 256U);
  BOOST_TEST(session.bytes(made, CKA_SUBPRIME).size() == 28U);
  BOOST_TEST(session.number(made, CKA_SUBPRIME_BITS) == 224UL);
  const Template domain{{CKA_PRIME, session.bytes(made, CKA_PRIME)},
                        {CKA_SUBPRIME, session.bytes(made, CKA_SUBPRIME)},
                        {CKA_BASE, session.bytes(made, CKA_BASE)}};
  const KeyPair pair = session.generate_pair(CKM_DSA_KEY_PAIR_GEN, domain, {}).must();
  const Bytes signature = session.sign_once(CKM_DSA_SHA256, pair.private_key, counting(40)).must();
  BOOST_TEST(session.verify_once(CKM_DSA_SHA256, pair.public_key, counting(40), signature) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(sizes_that_are_not_made_are_refused, Domains) {
  for (const CK_ULONG bits : {0UL, 512UL, 1025UL, 4096UL, 1UL << 40})
    BOOST_TEST(session.generate(CKM_DH_PKCS_PARAMETER_GEN, {{CKA_PRIME_BITS, bits}}).rv == CKR_KEY_SIZE_RANGE);
  for (const CK_ULONG bits : {0UL, 512UL, 2000UL, 4096UL})
    BOOST_TEST(session.generate(CKM_DSA_PARAMETER_GEN, {{CKA_PRIME_BITS, bits}}).rv == CKR_KEY_SIZE_RANGE);
  BOOST_TEST(session.generate(CKM_DSA_PARAMETER_GEN, {{CKA_PRIME_BITS, 2048UL}, {CKA_SUBPRIME_BITS, 512UL}}).rv == CKR_KEY_SIZE_RANGE);
  BOOST_TEST(session.generate(CKM_DH_PKCS_PARAMETER_GEN, Template{}).rv == CKR_TEMPLATE_INCOMPLETE);
  BOOST_TEST(session.generate(CKM_DH_PKCS_PARAMETER_GEN, {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_PRIME_BITS, 1024UL}}).rv ==
             CKR_TEMPLATE_INCONSISTENT);
}

BOOST_AUTO_TEST_SUITE_END()
