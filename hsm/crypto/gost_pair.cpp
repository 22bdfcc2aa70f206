#include <botan/data_src.h>
#include <botan/exceptn.h>
#include <botan/hash.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rng.h>
#include <botan/x509_key.h>

#include <utility>

#include "hsm/crypto/der.h"
#include "hsm/crypto/gost.h"
#include "hsm/crypto/number.h"

// CKM_GOSTR3410, CKM_GOSTR3410_WITH_GOSTR3411 and their keys. Values are in little-endian order, a public one X || Y; a signature is
// s || r, both in big-endian order (PKCS#11 3.2, 6.57; RFC 4490, 3.2).

namespace hsm::crypto {
namespace {

constexpr std::string_view kCurveA{"\x06\x07\x2A\x85\x03\x02\x02\x23\x01", 9};     // id-GostR3410-2001-CryptoPro-A-ParamSet
constexpr std::string_view kCurveXchA{"\x06\x07\x2A\x85\x03\x02\x02\x24\x00", 9};  // the same curve for key exchange
constexpr std::string_view kHash{"\x06\x07\x2A\x85\x03\x02\x02\x1E\x01", 9};       // id-GostR3411-94-CryptoProParamSet
constexpr std::string_view kOrder{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                  "\x6C\x61\x10\x70\x99\x5A\xD1\x00\x45\x84\x1B\x09\xB7\x61\xB8\x93", 32};
constexpr std::size_t kPoint = 2 * kGostValue, kSignature = 2 * kGostValue;

/// The random generator of our own library context, for Botan.
class OurRandom final : public Botan::RandomNumberGenerator {
 public:
  std::string name() const override { return "keymantle"; }
  void clear() override {}
  bool accepts_input() const override { return false; }
  bool is_seeded() const override { return true; }
#if BOTAN_VERSION_MAJOR >= 3

 private:
  void fill_bytes_with_input(std::span<std::uint8_t> out, std::span<const std::uint8_t>) override { fill(out); }
#else
  void randomize(std::uint8_t out[], std::size_t size) override { fill({out, size}); }
  void add_entropy(const std::uint8_t[], std::size_t) override {}

