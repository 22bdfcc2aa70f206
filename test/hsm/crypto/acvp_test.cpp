#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/hsm/crypto/fixtures.h"

// Known answers of NIST (ACVP, prompt and expected results joined), where they are present; see wycheproof_test.cpp.

using namespace hsm;
using namespace test;
namespace json = boost::json;

namespace {

std::filesystem::path vectors() {
  if (const auto* named = std::getenv("KEYMANTLE_VECTORS")) return std::filesystem::path(named) / "acvp";
  return std::filesystem::path(KEYMANTLE_SOURCE_DIR) / ".." / "shared" / "vectors" / "acvp";
}

Bytes octets(const json::object& from, std::string_view name) { return hex(std::string_view(from.at(name).as_string())); }
std::uint64_t number(const json::object& from, std::string_view name) { return from.at(name).to_number<std::uint64_t>(); }
bool is(const json::object& from, std::string_view name, std::string_view value) {
  const auto* found = from.if_contains(name);
  return found != nullptr && found->is_string() && std::string_view(found->as_string()) == value;
}

/// Runs `check(group, test, expected)` over the functional tests of a file; it says whether it could check the test.
template <class Check>
void over(std::string_view name, const Check& check) {
  const auto path = vectors() / (std::string(name) + ".json");
  if (!std::filesystem::exists(path)) {
    BOOST_TEST_MESSAGE("skipped: no " << path);
    BOOST_TEST(true);
    return;
  }
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  std::size_t count = 0;
  const auto document = json::parse(content.str());
  for (const auto& group : document.as_object().at("testGroups").as_array()) {
    if (!is(group.as_object(), "testType", "AFT") && !is(group.as_object(), "testType", "VAL")) continue;
    for (const auto& test : group.as_object().at("tests").as_array()) {
      const auto& one = test.as_object();
      BOOST_TEST_CONTEXT(name << " test " << number(one, "tcId"))
      count += check(group.as_object(), one, one.at("expected").as_object()) ? 1 : 0;
    }
  }
  BOOST_TEST(count > 0u);
  BOOST_TEST_MESSAGE(count << " known answers of " << name);
}

/// A mode both of whose directions take "pt" or "ct" and give the other.
template <class MakeMechanism>
void cipher(std::string_view name, const MakeMechanism& make) {
  over(name, [&](const json::object& group, const json::object& one, const json::object& expected) {
    if (is(group, "kwCipher", "inverse")) return false;
    const bool encrypts = is(group, "direction", "encrypt");
    const auto in = octets(one, encrypts ? "pt" : "ct");
    const auto out = run(encrypts ? Use::encrypt : Use::decrypt, make(one), aes_key(octets(one, "key")), in);
    if (const auto* passed = expected.if_contains("testPassed"); passed != nullptr && !passed->as_bool()) {
      BOOST_TEST(rv_of(out) == Rv::encrypted_data_invalid);
      return true;
    }
    BOOST_TEST(out.value() == octets(expected, encrypts ? "ct" : "pt"));
    return true;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(acvp)

BOOST_AUTO_TEST_CASE(aes_ecb_and_cbc) {
  cipher("ACVP-AES-ECB-1.0", [](const json::object&) { return mechanism(Mech::aes_ecb); });
  cipher("ACVP-AES-CBC-1.0", [](const json::object& one) { return mechanism(Mech::aes_cbc, IvParams{octets(one, "iv")}); });
}

BOOST_AUTO_TEST_CASE(aes_ctr) {
  over("ACVP-AES-CTR-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    const bool encrypts = is(group, "direction", "encrypt");
    const auto* iv = one.if_contains("iv");
    if (iv == nullptr || number(one, "payloadLen") % 8 != 0) return false;
    const auto out = run(encrypts ? Use::encrypt : Use::decrypt, mechanism(Mech::aes_ctr, CtrParams{128, octets(one, "iv")}),
                         aes_key(octets(one, "key")), octets(one, encrypts ? "pt" : "ct"));
    BOOST_TEST(out.value() == octets(expected, encrypts ? "ct" : "pt"));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(aes_gcm) {
  over("ACVP-AES-GCM-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    if (one.if_contains("iv") == nullptr) return false;
    const bool encrypts = is(group, "direction", "encrypt");
    const auto m = mechanism(Mech::aes_gcm, GcmParams{octets(one, "iv"), octets(one, "aad"), number(group, "tagLen")});
    const auto key = aes_key(octets(one, "key"));
    auto sealed = octets(encrypts ? expected : one, "ct");
    const auto tag = octets(encrypts ? expected : one, "tag");
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    if (encrypts) {
      BOOST_TEST(run(Use::encrypt, m, key, octets(one, "pt")).value() == sealed);
      return true;
    }
    const auto plain = run(Use::decrypt, m, key, sealed);
    if (const auto* passed = expected.if_contains("testPassed"); passed != nullptr && !passed->as_bool()) {
      BOOST_TEST(rv_of(plain) == Rv::encrypted_data_invalid);
    } else {
      BOOST_TEST(plain.value() == octets(expected, "pt"));
    }
    return true;
  });
}

BOOST_AUTO_TEST_CASE(aes_key_wrap) {
  cipher("ACVP-AES-KW-1.0", [](const json::object&) { return mechanism(Mech::aes_key_wrap); });
  cipher("ACVP-AES-KWP-1.0", [](const json::object&) { return mechanism(Mech::aes_key_wrap_kwp); });
}

BOOST_AUTO_TEST_CASE(aes_ofb_and_cfb) {
  cipher("ACVP-AES-OFB-1.0", [](const json::object& one) { return mechanism(Mech::aes_ofb, IvParams{octets(one, "iv")}); });
  cipher("ACVP-AES-CFB128-1.0", [](const json::object& one) { return mechanism(Mech::aes_cfb128, IvParams{octets(one, "iv")}); });
}

BOOST_AUTO_TEST_CASE(aes_cmac) {
  over("CMAC-AES-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    const auto length = number(group, "macLen");
    if (length % 8 != 0 || number(group, "msgLen") % 8 != 0) return false;
    const auto m = mechanism(Mech::aes_cmac_general, MacGeneralParams{length / 8});
    const auto key = test::aes_key(octets(one, "key"));
    if (is(group, "direction", "gen")) {
      BOOST_TEST(run(Use::sign, m, key, octets(one, "message")).value() == octets(expected, "mac"));
    } else {
      const auto verdict = crypto::begin(Use::verify, m, key).value()->verify_once(octets(one, "message"), octets(one, "mac"));
      BOOST_TEST(verdict.ok() == expected.at("testPassed").as_bool());
    }
    return true;
  });
}

BOOST_AUTO_TEST_CASE(sha2_and_sha3) {
  for (const auto& [name, id] : {std::pair{"SHA2-256-1.0", Mech::sha256}, {"SHA2-384-1.0", Mech::sha384},
                                 {"SHA2-512-1.0", Mech::sha512}, {"SHA3-256-2.0", Mech::sha3_256}}) {
    over(name, [m = mechanism(id)](const json::object&, const json::object& one, const json::object& expected) {
      if (number(one, "len") % 8 != 0) return false;
      const auto message = number(one, "len") == 0 ? Bytes() : octets(one, "msg");
      BOOST_TEST(run(Use::digest, m, nullptr, message).value() == octets(expected, "md"));
      return true;
    });
  }
}

BOOST_AUTO_TEST_CASE(hmac) {
  for (const auto& [name, id] : {std::pair{"HMAC-SHA-1-2.0", Mech::sha_1_hmac_general},
                                 {"HMAC-SHA2-224-2.0", Mech::sha224_hmac_general},
                                 {"HMAC-SHA2-256-2.0", Mech::sha256_hmac_general},
                                 {"HMAC-SHA2-384-2.0", Mech::sha384_hmac_general},
                                 {"HMAC-SHA2-512-2.0", Mech::sha512_hmac_general},
                                 {"HMAC-SHA2-512-224-2.0", Mech::sha512_224_hmac_general},
                                 {"HMAC-SHA2-512-256-2.0", Mech::sha512_256_hmac_general},
                                 {"HMAC-SHA3-224-2.0", Mech::sha3_224_hmac_general},
                                 {"HMAC-SHA3-256-2.0", Mech::sha3_256_hmac_general},
                                 {"HMAC-SHA3-384-2.0", Mech::sha3_384_hmac_general},
                                 {"HMAC-SHA3-512-2.0", Mech::sha3_512_hmac_general}}) {
    over(name, [general = id](const json::object&, const json::object& one, const json::object& expected) {
      if (number(one, "keyLen") % 8 != 0 || number(one, "msgLen") % 8 != 0 || number(one, "macLen") % 8 != 0) return false;
      const auto m = mechanism(general, MacGeneralParams{number(one, "macLen") / 8});
      const auto key = secret_key(KeyType::generic_secret, octets(one, "key"));
      const auto message = number(one, "msgLen") == 0 ? Bytes() : octets(one, "msg");
      BOOST_TEST(run(Use::sign, m, key, message).value() == octets(expected, "mac"));
      return true;
    });
  }
}

BOOST_AUTO_TEST_CASE(aes_cbc_with_ciphertext_stealing) {
  over("ACVP-AES-CBC-CS1-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    if (number(one, "payloadLen") % 8 != 0) return false;
    const bool encrypts = is(group, "direction", "encrypt");
    const auto out = run(encrypts ? Use::encrypt : Use::decrypt, mechanism(Mech::aes_cts, IvParams{octets(one, "iv")}),
                         test::aes_key(octets(one, "key")), octets(one, encrypts ? "pt" : "ct"));
    BOOST_TEST(out.value() == octets(expected, encrypts ? "ct" : "pt"));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(aes_xts) {
  over("ACVP-AES-XTS-2.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    if (!is(group, "tweakMode", "hex") || number(one, "payloadLen") % 8 != 0 || number(one, "payloadLen") != number(one, "dataUnitLen"))
      return false;
    const bool encrypts = is(group, "direction", "encrypt");
    const auto out = run(encrypts ? Use::encrypt : Use::decrypt, mechanism(Mech::aes_xts, IvParams{octets(one, "tweakValue")}),
                         secret_key(KeyType::aes_xts, octets(one, "key")), octets(one, encrypts ? "pt" : "ct"));
    BOOST_TEST(out.value() == octets(expected, encrypts ? "ct" : "pt"));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(aes_ccm) {
  over("ACVP-AES-CCM-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    const bool encrypts = is(group, "direction", "encrypt");
    const auto m = mechanism(Mech::aes_ccm, CcmParams{number(group, "payloadLen") / 8, octets(one, "iv"), octets(one, "aad"),
                                                      number(group, "tagLen") / 8});
    const auto out =
        run(encrypts ? Use::encrypt : Use::decrypt, m, test::aes_key(octets(one, "key")), octets(one, encrypts ? "pt" : "ct"));
    if (const auto* passed = expected.if_contains("testPassed"); passed != nullptr && !passed->as_bool()) {
      BOOST_TEST(rv_of(out) == Rv::encrypted_data_invalid);
    } else {
      BOOST_TEST(out.value() == octets(expected, encrypts ? "ct" : "pt"));
    }
    return true;
  });
}

BOOST_AUTO_TEST_CASE(aes_gmac) {
  over("ACVP-AES-GMAC-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    if (one.if_contains("iv") == nullptr) return false;
    const auto m = mechanism(Mech::aes_gmac, GcmParams{octets(one, "iv"), {}, number(group, "tagLen")});
    const auto key = test::aes_key(octets(one, "key"));
    if (is(group, "direction", "encrypt")) {
      BOOST_TEST(run(Use::sign, m, key, octets(one, "aad")).value() == octets(expected, "tag"));
    } else {
      BOOST_TEST(verify(m, key, octets(one, "aad"), octets(one, "tag")).ok() == expected.at("testPassed").as_bool());
    }
    return true;
  });
}

BOOST_AUTO_TEST_CASE(eddsa) {
  const auto check = [](const json::object& group, ByteView public_key, const json::object& one, ByteView signature, bool passes) {
    if (group.at("preHash").as_bool() || (one.if_contains("contextLength") != nullptr && number(one, "contextLength") != 0)) return false;
    const auto key = crypto::load_key(attributes(attribute(Attr::object_class, ObjectClass::public_key),
                                                 attribute(Attr::key_type, KeyType::ec_edwards),
                                                 attribute(Attr::ec_params, hex(is(group, "curve", "ED-448") ? "06032b6571" : "06032b6570")),
                                                 attribute(Attr::ec_point, bytes_of(public_key))));
    const bool verifies = key && verify(mechanism(Mech::eddsa), *key, octets(one, "message"), signature).ok();
    BOOST_TEST(verifies == passes);
    return true;
  };
  over("EDDSA-SigVer-1.0", [&](const json::object& group, const json::object& one, const json::object& expected) {
    return check(group, octets(one, "q"), one, octets(one, "signature"), expected.at("testPassed").as_bool());
  });
  over("EDDSA-SigGen-1.0", [&](const json::object& group, const json::object& one, const json::object& expected) {
    return check(group, octets(group.at("expectedGroup").as_object(), "q"), one, octets(expected, "signature"), true);
  });
}

BOOST_AUTO_TEST_CASE(sp800_108_key_derivation) {
  using Type = PrfField::Type;
  struct PrfName {
    std::string_view name;
    Mech id;
  };
  constexpr PrfName kPrfs[] = {
      {"CMAC-AES128", Mech::aes_cmac},       {"CMAC-AES192", Mech::aes_cmac},       {"CMAC-AES256", Mech::aes_cmac},
      {"HMAC-SHA-1", Mech::sha_1_hmac},      {"HMAC-SHA2-224", Mech::sha224_hmac},  {"HMAC-SHA2-256", Mech::sha256_hmac},
      {"HMAC-SHA2-384", Mech::sha384_hmac},  {"HMAC-SHA2-512", Mech::sha512_hmac},  {"HMAC-SHA2-512/224", Mech::sha512_224_hmac},
      {"HMAC-SHA3-224", Mech::sha3_224_hmac}, {"HMAC-SHA3-256", Mech::sha3_256_hmac}, {"HMAC-SHA3-512", Mech::sha3_512_hmac}};
  over("KDF-1.0", [&](const json::object& group, const json::object& one, const json::object& expected) {
    const auto prf = std::ranges::find_if(kPrfs, [&](const PrfName& row) { return is(group, "macMode", row.name); });
    const auto bits = number(group, "keyOutLength");
    if (prf == std::end(kPrfs) || bits % 8 != 0) return false;
    const bool counts = is(group, "kdfMode", "counter");
    const auto id = counts                             ? Mech::sp800_108_counter_kdf
                    : is(group, "kdfMode", "feedback") ? Mech::sp800_108_feedback_kdf
                                                       : Mech::sp800_108_double_pipeline_kdf;
    const auto fixed = octets(expected, "fixedData");
    const auto width = is(group, "counterLocation", "none") ? 0 : number(group, "counterLength");
    const PrfField number_field{counts ? Type::iteration : Type::counter, width, false, false, {}};
    const PrfField data{Type::octets, 0, false, false, fixed};
    std::vector<PrfField> inputs;
    if (is(group, "counterLocation", "before iterator")) inputs.push_back(number_field);
    if (!counts) inputs.push_back({Type::iteration, 0, false, false, {}});
    if (is(group, "counterLocation", "before fixed data")) inputs.push_back(number_field);
    if (is(group, "counterLocation", "middle fixed data")) {
      const auto at = number(expected, "breakLocation");
      if (at % 8 != 0 || at == 0 || at / 8 >= fixed.size()) return false;
      const auto middle = fixed.begin() + static_cast<std::ptrdiff_t>(at / 8);
      inputs.push_back({Type::octets, 0, false, false, Bytes(fixed.begin(), middle)});
      inputs.push_back(number_field);
      inputs.push_back({Type::octets, 0, false, false, Bytes(middle, fixed.end())});
    } else {
      inputs.push_back(data);
    }
    if (is(group, "counterLocation", "after fixed data")) inputs.push_back(number_field);
    const auto key = secret_key(prf->id == Mech::aes_cmac ? KeyType::aes : KeyType::generic_secret, octets(one, "keyIn"));
    const auto iv = one.if_contains("iv") != nullptr ? octets(one, "iv") : Bytes();
    const auto m = mechanism(id, KbkdfParams{static_cast<std::uint64_t>(prf->id), inputs, iv});
    BOOST_TEST(reveal(crypto::derive(m, *key, bits / 8).value()) == octets(expected, "keyOut"));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(pbkdf2) {
  over("PBKDF-1.0", [](const json::object& group, const json::object& one, const json::object& expected) {
    const std::uint64_t prf = is(group, "hmacAlg", "SHA2-224") ? 3 : is(group, "hmacAlg", "SHA2-256") ? 4 : 0;
    if (prf == 0 || number(one, "keyLen") % 8 != 0 || number(one, "iterationCount") > 10000) return false;
    const std::string_view password = one.at("password").as_string();
    const Pbkdf2Params params{octets(one, "salt"), number(one, "iterationCount"), prf,
                              std::make_shared<const Secret>(secret(view(password)))};
    BOOST_TEST(reveal(crypto::derive_from_password(mechanism(Mech::pkcs5_pbkd2, params), number(one, "keyLen") / 8).value()) ==
               octets(expected, "derivedKey"));
    return true;
  });
}

// ---- what only libcrypto 3.5 and later has

bool has(Mech id) { return crypto::available(*find_mechanism(static_cast<std::uint64_t>(id)).value()); }

std::uint64_t parameter_set(const json::object& group) {
  constexpr std::string_view kNames[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
  return 1 + static_cast<std::uint64_t>(std::ranges::find_if(kNames, [&](auto name) { return is(group, "parameterSet", name); }) - kNames);
}

/// The mechanism of a test, or nothing where PKCS#11 has none.
std::optional<Mechanism> ml_dsa_of(const json::object& group, const json::object& one, std::uint64_t hedge) {
  if (!is(group, "signatureInterface", "external")) return {};
  const SignContextParams params{hedge, octets(one, "context"), 0};
  if (is(group, "preHash", "pure")) return mechanism(Mech::ml_dsa, params);
  constexpr std::pair<std::string_view, Mech> kForms[] = {
      {"SHA2-224", Mech::hash_ml_dsa_sha224},   {"SHA2-256", Mech::hash_ml_dsa_sha256},   {"SHA2-384", Mech::hash_ml_dsa_sha384},
      {"SHA2-512", Mech::hash_ml_dsa_sha512},   {"SHA3-224", Mech::hash_ml_dsa_sha3_224}, {"SHA3-256", Mech::hash_ml_dsa_sha3_256},
      {"SHA3-384", Mech::hash_ml_dsa_sha3_384}, {"SHA3-512", Mech::hash_ml_dsa_sha3_512},
      {"SHAKE-128", Mech::hash_ml_dsa_shake128}, {"SHAKE-256", Mech::hash_ml_dsa_shake256}};
  for (const auto& [name, id] : kForms)
    if (is(one, "hashAlg", name)) return mechanism(id, params);
  return {};
}

BOOST_AUTO_TEST_CASE(ml_dsa) {
  if (!has(Mech::ml_dsa)) {
    BOOST_TEST_MESSAGE("skipped: this libcrypto has no ML-DSA");
    return;
  }
  over("ML-DSA-sigVer-FIPS204", [](const json::object& group, const json::object& one, const json::object& expected) {
    const auto m = ml_dsa_of(group, one, 0);
    if (!m) return false;
    const auto key = crypto::load_key(attributes(
        attribute(Attr::object_class, ObjectClass::public_key), attribute(Attr::key_type, KeyType::ml_dsa),
        attribute(Attr::parameter_set, parameter_set(group)), attribute(Attr::value, octets(one, "pk"))));
    BOOST_TEST((key && verify(*m, *key, octets(one, "message"), octets(one, "signature")).ok()) == expected.at("testPassed").as_bool());
    return true;
  });
  over("ML-DSA-sigGen-FIPS204", [](const json::object& group, const json::object& one, const json::object& expected) {
    const auto m = ml_dsa_of(group, one, 2);
    if (!m || !group.at("deterministic").as_bool()) return false;
    const auto key = crypto::load_key(attributes(
        attribute(Attr::object_class, ObjectClass::private_key), attribute(Attr::key_type, KeyType::ml_dsa),
        attribute(Attr::parameter_set, parameter_set(group)), attribute(Attr::value, secret(octets(one, "sk")))));
    BOOST_TEST(run(Use::sign, *m, key.value(), octets(one, "message")).value() == octets(expected, "signature"));
    return true;
  });
  over("ML-DSA-keyGen-FIPS204", [](const json::object& group, const json::object& one, const json::object& expected) {
    const auto half = crypto::public_half(attributes(attribute(Attr::key_type, KeyType::ml_dsa),
                                                     attribute(Attr::parameter_set, parameter_set(group)),
                                                     attribute(Attr::seed, secret(octets(one, "seed")))));
    BOOST_TEST(*find_bytes(half.value(), Attr::value) == octets(expected, "pk"));
    return true;
  });
}

/// Of a group; its names ascend as the numbers of CKP_* do.
template <std::size_t N>
std::uint64_t set_among(const json::object& group, const std::array<std::string_view, N>& names) {
  return 1 + static_cast<std::uint64_t>(std::ranges::find_if(names, [&](auto name) { return is(group, "parameterSet", name); }) - names.begin());
}
std::uint64_t ml_kem_set(const json::object& group) {
  return set_among(group, std::to_array<std::string_view>({"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"}));
}
std::uint64_t slh_dsa_set(const json::object& group) {
  return set_among(group, std::to_array<std::string_view>(
                              {"SLH-DSA-SHA2-128s", "SLH-DSA-SHAKE-128s", "SLH-DSA-SHA2-128f", "SLH-DSA-SHAKE-128f", "SLH-DSA-SHA2-192s",
                               "SLH-DSA-SHAKE-192s", "SLH-DSA-SHA2-192f", "SLH-DSA-SHAKE-192f", "SLH-DSA-SHA2-256s", "SLH-DSA-SHAKE-256s",
                               "SLH-DSA-SHA2-256f", "SLH-DSA-SHAKE-256f"}));
}

BOOST_AUTO_TEST_CASE(ml_kem) {
  if (!has(Mech::ml_kem)) {
    BOOST_TEST_MESSAGE("skipped: this libcrypto has no ML-KEM");
    return;
  }
  over("ML-KEM-keyGen-FIPS203", [](const json::object& group, const json::object& one, const json::object& expected) {
    auto seed = octets(one, "d");
    const auto z = octets(one, "z");
    seed.insert(seed.end(), z.begin(), z.end());
    const auto half = crypto::public_half(attributes(attribute(Attr::key_type, KeyType::ml_kem),
                                                     attribute(Attr::parameter_set, ml_kem_set(group)), attribute(Attr::seed, secret(seed))));
    BOOST_TEST(*find_bytes(half.value(), Attr::value) == octets(expected, "ek"));
    return true;
  });
  over("ML-KEM-encapDecap-FIPS203", [](const json::object& group, const json::object& one, const json::object& expected) {
    if (is(group, "function", "encapsulation")) return false;  // needs the randomness
    const bool of_public = is(group, "function", "encapsulationKeyCheck");
    const auto key = crypto::load_key(attributes(
        attribute(Attr::object_class, of_public ? ObjectClass::public_key : ObjectClass::private_key),
        attribute(Attr::key_type, KeyType::ml_kem), attribute(Attr::parameter_set, ml_kem_set(group)),
        of_public ? attribute(Attr::value, octets(one, "ek")) : attribute(Attr::value, secret(octets(one, "dk")))));
    if (!is(group, "function", "decapsulation")) {
      BOOST_TEST(key.ok() == expected.at("testPassed").as_bool());
      return true;
    }
    const auto shared = crypto::decapsulate(mechanism(Mech::ml_kem), *key.value(), octets(one, "c"), 32);
    BOOST_TEST(reveal(shared.value()) == octets(expected, "k"));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(slh_dsa_keys) {
  if (!has(Mech::slh_dsa)) {
    BOOST_TEST_MESSAGE("skipped: this libcrypto has no SLH-DSA");
    return;
  }
  over("SLH-DSA-keyGen-FIPS205", [](const json::object& group, const json::object&, const json::object& expected) {
    const auto half = crypto::public_half(attributes(attribute(Attr::key_type, KeyType::slh_dsa),
                                                     attribute(Attr::parameter_set, slh_dsa_set(group)),
                                                     attribute(Attr::value, secret(octets(expected, "sk")))));
    BOOST_TEST(*find_bytes(half.value(), Attr::value) == octets(expected, "pk"));
    return true;
  });
}

BOOST_AUTO_TEST_SUITE_END()
