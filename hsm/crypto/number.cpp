#include "hsm/crypto/number.h"

#include "hsm/crypto/crypto.h"

namespace hsm::crypto {

BigNumber number_of(ByteView octets) {
  BigNumber number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  must(number != nullptr, "no memory for a number");
  return number;
}

BigNumber secret_number_of(ByteView octets) {
  BigNumber number(BN_new());
  must(number != nullptr, "no memory for a number");
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  must(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), number.get()) != nullptr, "no memory for a number");
  return number;
}

Bytes octets_of(const BIGNUM* number) { return octets_of(number, static_cast<std::size_t>(BN_num_bytes(number))); }

Bytes octets_of(const BIGNUM* number, std::size_t size) {
  Bytes octets(size);
  must(BN_bn2binpad(number, octets.data(), static_cast<int>(size)) >= 0, "a number does not fit its length");
  return octets;
}

Secret secret_octets_of(const BIGNUM* number, std::size_t size) {
  Secret octets(size);
  must(BN_bn2binpad(number, octets.fill(SecretAccess::use()).data(), static_cast<int>(size)) >= 0,
       "a number does not fit its length");
  return octets;
}

BigNumber number_from(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &number), "a key lacks a number");
  return BigNumber(number);
}

}  // namespace hsm::crypto