 private:
#endif
  static void fill(Room out) {
    if (!random(out)) throw LibraryFailure("the random generator does not work");
  }
};

/// Of one of the constants above.
ByteView contents(std::string_view oid) { return view(oid.substr(2)); }

/// PrivateKeyInfo as Botan reads it: the value as in ECPrivateKey (RFC 5915), in big-endian order.
WipedBytes botan_document(ByteView value) {
  const WipedBytes octets(value.rbegin(), value.rend());
  der::Writer<WipedBytes> numbers, body, algorithm, inside, whole;
  numbers.small(1);
  numbers.element(der::kOctetString, octets);
  body.element(der::kSequence, numbers);
  algorithm.element(der::kOid, view(kGost3410));
  algorithm.element(der::kOid, contents(kCurveA));
  inside.small(0);
  inside.element(der::kSequence, algorithm);
  inside.element(der::kOctetString, body);
  whole.element(der::kSequence, inside);
  return whole.take();
}

/// Between 0 and the order, both excluded.
bool may_be_private(ByteView value) {
  const WipedBytes octets(value.rbegin(), value.rend());
  const auto number = secret_number_of(octets);
  return !BN_is_zero(number.get()) && BN_cmp(number.get(), number_of(view(kOrder)).get()) < 0;
}

/// Of a value that may be one.
std::shared_ptr<const Botan::Private_Key> private_key(const Secret& value) {
  const auto document = botan_document(value.reveal(SecretAccess::use()));
  Botan::DataSource_Memory source(document.data(), document.size());
  return Botan::PKCS8::load_key(source);
}

/// X || Y, as CKA_VALUE of a public key: what Botan has in an OCTET STRING.
Bytes public_value(const Botan::Public_Key& key) {
  const auto bits = key.public_key_bits();
  const auto value = der::only_element(bits);
  must(value.has_value() && value->tag == der::kOctetString && value->value.size() == kPoint, "a public key in an unknown form");
  return bytes_of(value->value);
}

Bytes info_of(ByteView curve, ByteView value) {
  der::Writer<Bytes> oids, algorithm, key, inside, whole;
  oids.element(der::kOid, contents(text_of(curve)));
  oids.element(der::kOid, contents(kHash));
  algorithm.element(der::kOid, view(kGost3410));
  algorithm.element(der::kSequence, oids);
  key.element(der::kOctetString, value);
  inside.element(der::kSequence, algorithm);
  inside.bits(key.buffer());
  whole.element(der::kSequence, inside);
  return whole.take();
}

Status check_params(const Template& attributes) {
  const auto* curve = find_bytes(attributes, Attr::gostr3410_params);
  const auto* hash = find_bytes(attributes, Attr::gostr3411_params);
  if (curve == nullptr || hash == nullptr)
    return fail(Rv::template_incomplete, "the key needs CKA_GOSTR3410_PARAMS and CKA_GOSTR3411_PARAMS");
  if (!is_gost_curve(*curve)) return fail(Rv::curve_not_supported, "CKA_GOSTR3410_PARAMS does not name CryptoPro's curve A");
  if (!is_gost_hash(*hash)) return fail(Rv::domain_params_invalid, "CKA_GOSTR3411_PARAMS does not name CryptoPro's parameters");
  return Done{};
}

void copy_params(Template& to, const Template& from) {
  for (const auto type : {Attr::gostr3410_params, Attr::gostr3411_params, Attr::gost28147_params})
    if (const auto* params = find_bytes(from, type)) to.push_back(attribute(type, *params));
}

Result<KeyPtr> load_private(const Template& attributes) {
  const auto* value = find_secret(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "the private key needs CKA_VALUE");
  if (value->size() != kGostValue) return fail(Rv::attribute_value_invalid, "CKA_VALUE has not the length of a private key");
  if (!may_be_private(value->reveal(SecretAccess::use())))
    return fail(Rv::attribute_value_invalid, "CKA_VALUE is 0, or not below the order of the curve");
  return KeyPtr(std::make_shared<GostKey>(private_key(*value)));
}

Result<KeyPtr> load_public(const Template& attributes) {
  const auto* value = find_bytes(attributes, Attr::value);
  if (value == nullptr) return fail(Rv::template_incomplete, "the public key needs CKA_VALUE");
  if (value->size() != kPoint) return fail(Rv::attribute_value_invalid, "CKA_VALUE has not the length of a point");
  try {
    std::shared_ptr<const Botan::Public_Key> key(Botan::X509::load_key(info_of(view(kCurveA), *value)));
    OurRandom rng;
    if (key->check_key(rng, true)) return KeyPtr(std::make_shared<GostKey>(std::move(key)));
  } catch (const Botan::Exception&) {
    // A point beside the curve.
  }
  return fail(Rv::attribute_value_invalid, "CKA_VALUE is not a point of the curve");
}

/// What is signed: the caller's digest, or that of what comes.
class GostSigning final : public Operation {
 public:
  GostSigning(KeyPtr key, std::uint64_t mechanism, bool hashes) : key_(std::move(key)), mechanism_(mechanism) {
    const auto& key_of = dynamic_cast<const GostKey&>(*key_);
    if (hashes) hash_ = Botan::HashFunction::create_or_throw(kGostHash);
    if (key_of.private_key() != nullptr) {
      signer_.emplace(*key_of.private_key(), rng_, "Raw");
    } else {
      verifier_.emplace(*key_of.public_key(), "Raw");
    }
  }

  std::uint64_t once_size(std::uint64_t) const override { return kSignature; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return kSignature; }

