#include <botan/otp.h>

#include "hsm/crypto/key.h"

// HOTP (RFC 4226) by Botan; libcrypto has none.

namespace hsm::crypto {

Result<Bytes> one_time_password(const Key& key, std::uint64_t counter, std::uint64_t digits) {
  if (key.object_class() != ObjectClass::otp_key || key.type() != KeyType::hotp)
    return fail(Rv::key_type_inconsistent, "the mechanism needs a key for one-time passwords");
  const auto octets = dynamic_cast<const SecretKey&>(key).value();
  auto number = Botan::HOTP(octets.data(), octets.size(), "SHA-1", digits).generate_hotp(counter);
  Bytes password(digits, '0');
  for (auto digit = password.rbegin(); number != 0; ++digit, number /= 10) *digit = static_cast<std::uint8_t>('0' + number % 10);
  return password;
}

}  // namespace hsm::crypto
