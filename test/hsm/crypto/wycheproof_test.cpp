#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/hsm/crypto/fixtures.h"

// Other people's numbers: the Wycheproof vectors (C2SP/wycheproof, testvectors_v1), where they are present: in the folder that
// KEYMANTLE_VECTORS names, or in shared/vectors beside the checkout.

using namespace hsm;
using namespace test;
namespace json = boost::json;

namespace {

std::filesystem::path vectors() {
  if (const auto* named = std::getenv("KEYMANTLE_VECTORS")) return std::filesystem::path(named) / "wycheproof";
  return std::filesystem::path(KEYMANTLE_SOURCE_DIR) / ".." / "shared" / "vectors" / "wycheproof";
}

std::string_view text(const json::object& from, std::string_view name) { return from.at(name).as_string(); }
Bytes octets(const json::object& from, std::string_view name) { return hex(text(from, name)); }
std::uint64_t number(const json::object& from, std::string_view name) { return from.at(name).to_number<std::uint64_t>(); }

/// Without the sign octets that ASN.1 puts before.
Bytes natural(const json::object& from, std::string_view name) {
  auto value = octets(from, name);
  value.erase(value.begin(), std::ranges::find_if(value, [](std::uint8_t octet) { return octet != 0; }));
  return value;
}

/// Runs `check(group, test)` over all tests of all files whose name begins and ends so; check says whether what it did was
/// valid. "acceptable" may be either.
template <class Check>
void over(std::string_view begins, std::string_view ends, const Check& check) {
  if (!std::filesystem::is_directory(vectors())) {
    BOOST_TEST_MESSAGE("skipped: no Wycheproof vectors in " << vectors());
    BOOST_TEST(true);
    return;
  }
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(vectors())) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(begins) || !name.ends_with(ends)) continue;
    std::ifstream file(entry.path());
    std::stringstream content;
    content << file.rdbuf();
    const auto document = json::parse(content.str());
    for (const auto& group : document.as_object().at("testGroups").as_array()) {
      for (const auto& test : group.as_object().at("tests").as_array()) {
        const auto& one = test.as_object();
        const auto expected = text(one, "result");
        const std::optional<bool> valid = check(group.as_object(), one);
        if (!valid) continue;  // says something that PKCS#11 cannot say
        ++count;
        if (expected == "acceptable") continue;
        BOOST_TEST(*valid == (expected == "valid"),
                   name << " test " << number(one, "tcId") << ": " << text(one, "comment") << " is " << expected);
      }
    }
  }
  BOOST_TEST(count > 0u);
  BOOST_TEST_MESSAGE(count << " vectors of " << begins << "..." << ends);
}

struct HashNames {
  std::string_view name;
  Mech digest, hmac_general, rsa_pkcs, rsa_pss, ecdsa;
  Mgf mgf;
};
constexpr Mech kNone{~std::uint64_t{0}};
constexpr HashNames kHashNames[] = {
    {"SHA-1", Mech::sha_1, Mech::sha_1_hmac_general, Mech::sha1_rsa_pkcs, Mech::sha1_rsa_pkcs_pss, Mech::ecdsa_sha1, Mgf::sha1},
    {"SHA-224", Mech::sha224, Mech::sha224_hmac_general, Mech::sha224_rsa_pkcs, Mech::sha224_rsa_pkcs_pss, Mech::ecdsa_sha224,
     Mgf::sha224},
    {"SHA-256", Mech::sha256, Mech::sha256_hmac_general, Mech::sha256_rsa_pkcs, Mech::sha256_rsa_pkcs_pss, Mech::ecdsa_sha256,
     Mgf::sha256},
    {"SHA-384", Mech::sha384, Mech::sha384_hmac_general, Mech::sha384_rsa_pkcs, Mech::sha384_rsa_pkcs_pss, Mech::ecdsa_sha384,
     Mgf::sha384},
    {"SHA-512", Mech::sha512, Mech::sha512_hmac_general, Mech::sha512_rsa_pkcs, Mech::sha512_rsa_pkcs_pss, Mech::ecdsa_sha512,
     Mgf::sha512},
    {"SHA3-224", Mech::sha3_224, Mech::sha3_224_hmac_general, Mech::sha3_224_rsa_pkcs, Mech::sha3_224_rsa_pkcs_pss,
     Mech::ecdsa_sha3_224, Mgf::sha3_224},
    {"SHA3-256", Mech::sha3_256, Mech::sha3_256_hmac_general, Mech::sha3_256_rsa_pkcs, Mech::sha3_256_rsa_pkcs_pss,
     Mech::ecdsa_sha3_256, Mgf::sha3_256},
    {"SHA3-384", Mech::sha3_384, Mech::sha3_384_hmac_general, Mech::sha3_384_rsa_pkcs, Mech::sha3_384_rsa_pkcs_pss,
     Mech::ecdsa_sha3_384, Mgf::sha3_384},
    {"SHA3-512", Mech::sha3_512, Mech::sha3_512_hmac_general, Mech::sha3_512_rsa_pkcs, Mech::sha3_512_rsa_pkcs_pss,
     Mech::ecdsa_sha3_512, Mgf::sha3_512},
    {"SHA-512/224", Mech::sha512_224, Mech::sha512_224_hmac_general, kNone, kNone, kNone, Mgf::none},
    {"SHA-512/256", Mech::sha512_256, Mech::sha512_256_hmac_general, kNone, kNone, kNone, Mgf::none},
};
const HashNames* hash_named(std::string_view name) {
  const auto it = std::ranges::find(kHashNames, name, &HashNames::name);
  return it == std::end(kHashNames) ? nullptr : &*it;
}

