#pragma once

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/curve.h"
#include "hsm/crypto/handle.h"

namespace hsm::crypto {

/// The value of a secret key, or of one for one-time passwords.
class SecretKey final : public Key {
 public:
  SecretKey(KeyType type, Secret value, ObjectClass object_class = ObjectClass::secret_key)
      : object_class_(object_class), type_(type), value_(std::move(value)) {}
  ObjectClass object_class() const override { return object_class_; }
  KeyType type() const override { return type_; }
  std::uint64_t bits() const override { return 8 * value_.size(); }
  ByteView value() const { return value_.reveal(SecretAccess::use()); }

 private:
  ObjectClass object_class_;
  KeyType type_;
  Secret value_;
};

/// One half of an RSA or EC pair. The EVP_PKEY is complete when this is made and only read afterwards, which libcrypto allows
/// to all threads at once.
class PairKey final : public Key {
 public:
  PairKey(ObjectClass half, KeyType type, Pkey pkey, std::uint64_t bits, const Curve* curve, Secret rejection)
      : half_(half), type_(type), pkey_(std::move(pkey)), bits_(bits), curve_(curve), rejection_(std::move(rejection)) {}
  ObjectClass object_class() const override { return half_; }
  KeyType type() const override { return type_; }
  std::uint64_t bits() const override { return bits_; }

  bool is_private() const { return half_ == ObjectClass::private_key; }
  EVP_PKEY* pkey() const { return pkey_.get(); }
  /// Octets of an RSA modulus.
  std::size_t modulus_size() const { return static_cast<std::size_t>(bits_ + 7) / 8; }
  const Curve& curve() const { return *curve_; }
  /// SHA-256 of an RSA private exponent: what makes the answer to a badly padded message (rsa_rejection.h).
  ByteView rejection() const { return rejection_.reveal(SecretAccess::use()); }

 private:
  ObjectClass half_;
  KeyType type_;
  Pkey pkey_;
  std::uint64_t bits_;
  const Curve* curve_;
  Secret rejection_;
};

/// Whether a secret key of `type` may have `length` octets; `code` when not.
Status check_secret_length(KeyType type, std::uint64_t length, Rv code);
/// nullptr when the key is of another class.
const SecretKey* secret_of(const Key& key);
/// The value of a secret key, as long as the key lives; key_type_inconsistent for any other.
Result<ByteView> secret_octets(const Key& key);
/// nullptr when it is no half of a pair.
const PairKey* pair_of(const Key& key);

/// `size` octets of a public key as CKA_EC_POINT or ECDH public data give them: bare, in a DER OCTET STRING or a BIT STRING.
std::optional<ByteView> bare_point(ByteView given, std::size_t size);
/// A point of a curve, given so: its uncompressed form 04 || X || Y, or
/// nothing when it is neither. Does not tell whether it is on the curve.
std::optional<ByteView> uncompressed_point(const Curve& curve, ByteView given);
/// A public EC key from an uncompressed point, on the curve of `own`, whose parameters it takes over: several times faster than from the
/// curve's name. Empty when the point is not on the curve.
Pkey make_ec_peer(const PairKey& own, ByteView point);

}  // namespace hsm::crypto
