// docs/mechanisms.md out of the mechanism table: prints it, or with a file's name compares the two.
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "hsm/model/mechanism.h"

namespace {

using hsm::MechanismRow;

/// Which peers have a family, of what was read in their sources: SoftHSM2 2.6.1, SoftHSM2's main branch, Kryoptic, openCryptoki's soft
/// token, wolfPKCS11, Google's kmsp11. `ours` is a part of the name after CKM_; the first row that fits counts.
struct Family {
  std::string_view ours;
  std::string_view peers;
};
constexpr auto kFamilies = std::to_array<Family>({
    {"HOTP", "  x   "},          {"CAMELLIA", "      "},      {"ARIA", "      "},         {"BLAKE2B", "      "},      {"IKE", "      "},
    {"MD5_RSA", "xx x  "},       {"MD5_HMAC_GENERAL", "   x  "}, {"MD5_KEY_DERIVATION", "      "}, {"MD5", "xx x  "},
    {"PBE_SHA1", "      "},      {"PBA_SHA1", "      "},     {"SSH_KDF", "  x   "},      {"SEED", "      "},
    {"DES_OFB64", "   x  "},     {"DES_CFB", "   x  "},      {"DES_MAC", "      "},      {"DES2", "xx    "},
    {"DES_ECB_ENCRYPT", "xx    "}, {"DES_CBC_ENCRYPT", "xx    "}, {"DES_", "xx x  "},
    {"DES3_MAC", "   x  "},      {"DES3_CMAC_GENERAL", "   x  "}, {"DES3_ECB_ENCRYPT", "xx    "}, {"DES3_CBC_ENCRYPT", "xx    "},
    {"DES3", "xx x  "},          {"TLS12_MASTER_KEY", "  x x "},
    {"TLS12_KEY_AND_MAC", "  x x "}, {"TLS_MAC", "  x x "}, {"TLS", "  x   "},
    {"AES_KEY_WRAP_PKCS7", "   x  "},
    {"HASH_ML_DSA_SHAKE", "   x  "},  {"HASH_ML_DSA_", "  xx  "},  {"HASH_ML_DSA", "  xxx "},  {"ML_DSA", " xxxx "},       {"SLH_DSA", "  x   "},
    {"ML_KEM", "  xxx "},        {"DSA_SHA3", "      "},     {"ECDSA_SHA3", "  xx  "},   {"ECDSA_SHA1", " xxxx "},
    {"ECDSA_SHA224", " xxxx "},  {"ECDSA_SHA256", " xxxxx"}, {"ECDSA_SHA384", " xxxxx"}, {"ECDSA_SHA512", " xxxx "},
    {"ECDSA", "xxxxxx"},         {"EDDSA", "xxxx  "},        {"EC_EDWARDS", "xxxx  "},   {"EC_MONTGOMERY", "  xx  "},
    {"EC_KEY_PAIR_GEN_W", "      "}, {"EC_KEY_PAIR_GEN", "xxxxxx"}, {"ECDH1_COFACTOR", "  xx  "},
    {"ECDH1_DERIVE", "xxxxx "},  {"ECDH_", "   x  "},        {"RSA_AES_KEY_WRAP", " x x  "},
    {"SHA3_224_RSA", "  xx  "},  {"SHA3_256_RSA", "  xx  "}, {"SHA3_384_RSA", "  xx  "}, {"SHA3_512_RSA", "  xx  "},
    {"SHA256_RSA", "xxxxxx"},    {"SHA512_RSA", "xxxxxx"},   {"_RSA_PKCS", "xxxxx "},    {"RSA_PKCS_PSS", "xxxxxx"},
    {"RSA_PKCS_OAEP", "xxxxxx"}, {"RSA_X_509", "xxxxx "},    {"RSA_PKCS", "xxxxxx"},
    {"AES_CCM", "  x x "},       {"AES_CTS", "  x x "},      {"AES_XTS", "   x  "},      {"AES_OFB", "  xx  "},
    {"AES_CFB", "  xx  "},       {"AES_CMAC_GENERAL", "  xxx "}, {"AES_CMAC", "xxxxx "}, {"AES_MAC", "  xx  "},
    {"AES_GMAC", "      "},      {"AES_XCBC", "      "},     {"AES_KEY_WRAP_KWP", "  xx  "}, {"AES_KEY_WRAP_PAD", "xx xx "},
    {"AES_KEY_WRAP", "xxxxx "},  {"AES_ECB_ENCRYPT", "xxx   "}, {"AES_CBC_ENCRYPT", "xxx x "}, {"AES_ECB", "xxxxx "},
    {"AES_CBC", "xxxxxx"},       {"AES_CTR", "xxxxxx"},      {"AES_GCM", "xxxxx "},      {"AES_KEY_GEN", "xxxxxx"},
    {"SHA3_", "  xxx "},         {"SHA512_224", "  xx  "},   {"SHA512_256", "  xx  "},   {"_KEY_DERIVATION", "  xx  "},
    {"_HMAC_GENERAL", "  xx  "}, {"_HMAC", "xxxxxx"},        {"GENERIC_SECRET", "xxxxxx"}, {"CONCATENATE", " xx   "},
    {"XOR_BASE", "  x   "},      {"EXTRACT_KEY", "  x   "},  {"PUB_KEY_FROM", "  xx  "}, {"HKDF", "  x x "},
    {"SP800_108", "  x   "},     {"PKCS5_PBKD2", "  x x "},  {"CHACHA20", "      "},     {"POLY1305", "      "},
    {"DH_PKCS", "xxxxx "},       {"DSA", "xx x  "},          {"SHA_1_KEY_GEN", "  xx  "}, {"SHA224_KEY_GEN", "  xx  "},
    {"SHA256_KEY_GEN", "  xx  "}, {"SHA384_KEY_GEN", "  xx  "}, {"SHA512_KEY_GEN", "  xx  "}, {"SHA", "xxxxx "},
});

std::string_view peers_of(std::string_view name) {
  // Hash-named rows of SHA-3 and the truncated SHA-512 are families of their own; key derivation and generation come before them.
  for (const std::string_view first : {"_KEY_DERIVATION", "_KEY_GEN"})
    if (name.starts_with("CKM_SHA") && name.ends_with(first)) return "  xx  ";
  for (const auto& family : kFamilies)
    if (name.find(family.ours) != std::string_view::npos) return family.peers;
  return "      ";
}

std::string uses_of(const MechanismRow& row) {
  constexpr std::pair<std::uint32_t, const char*> kNames[] = {
      {hsm::uses_encrypt, "encrypt"}, {hsm::uses_digest, "digest"}, {hsm::uses_sign, "sign"}, {hsm::uses_sign_recover, "recover"},
      {hsm::uses_generate, "generate"}, {hsm::uses_generate_pair, "generate pair"}, {hsm::uses_wrap, "wrap"}, {hsm::uses_derive, "derive"}};
  std::string text;
  for (const auto& [bit, name] : kNames)
    if ((row.uses & bit) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::string sizes_of(const MechanismRow& row) {
  if (!row.keyed) return "";
  const auto unit = row.size.unit == hsm::Unit::bits ? " bits" : " octets";
  if (row.size.least == row.size.most) return std::to_string(row.size.least) + unit;
  return std::to_string(row.size.least) + "–" + std::to_string(row.size.most) + unit;
}

std::string page() {
  std::ostringstream out;
  const auto all = hsm::all_mechanisms();
  out << "# Mechanisms\n\n"
         "Made from the table in `hsm/model/mechanism.cpp` (`build/release/test/mechanisms_page > docs/mechanisms.md`; a test compares\n"
         "the two). " << all.size() << " mechanisms; those of ML-KEM, ML-DSA and SLH-DSA appear where libcrypto has them (3.5 and later),\n"
         "those of SEED where Botan was built with it, all others everywhere. A mechanism that is listed can be begun, one that is not is refused: a test walks the list.\n\n"
         "A size in the column *key* is what `C_GetMechanismInfo` tells. A dot in a peer's column: found in its sources (SoftHSM2 2.6.1;\n"
         "SoftHSM2 main of May 2026; Kryoptic 1.5; openCryptoki's soft token 3.27; wolfPKCS11 2.1; Google's kmsp11 1.9).\n\n"
         "Left out on purpose: SSL 3, and TLS before 1.2, whose PRF is half MD5 (RFC 7568 and 8996 forbid both); MD2, RC2, RC4, RC5, IDEA and CAST,\n"
         "which nobody needs to read anything; GOST, whose older forms (R 34.11-94, R 34.10-2001) Russia itself withdrew, and which the default\n"
         "provider of libcrypto lacks; SHA-512/t and the shorter BLAKE2b,\n"
         "which libcrypto 3.0 has in one length each. A strict token does not list what docs/policy.md names there, Triple DES only to decrypt,\n"
         "verify and unwrap.\n\n"
         "| mechanism | use | key | parts | SoftHSM2 | main | Kryoptic | openCryptoki | wolfPKCS11 | kmsp11 |\n"
         "|---|---|---|:-:|:-:|:-:|:-:|:-:|:-:|:-:|\n";
  for (const auto& row : all) {
    out << "| " << row.name << " | " << uses_of(row) << " | " << sizes_of(row) << " | " << (row.multipart ? "many" : "one");
    for (const char has : peers_of(row.name)) out << " | " << (has == 'x' ? "•" : "");
    out << " |\n";
  }
  return out.str();
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) {
    std::cout << page();
    return 0;
  }
  std::ifstream file(arguments[1]);
  std::stringstream content;
  content << file.rdbuf();
  if (content.str() == page()) return 0;
  std::cerr << arguments[1] << " is not what the mechanism table says: run mechanisms_page > " << arguments[1] << '\n';
  return 1;
}