std::uint64_t to_number(Mech id) { return static_cast<std::uint64_t>(id); }
std::uint64_t to_number(Mgf id) { return static_cast<std::uint64_t>(id); }

crypto::KeyPtr rsa_private(const json::object& group) {
  const auto& key = group.at("privateKey").as_object();
  auto made = attributes(attribute(Attr::object_class, ObjectClass::private_key), attribute(Attr::key_type, KeyType::rsa),
                         attribute(Attr::modulus, natural(key, "modulus")),
                         attribute(Attr::public_exponent, natural(key, "publicExponent")),
                         attribute(Attr::private_exponent, secret(natural(key, "privateExponent"))));
  // Keys of three primes are used by n, e and d: PKCS#11 has no place for the third.
  if (key.contains("prime1") && !key.contains("otherPrimeInfos")) {
    for (const auto& [type, name] : {std::pair{Attr::prime_1, "prime1"}, {Attr::prime_2, "prime2"}, {Attr::exponent_1, "exponent1"},
                                     {Attr::exponent_2, "exponent2"}, {Attr::coefficient, "coefficient"}})
      made.push_back(attribute(type, secret(natural(key, name))));
  }
  return crypto::load_key(made).value();
}
crypto::KeyPtr rsa_public(const json::object& group) {
  const auto& key = group.at("publicKey").as_object();
  return crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::public_key),
                                     attribute(Attr::key_type, KeyType::rsa),
                                     attribute(Attr::modulus, natural(key, "modulus")),
                                     attribute(Attr::public_exponent, natural(key, "publicExponent"))))
      .value();
}
std::optional<Bytes> curve_params(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kCurves[] = {
      {"secp224r1", "06052b81040021"},           {"secp256r1", "06082a8648ce3d030107"},
      {"secp384r1", "06052b81040022"},           {"secp521r1", "06052b81040023"},
      {"secp256k1", "06052b8104000a"},           {"brainpoolP224r1", "06092b2403030208010105"},
      {"brainpoolP256r1", "06092b2403030208010107"}, {"brainpoolP320r1", "06092b2403030208010109"},
      {"brainpoolP384r1", "06092b240303020801010b"}, {"brainpoolP512r1", "06092b240303020801010d"}};
  for (const auto& [known, params] : kCurves)
    if (known == name) return hex(params);
  return {};
}

/// Both directions of a cipher: valid when the ciphertext decrypts to the message, and the message encrypts to it.
bool both_ways(const Mechanism& m, const crypto::KeyPtr& key, const Bytes& message, const Bytes& cipher) {
  const auto plain = run(Use::decrypt, m, key, cipher);
  if (!plain) return false;
  BOOST_TEST(run(Use::encrypt, m, key, message).value() == cipher);
  return *plain == message;
}

