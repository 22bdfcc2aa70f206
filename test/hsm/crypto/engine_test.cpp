// The old interface, which Debian 12 still has users of.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>

#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

// An ENGINE that is the process's default for keys is the host's affair: libp11's calls us, and must not be called by us.

#ifndef OPENSSL_NO_ENGINE

using namespace hsm;
using namespace test;

namespace {

int methods_of(ENGINE*, EVP_PKEY_METHOD** method, const int** types, int type) {
  static constexpr int kTypes[] = {EVP_PKEY_RSA, EVP_PKEY_EC};
  static EVP_PKEY_METHOD* const broken[] = {EVP_PKEY_meth_new(EVP_PKEY_RSA, 0), EVP_PKEY_meth_new(EVP_PKEY_EC, 0)};
  if (method == nullptr) {
    *types = kTypes;
    return 2;
  }
  *method = broken[type == EVP_PKEY_RSA ? 0 : 1];
  return 1;
}

/// A default ENGINE whose key methods can do nothing.
struct BrokenDefault {
  BrokenDefault() {
    ENGINE_set_id(engine, "broken");
    ENGINE_set_name(engine, "does nothing");
    ENGINE_set_pkey_meths(engine, methods_of);
    BOOST_REQUIRE(ENGINE_set_default_pkey_meths(engine) == 1);
  }
  ~BrokenDefault() {
    ENGINE_unregister_pkey_meths(engine);
    ENGINE_free(engine);
  }
  ENGINE* engine = ENGINE_new();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engines)

BOOST_FIXTURE_TEST_CASE(a_default_engine_of_the_host_is_never_asked_for_a_key, BrokenDefault) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> hosts(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), EVP_PKEY_CTX_free);
  BOOST_TEST(EVP_PKEY_keygen_init(hosts.get()) <= 0);  // the host's own keys do go there

  const Bytes message = bytes_of("what is to be signed");
  const auto ec = ec_pair();
  auto signature = run(Use::sign, mechanism(Mech::ecdsa_sha256), ec.private_key, message).value();
  BOOST_TEST(verify(mechanism(Mech::ecdsa_sha256), ec.public_key, message, signature).ok());
  const auto rsa = rsa_pair();
  signature = run(Use::sign, mechanism(Mech::sha256_rsa_pkcs), rsa.private_key, message).value();
  BOOST_TEST(verify(mechanism(Mech::sha256_rsa_pkcs), rsa.public_key, message, signature).ok());
  const auto sealed = run(Use::encrypt, mechanism(Mech::rsa_pkcs), rsa.public_key, message).value();
  BOOST_TEST((run(Use::decrypt, mechanism(Mech::rsa_pkcs), rsa.private_key, sealed).value() == message));
}

BOOST_AUTO_TEST_SUITE_END()

#endif