  Result<std::size_t> once(ByteView in, Room room) override {
    if (room.size() < kSignature) return no_room();
    TRY(update(in, {}));
    return finish(room);
  }
  Result<std::size_t> update(ByteView in, Room) override {
    if (hash_ != nullptr) {
      hash_->update(in.data(), in.size());
    } else {
      kept_.insert(kept_.end(), in.begin(), in.end());
    }
    running_ = true;
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override {
    if (room.size() < kSignature) return no_room();
    const auto digest = TRY(digest_of_all());
    const auto made = signer_->sign_message(digest.data(), digest.size(), rng_);
    must(made.size() == kSignature, "a signature of another length");
    return put(made, room);
  }
  Status verify_once(ByteView data, ByteView signature) override {
    TRY(update(data, {}));
    return verify_finish(signature);
  }
  Status verify_finish(ByteView signature) override {
    const auto digest = TRY(digest_of_all());
    if (signature.size() != kSignature) return fail(Rv::signature_len_range, "the signature has another length");
    if (!verifier_->verify_message(digest.data(), digest.size(), signature.data(), signature.size()))
      return fail(Rv::signature_invalid, "the signature does not fit");
    return Done{};
  }
  Result<bool> restart(const Mechanism& mechanism) override { return mechanism.type == mechanism_ && !running_; }

 private:
  static Error no_room() { return fail(Rv::buffer_too_small, "no room for the signature"); }
  Result<Bytes> digest_of_all() {
    running_ = false;
    if (hash_ != nullptr) {
      Bytes digest(kGostValue);
      hash_->final(digest.data());
      return digest;
    }
    auto digest = std::exchange(kept_, {});
    if (digest.size() != kGostValue) return fail(Rv::data_len_range, "CKM_GOSTR3410 signs a digest of 32 octets");
    return digest;
  }

  KeyPtr key_;
  std::uint64_t mechanism_;
  OurRandom rng_;
  std::unique_ptr<Botan::HashFunction> hash_;
  std::optional<Botan::PK_Signer> signer_;
  std::optional<Botan::PK_Verifier> verifier_;
  Bytes kept_;
  bool running_ = false;
};

}  // namespace

bool has_gost() {
  static const bool there = [] {
    Bytes one(kGostValue);
    one.front() = 1;
    try {
      return Botan::HashFunction::create(kGostHash) != nullptr && public_value(*private_key(Secret::copy_of(one))).size() == kPoint;
    } catch (const Botan::Exception&) {
      return false;
    }
  }();
  return there;
}

bool is_gost_curve(ByteView oid) { return text_of(oid) == kCurveA || text_of(oid) == kCurveXchA; }
bool is_gost_hash(ByteView oid) { return text_of(oid) == kHash; }

Result<KeyPtr> load_gost(const Template& attributes, ObjectClass half) {
  TRY(check_params(attributes));
  return half == ObjectClass::private_key ? load_private(attributes) : load_public(attributes);
}

Result<GeneratedPair> generate_gost(const Template& wanted) {
  TRY(check_params(wanted));
  auto value = random_secret(kGostValue);
  while (!may_be_private(value.reveal(SecretAccess::use()))) value = random_secret(kGostValue);
  GeneratedPair pair;
  pair.public_part.push_back(attribute(Attr::value, public_value(*private_key(value))));
  pair.private_part.push_back(attribute(Attr::value, std::move(value)));
  copy_params(pair.private_part, wanted);
  return pair;
}

Result<Template> gost_public_half(const Template& key) {
  const auto loaded = TRY(load_gost(key, ObjectClass::private_key));
  Template half;
  copy_params(half, key);
  half.push_back(attribute(Attr::value, public_value(*dynamic_cast<const GostKey&>(*loaded).private_key())));
  return half;
}

Bytes gost_info(const Template& key) {
  const auto* curve = find_bytes(key, Attr::gostr3410_params);
  if (curve == nullptr || !is_gost_curve(*curve)) return {};
  if (const auto* value = find_bytes(key, Attr::value)) return info_of(*curve, *value);
  const auto half = gost_public_half(key);
  return half ? info_of(*curve, *find_bytes(*half, Attr::value)) : Bytes{};
}

Made begin_gost_signature(const Beginning& wanted) {
  if (wanted.use != Use::sign && wanted.use != Use::verify) return fail(Rv::mechanism_invalid, "GOST R 34.10 only signs and verifies");
  const auto* key = dynamic_cast<const GostKey*>(wanted.key.get());
  if (key == nullptr) return fail(Rv::key_type_inconsistent, "the mechanism needs a key of another type");
  if ((wanted.use == Use::sign) != (key->private_key() != nullptr))
    return fail(Rv::key_type_inconsistent, "the mechanism needs the other half of the key pair");
  const bool hashes = wanted.mechanism.type == static_cast<std::uint64_t>(Mech::gostr3410_with_gostr3411);
  if (hashes) {
    TRY(check_gost_hash(wanted.mechanism));
  } else if (!std::holds_alternative<std::monostate>(wanted.mechanism.params)) {
    return fail(Rv::mechanism_param_invalid, "CKM_GOSTR3410 takes no parameter");
  }
  return std::unique_ptr<Operation>(std::make_unique<GostSigning>(wanted.key, wanted.mechanism.type, hashes));
}

}  // namespace hsm::crypto