std::optional<bool> pss_verifies(const json::object& group, const json::object& one) {
  const auto* hash = hash_named(text(group, "sha"));
  const auto* mgf = hash_named(text(group, "mgfSha"));
  if (hash == nullptr || mgf == nullptr || mgf->mgf == Mgf::none) return {};
  const PssParams params{to_number(hash->digest), to_number(mgf->mgf), number(group, "sLen")};
  if (hash->rsa_pss != kNone)
    return verify(mechanism(hash->rsa_pss, params), rsa_public(group), octets(one, "msg"), octets(one, "sig")).ok();
  const auto digest = run(Use::digest, mechanism(hash->digest), nullptr, octets(one, "msg")).value();
  return verify(mechanism(Mech::rsa_pkcs_pss, params), rsa_public(group), digest, octets(one, "sig")).ok();
}

std::optional<bool> agrees(const json::object& group, const json::object& one) {
  const auto params = curve_params(text(group, "curve"));
  if (!params) return {};
  auto scalar = natural(one, "private");
  const auto key = crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::private_key),
                                               attribute(Attr::key_type, KeyType::ec), attribute(Attr::ec_params, *params),
                                               attribute(Attr::value, secret(scalar))));
  if (!key) return false;
  auto point = octets(one, "public");
  const Ecdh1Params ecdh{static_cast<std::uint64_t>(Kdf::null), {}, std::move(point)};
  const auto shared = crypto::derive(mechanism(Mech::ecdh1_derive, ecdh), **key, 0);
  return shared.ok() && reveal(*shared) == octets(one, "shared");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wycheproof)

BOOST_AUTO_TEST_CASE(aes_gcm) {
  over("aes_gcm_test", ".json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto iv = octets(one, "iv");
    const auto m = mechanism(Mech::aes_gcm, GcmParams{iv, octets(one, "aad"), number(group, "tagSize")});
    const auto key = aes_key(octets(one, "key"));
    if (iv.size() > 128) {  // beyond libcrypto's limit: refused, never wrong
      BOOST_TEST(rv_of(crypto::begin(Use::encrypt, m, key)) == Rv::mechanism_param_invalid);
      return {};
    }
    if (!crypto::begin(Use::encrypt, m, key)) return false;
    auto cipher = octets(one, "ct");
    const auto tag = octets(one, "tag");
    cipher.insert(cipher.end(), tag.begin(), tag.end());
    return both_ways(m, key, octets(one, "msg"), cipher);
  });
}

BOOST_AUTO_TEST_CASE(aes_cbc_with_padding) {
  over("aes_cbc_pkcs5_test", ".json", [](const json::object&, const json::object& one) -> std::optional<bool> {
    return both_ways(mechanism(Mech::aes_cbc_pad, IvParams{octets(one, "iv")}), aes_key(octets(one, "key")), octets(one, "msg"),
                     octets(one, "ct"));
  });
}

BOOST_AUTO_TEST_CASE(aes_key_wrap) {
  for (const auto& [file, id] : {std::pair{"aes_wrap_test", Mech::aes_key_wrap}, {"aes_kwp_test", Mech::aes_key_wrap_kwp},
                                 {"aes_kwp_test", Mech::aes_key_wrap_pad}}) {
    over(file, ".json", [m = mechanism(id)](const json::object&, const json::object& one) -> std::optional<bool> {
      return both_ways(m, aes_key(octets(one, "key")), octets(one, "msg"), octets(one, "ct"));
    });
  }
}

