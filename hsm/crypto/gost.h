#pragma once

#include "hsm/crypto/operation.h"

namespace Botan {
class Private_Key;
class Public_Key;
}  // namespace Botan

// GOST R 34.10-2001 and GOST R 34.11-94 (RFC 4357, RFC 4491; PKCS#11 3.2, 6.57 and 6.58) by Botan: the default provider of libcrypto has neither.
// Of the parameters Botan knows those of CryptoPro: curve A, which RFC 4357 names a second time as XchA, and its hash.

namespace hsm::crypto {

/// Whether this Botan was built with both.
bool has_gost();

/// One half of a pair. Immutable.
class GostKey final : public Key {
 public:
  explicit GostKey(std::shared_ptr<const Botan::Public_Key> key) : public_(std::move(key)) {}
  explicit GostKey(std::shared_ptr<const Botan::Private_Key> key) : private_(std::move(key)) {}
  ObjectClass object_class() const override { return private_ ? ObjectClass::private_key : ObjectClass::public_key; }
  KeyType type() const override { return KeyType::gostr3410; }
  std::uint64_t bits() const override { return 256; }
  /// nullptr of a private key, and the other way round.
  const Botan::Public_Key* public_key() const { return public_.get(); }
  const Botan::Private_Key* private_key() const { return private_.get(); }

 private:
  std::shared_ptr<const Botan::Public_Key> public_;
  std::shared_ptr<const Botan::Private_Key> private_;
};

Result<KeyPtr> load_gost(const Template& attributes, ObjectClass half);
Result<GeneratedPair> generate_gost(const Template& wanted);
Result<Template> gost_public_half(const Template& private_key);
/// SubjectPublicKeyInfo (RFC 4491, 2.3.2); empty for what is no such key.
Bytes gost_info(const Template& key);
/// Whether CKA_GOSTR3410_PARAMS (an OBJECT IDENTIFIER in DER) names the curve, and CKA_GOSTR3411_PARAMS the hash, that Botan has.
bool is_gost_curve(ByteView oid);
bool is_gost_hash(ByteView oid);
/// The parameter of a mechanism that hashes: nothing, or what names that hash.
Status check_gost_hash(const Mechanism& mechanism);
/// For Botan.
inline constexpr const char* kGostHash = "GOST-R-34.11-94";
/// Contents octets of id-GostR3410-2001.
inline constexpr std::string_view kGost3410{"\x2A\x85\x03\x02\x02\x13", 6};
inline constexpr std::size_t kGostValue = 32;  ///< octets of a private value, of a coordinate and of a digest

Made begin_gost_digest(const Beginning& wanted);
Made begin_gost_hmac(const Beginning& wanted);
Made begin_gost_signature(const Beginning& wanted);

}  // namespace hsm::crypto
