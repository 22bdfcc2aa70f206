#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/model/attribute.h"
#include "hsm/model/ids.h"
#include "hsm/model/mechanism.h"

// The door to OpenSSL and Botan: what the engine and the store need, in values. No policy here (the engine has checked key type,
// usage flags and mechanism); what is checked here is what only the algorithm can know: lengths, parameters, points on the curve.

namespace hsm::crypto {

/// Makes the passkey to Secrets for the files of this folder, and for the engine's and the store's through key_use().
struct SecretAccess {
  static KeyUse use() { return KeyUse{}; }
};

/// A key ready for use: parsed once, immutable, shared by threads and sessions.
class Key {
 public:
  virtual ~Key() = default;
  virtual ObjectClass object_class() const = 0;
  virtual KeyType type() const = 0;
  /// Bits of the modulus, field or secret.
  virtual std::uint64_t bits() const = 0;
};
using KeyPtr = std::shared_ptr<const Key>;

/// Parses a key object: CKA_CLASS, CKA_KEY_TYPE and the attributes of that type. Checks the structure (AES lengths, RSA
/// consistency, point on curve, scalar in range); attribute_value_invalid or template_incomplete otherwise.
Result<KeyPtr> load_key(const Template& attributes);

/// A running cryptographic operation of one session. `in` may be of any length; `room` must hold what *_size() says, or
/// the call is refused with buffer_too_small and changes nothing.
class Operation {
 public:
  virtual ~Operation() = default;
  /// Exactly what once() would write for `in` octets, or an upper bound where only doing it tells (padding, RSA decryption).
  virtual std::uint64_t once_size(std::uint64_t in) const = 0;
  virtual std::uint64_t update_size(std::uint64_t in) const = 0;
  virtual std::uint64_t finish_size() const = 0;
  virtual Result<std::size_t> once(ByteView in, Room room) = 0;
  virtual Result<std::size_t> update(ByteView in, Room room) = 0;
  virtual Result<std::size_t> finish(Room room) = 0;
  /// Verification; function_failed for operations that do not verify. Defaults refuse.
  virtual Status verify_once(ByteView data, ByteView signature);
  virtual Status verify_finish(ByteView signature);
  /// Starts again with another parameter (IV, AAD) and the same key and mechanism, keeping the key schedule; false when
  /// this operation cannot: the caller makes a new one. This is what makes small messages fast.
  virtual Result<bool> restart(const Mechanism& mechanism) = 0;
  /// Feeds a key's value into a digest (C_DigestKey).
  virtual Status update_with(const Key& key);
  /// A digest's, HMAC's or cipher's state for C_GetOperationState; state_unsaveable by default.
  virtual Result<std::unique_ptr<Operation>> fork() const;
};

/// `key` is empty for digests. Mechanisms that take the key of another type are refused with key_type_inconsistent.
Result<std::unique_ptr<Operation>> begin(Use use, const Mechanism& mechanism, const KeyPtr& key);

/// Makes the secret attributes of a new key (CKA_VALUE) of `type` and `length` octets.
Result<Secret> generate_secret(KeyType type, std::uint64_t length);

/// Writes CKA_EC_PARAMS and CKA_EC_POINT of a key as the standard has them, in whichever form they were given: an OBJECT IDENTIFIER instead
/// of a bare name (a PrintableString stays); the point as OCTET STRING for CKK_EC, as it is for Edwards and Montgomery curves (PKCS#11 3.2,
/// 6.3.3, 6.3.5 and 6.3.7). Nothing for keys of other types.
Status write_curve_as_standard(Template& key);

/// Sets in a new value what its type asks for: the parity of DES. Nothing for other types.
void fit_to_type(KeyType type, Secret& value);

/// The attributes that a generated pair adds to its two objects: public (CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_POINT ...) and
/// private (those plus the secret ones). `wanted` is the public template (CKA_MODULUS_BITS, CKA_EC_PARAMS ...).
struct GeneratedPair {
  Template public_part;
  Template private_part;
};
Result<GeneratedPair> generate_pair(const Mechanism& mechanism, const Template& wanted);

/// Domain parameters of DH or DSA (CKA_PRIME, CKA_BASE, for DSA CKA_SUBPRIME) of CKA_PRIME_BITS and CKA_SUBPRIME_BITS as `wanted` says. May
/// take a minute. key_size_range for sizes that are not made.
Result<Template> generate_domain(const Mechanism& mechanism, const Template& wanted);
/// The sizes of domain parameters that are given; key_size_range or domain_params_invalid for such as cannot be some. Whether the numbers
/// are prime is not looked at: what is made of them tells.
Result<Template> sizes_of_domain(KeyType type, const Template& domain);

/// A copy of a secret key's octets; key_type_inconsistent for any other key.
Result<Secret> value_of(const Key& key);
/// Wraps octets (a secret value, or a PKCS#8 document for private keys) and the reverse.
Result<Bytes> wrap(const Mechanism& mechanism, const Key& wrapping_key, const Secret& value);
Result<Secret> unwrap(const Mechanism& mechanism, const Key& unwrapping_key, ByteView wrapped);
/// How long wrap()'s result will be for `length` octets.
Result<std::uint64_t> wrapped_size(const Mechanism& mechanism, const Key& wrapping_key, std::uint64_t length);
/// PrivateKeyInfo (RFC 5958) of a private key's attributes, and the attributes of a PrivateKeyInfo (with CKA_KEY_TYPE).
Result<Secret> to_pkcs8(const Template& private_key);
Result<Template> from_pkcs8(const Secret& document);

/// The value of a key derived from `base_key`: `length` octets (0 = all there are, where the mechanism has a length of its own).
/// `others` are the keys that the parameter names, as other_keys_of() lists them (HKDF's salt, the other half of a concatenation).
Result<Secret> derive(const Mechanism& mechanism, const Key& base_key, std::uint64_t length, std::span<const KeyPtr> others = {});
/// The values of several keys by SP 800-108, each of which begins with a block of the pseudo-random function of its own (PKCS#11 3.2,
/// 6.42: additional derived keys).
Result<std::vector<Secret>> derive_several(const Mechanism& mechanism, const Key& base_key, std::span<const std::uint64_t> lengths);
/// What CKM_TLS12_KEY_AND_MAC_DERIVE makes of a master secret; empty where the parameter asks for none. The IVs are no secrets.
struct TlsKeyBlock {
  Secret client_mac, server_mac, client_key, server_key;
  Bytes ivs;
};
Result<TlsKeyBlock> derive_tls_keys(const Mechanism& mechanism, const Key& base_key);
/// The version that begins a pre-master secret, where the parameter asks for it; empty otherwise.
Bytes tls_version(const Mechanism& mechanism, const Key& base_key);
/// The password of 6 to 8 decimal digits that a key for them gives for a counter (RFC 4226); key_type_inconsistent for other keys.
Result<Bytes> one_time_password(const Key& key, std::uint64_t counter, std::uint64_t digits);
/// PBKDF2 (RFC 8018; CKM_PKCS5_PBKD2), and the function of PKCS#12 (RFC 7292; CKM_PBE_*, CKM_PBA_*).
Result<Secret> derive_from_password(const Mechanism& mechanism, std::uint64_t length);
/// The IV that CKM_PBE_* makes beside the key; empty for other mechanisms.
Result<Bytes> iv_from_password(const Mechanism& mechanism);
/// The handles of the keys that a parameter names besides the base key.
std::vector<std::uint64_t> other_keys_of(const Mechanism& mechanism);
/// The attributes of the public half of a private key (CKM_PUB_KEY_FROM_PRIV_KEY): numbers and points, no flags.
Result<Template> public_half(const Template& private_key);

/// A fresh secret for the owner of a public key, and the ciphertext that gives it to him. `public_key` are the key's attributes; `length`
/// octets (0 = as many as the mechanism gives by itself). A ciphertext that opens to nothing is refused with wrapped_key_invalid.
struct Encapsulated {
  Bytes ciphertext;
  Secret secret;
};
Result<std::uint64_t> encapsulated_size(const Mechanism& mechanism, const Template& public_key);
Result<Encapsulated> encapsulate(const Mechanism& mechanism, const Template& public_key, std::uint64_t length);
Result<Secret> decapsulate(const Mechanism& mechanism, const Key& private_key, ByteView ciphertext, std::uint64_t length);

/// CKA_CHECK_VALUE of a secret key (PKCS#11 3.1, 4.10.2), and CKA_PUBLIC_KEY_INFO of a key pair's half (empty where not defined).
Bytes check_value(KeyType type, const Secret& value);
Bytes public_key_info(const Template& key);
/// CKA_PUBLIC_CRC64_VALUE of a key pair's half (PKCS#11 3.2, 4.9): eight octets, the most significant one first. Empty for keys on curves, for
/// which the standard does not define it.
Bytes public_crc64(const Template& key);
/// CKA_CHECK_VALUE of a certificate (PKCS#11 3.2, 4.6), and the SubjectPublicKeyInfo in an X.509 certificate (RFC 5280): empty when `der`
/// is none.
Bytes certificate_check_value(ByteView der);
Bytes certificate_key_info(ByteView der);

// ---- primitives for the store and the ceremony

Bytes sha256(ByteView data);
Bytes hmac_sha256(const Secret& key, ByteView data);
/// SHA-256 of salt || password, hashed again `rounds` - 1 times: how SoftHSM2 makes a key of a PIN. For reading its stores only.
Secret iterated_sha256(ByteView salt, const Secret& password, unsigned rounds);
/// HKDF-SHA-256 (RFC 5869).
Secret hkdf_sha256(const Secret& key, ByteView salt, std::string_view info, std::size_t length);
/// Fills from the DRBG of our own library context.
Status random(Room room);
Secret random_secret(std::size_t length);
Bytes random_bytes(std::size_t length);
/// At most 1024 random octets that need not be secret: several calls' are drawn at once and wait in memory.
Bytes random_identifier(std::size_t length);
Status seed_random(ByteView additional);

/// AES-256-GCM with a fresh random nonce: nonce (12) || ciphertext || tag (16).
Bytes seal(const Secret& key, ByteView associated, const Secret& plaintext);
Bytes seal(const Secret& key, ByteView associated, ByteView plaintext);
/// aead_decrypt_failed when key, associated data or ciphertext differ.
Result<Secret> open(const Secret& key, ByteView associated, ByteView sealed);
/// Checks the tags of many records under one key without giving a plaintext away. Belongs to one thread.
class SealChecker {
 public:
  explicit SealChecker(const Secret& key);
  ~SealChecker();
  SealChecker(SealChecker&&) noexcept;
  Status check(ByteView associated, ByteView sealed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Argon2id (RFC 9106); `memory_kib`, `passes`, `lanes` as m, t, p; `pepper` is its secret value.
struct Argon2Cost {
  std::uint32_t memory_kib = 65536;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 1;
  static constexpr auto fields = std::tuple{&Argon2Cost::memory_kib, &Argon2Cost::passes, &Argon2Cost::lanes};
  friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};
Secret argon2id(const Secret& password, ByteView salt, const Secret& pepper, const Argon2Cost& cost, std::size_t length);

/// "OpenSSL 3.0.15, Botan 2.19.3": for logs and status.
std::string library_versions();
/// True where libcrypto offers what the row needs (post-quantum rows appear by themselves).
bool available(const MechanismRow& row);

}  // namespace hsm::crypto