BOOST_AUTO_TEST_CASE(hmac) {
  for (const auto& [file, name] : {std::pair{"hmac_sha1_test", "SHA-1"}, {"hmac_sha224_test", "SHA-224"},
                                   {"hmac_sha256_test", "SHA-256"}, {"hmac_sha384_test", "SHA-384"},
                                   {"hmac_sha512_test", "SHA-512"}, {"hmac_sha512_224_test", "SHA-512/224"},
                                   {"hmac_sha512_256_test", "SHA-512/256"}, {"hmac_sha3_224_test", "SHA3-224"},
                                   {"hmac_sha3_256_test", "SHA3-256"}, {"hmac_sha3_384_test", "SHA3-384"},
                                   {"hmac_sha3_512_test", "SHA3-512"}}) {
    if (!std::filesystem::exists(vectors() / (std::string(file) + ".json"))) continue;
    over(file, ".json", [hash = hash_named(name)](const json::object& group, const json::object& one) -> std::optional<bool> {
      const auto m = mechanism(hash->hmac_general, MacGeneralParams{number(group, "tagSize") / 8});
      const auto key = secret_key(KeyType::generic_secret, octets(one, "key"));
      const bool valid = verify(m, key, octets(one, "msg"), octets(one, "tag")).ok();
      if (valid) BOOST_TEST(run(Use::sign, m, key, octets(one, "msg")).value() == octets(one, "tag"));
      return valid;
    });
  }
}

BOOST_AUTO_TEST_CASE(aes_cmac) {
  over("aes_cmac_test", ".json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto size = octets(one, "key").size();
    if (size != 16 && size != 24 && size != 32) return {};
    const auto m = mechanism(Mech::aes_cmac_general, MacGeneralParams{number(group, "tagSize") / 8});
    return verify(m, aes_key(octets(one, "key")), octets(one, "msg"), octets(one, "tag")).ok();
  });
}

BOOST_AUTO_TEST_CASE(rsa_oaep) {
  over("rsa_", ".json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    if (text(group, "type") != "RsaesOaepDecrypt") return {};
    const auto* hash = hash_named(text(group, "sha"));
    const auto* mgf = hash_named(text(group, "mgfSha"));
    if (hash == nullptr || mgf == nullptr || mgf->mgf == Mgf::none) return {};
    const auto m = mechanism(Mech::rsa_pkcs_oaep, OaepParams{to_number(hash->digest), to_number(mgf->mgf), 1, octets(one, "label")});
    const auto plain = run(Use::decrypt, m, rsa_private(group), octets(one, "ct"));
    return plain.ok() && *plain == octets(one, "msg");
  });
}

BOOST_AUTO_TEST_CASE(rsa_pkcs1_decryption) {
  over("rsa_pkcs1_", "_test.json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    if (text(group, "type") != "RsaesPkcs1Decrypt") return {};
    const auto cipher = octets(one, "ct");
    const auto plain = run(Use::decrypt, mechanism(Mech::rsa_pkcs), rsa_private(group), cipher);
    if (text(one, "result") != "invalid") return plain.ok() && *plain == octets(one, "msg");
    // Bad padding is not told: the answer is a message, and not the one that a careless reader would find.
    if (cipher.size() == number(group, "keySize") / 8 && !plain) BOOST_TEST(plain.error().rv == Rv::encrypted_data_invalid);
    return plain.ok() && !plain->empty() && *plain == octets(one, "msg");
  });
}

BOOST_AUTO_TEST_CASE(rsa_pkcs1_signatures) {
  over("rsa_pkcs1_", "_sig_gen_test.json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto* hash = hash_named(text(group, "sha"));
    if (hash == nullptr || hash->rsa_pkcs == kNone) return {};
    const auto signature = run(Use::sign, mechanism(hash->rsa_pkcs), rsa_private(group), octets(one, "msg"));
    return signature.ok() && *signature == octets(one, "sig");
  });
  over("rsa_signature_", "_test.json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto* hash = hash_named(text(group, "sha"));
    if (hash == nullptr || hash->rsa_pkcs == kNone) return {};
    return verify(mechanism(hash->rsa_pkcs), rsa_public(group), octets(one, "msg"), octets(one, "sig")).ok();
  });
}

BOOST_AUTO_TEST_CASE(rsa_pss) { over("rsa_pss_", "_test.json", pss_verifies); }

BOOST_AUTO_TEST_CASE(ecdsa) {
  over("ecdsa_", "_p1363_test.json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto& key = group.at("publicKey").as_object();
    const auto params = curve_params(text(key, "curve"));
    const auto* hash = hash_named(text(group, "sha"));
    if (!params || hash == nullptr) return {};
    const auto loaded = crypto::load_key(attributes(
        attribute(Attr::object_class, ObjectClass::public_key), attribute(Attr::key_type, KeyType::ec),
        attribute(Attr::ec_params, *params), attribute(Attr::ec_point, octets(key, "uncompressed"))));
    return verify(mechanism(hash->ecdsa), loaded.value(), octets(one, "msg"), octets(one, "sig")).ok();
  });
}

BOOST_AUTO_TEST_CASE(ecdh) { over("ecdh_", "_ecpoint_test.json", agrees); }

BOOST_AUTO_TEST_CASE(chacha20_poly1305) {
  over("chacha20_poly1305_", "test.json", [](const json::object&, const json::object& one) -> std::optional<bool> {
    const auto m = mechanism(Mech::chacha20_poly1305, AeadParams{octets(one, "iv"), octets(one, "aad")});
    const auto key = secret_key(KeyType::chacha20, octets(one, "key"));
    auto sealed = octets(one, "ct");
    const auto tag = octets(one, "tag");
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    const auto opened = run(Use::decrypt, m, key, sealed);
    if (opened && text(one, "result") == "valid") BOOST_TEST(run(Use::encrypt, m, key, octets(one, "msg")).value() == sealed);
    return opened && *opened == octets(one, "msg");
  });
}

BOOST_AUTO_TEST_CASE(ed25519) {
  over("ed25519_", "test.json", [](const json::object& group, const json::object& one) -> std::optional<bool> {
    const auto key = crypto::load_key(attributes(
        attribute(Attr::object_class, ObjectClass::public_key), attribute(Attr::key_type, KeyType::ec_edwards),
        attribute(Attr::ec_params, hex("06032b6570")), attribute(Attr::ec_point, octets(group.at("publicKey").as_object(), "pk"))));
    return key && verify(mechanism(Mech::eddsa), *key, octets(one, "msg"), octets(one, "sig")).ok();
  });
}

BOOST_AUTO_TEST_CASE(x448) {
  over("x448_", "test.json", [](const json::object&, const json::object& one) -> std::optional<bool> {
    if (octets(one, "public").size() != 56) return {};
    const auto key = crypto::load_key(attributes(
        attribute(Attr::object_class, ObjectClass::private_key), attribute(Attr::key_type, KeyType::ec_montgomery),
        attribute(Attr::ec_params, hex("06032b656f")), attribute(Attr::value, secret(octets(one, "private")))));
    const auto shared = crypto::derive(mechanism(Mech::ecdh1_derive, Ecdh1Params{1, {}, octets(one, "public")}), **key, 0);
    return shared && reveal(*shared) == octets(one, "shared");
  });
}

BOOST_AUTO_TEST_CASE(hkdf) {
  for (const auto& row : kHashNames) {
    std::string name(row.name);
    std::erase(name, '-');
    if (name != "SHA1" && name != "SHA384" && name != "SHA512") continue;
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    over("hkdf_" + name + "_", "test.json", [&](const json::object&, const json::object& one) -> std::optional<bool> {
      const auto salt = octets(one, "salt");
      const HkdfParams params{true, true, static_cast<std::uint64_t>(row.digest), salt.empty() ? 1u : 2u, salt, 0, octets(one, "info")};
      const auto derived = crypto::derive(mechanism(Mech::hkdf_derive, params),
                                          *secret_key(KeyType::hkdf, octets(one, "ikm")), number(one, "size"));
      return derived && reveal(*derived) == octets(one, "okm");
    });
  }
}

BOOST_AUTO_TEST_CASE(pbkdf2) {
  constexpr std::pair<std::string_view, std::uint64_t> kPrfs[] = {{"sha1", 1}, {"sha224", 3}, {"sha384", 5}, {"sha512", 6}};
  for (const auto& [hash, prf] : kPrfs) {
    over("pbkdf2_hmac" + std::string(hash) + "_", "test.json", [&](const json::object&, const json::object& one) -> std::optional<bool> {
      if (number(one, "iterationCount") > 10000) return {};
      const Pbkdf2Params params{octets(one, "salt"), number(one, "iterationCount"), prf,
                                std::make_shared<const Secret>(secret(octets(one, "password")))};
      const auto derived = crypto::derive_from_password(mechanism(Mech::pkcs5_pbkd2, params), number(one, "dkLen"));
      return derived && reveal(*derived) == octets(one, "dk");
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
