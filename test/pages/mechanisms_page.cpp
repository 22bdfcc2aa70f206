// docs/mechanisms.md out of the mechanism table and peers.txt: prints it, or with a file's name compares the two.
#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "hsm/model/mechanism.h"

namespace {

using hsm::MechanismRow;

/// peers.txt: which peers have a mechanism, by its name.
using Peers = std::map<std::string, std::string, std::less<>>;
constexpr std::size_t kPeers = 7;

Peers read_peers(const char* path) {
  Peers peers;
  std::ifstream file(path);
  for (std::string name, has; file >> name;) {
    if (name.starts_with('#')) {
      std::getline(file, name);
    } else if (file >> has && has.size() == kPeers) {
      peers[name] = has;
    } else {
      throw std::runtime_error(name + " has no column for each peer");
    }
  }
  if (peers.empty()) throw std::runtime_error(std::string(path) + " cannot be read");
  return peers;
}

void print_columns(std::ostream& out, std::string_view has) {
  for (const char one : has) out << " | " << (one == 'x' ? "•" : "");
  out << " |\n";
}

std::string uses_of(const MechanismRow& row) {
  constexpr std::pair<std::uint32_t, const char*> kNames[] = {
      {hsm::uses_encrypt, "encrypt"}, {hsm::uses_digest, "digest"}, {hsm::uses_sign, "sign"}, {hsm::uses_sign_recover, "recover"},
      {hsm::uses_generate, "generate"}, {hsm::uses_generate_pair, "generate pair"}, {hsm::uses_wrap, "wrap"}, {hsm::uses_derive, "derive"},
      {hsm::uses_encapsulate, "encapsulate"}};
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

std::string page(const Peers& peers) {
  std::ostringstream out;
  const auto all = hsm::all_mechanisms();
  out << "# Mechanisms\n\n"
         "Made from the table in `hsm/model/mechanism.cpp` (`build/release/test/mechanisms_page test/pages/peers.txt >\n"
         "docs/mechanisms.md`; a test compares the two). " << all.size() << " mechanisms; those of ML-KEM, ML-DSA and SLH-DSA appear where libcrypto has them (3.5 and later),\n"
         "those of SEED and GOST where Botan was built with them, all others everywhere. A mechanism that is listed can be begun, one that is not is refused: a test walks the list.\n\n"
         "A size in the column *key* is what `C_GetMechanismInfo` tells. A dot in a peer's column: its name stands in the peer's sources (SoftHSM2\n"
         "2.6.1; SoftHSM2 main of May 2026; Kryoptic 1.5; openCryptoki's soft token 3.27; wolfPKCS11 2.1; Google's kmsp11 1.9; NSS 3.123).\n\n"
         "Left out on purpose: SSL 3, which RFC 7568 forbids and neither library has; MD2, RC2, RC4, RC5, IDEA and CAST, which nobody needs to\n"
         "read anything; GOST 28147-89; SHA-512/t and the shorter BLAKE2b, which libcrypto 3.0 has in one length each. A strict token does not list\n"
         "what docs/policy.md names there, and Triple DES and GOST only to decrypt, verify and unwrap. TLS before 1.2 (its PRF is half MD5) is for\n"
         "compatible tokens alone. Of GOST's parameters Botan has CryptoPro's curve A (also under the name XchA) and its hash.\n\n"
         "| mechanism | use | key | parts | SoftHSM2 | main | Kryoptic | openCryptoki | wolfPKCS11 | kmsp11 | NSS |\n"
         "|---|---|---|:-:|:-:|:-:|:-:|:-:|:-:|:-:|:-:|\n";
  for (const auto& row : all) {
    out << "| " << row.name << " | " << uses_of(row) << " | " << sizes_of(row) << " | " << (row.multipart ? "many" : "one");
    const auto has = peers.find(row.name);
    print_columns(out, has == peers.end() ? std::string(kPeers, '.') : has->second);
  }
  out << "\n## What a peer has and this module has not\n\n"
         "| mechanism | SoftHSM2 | main | Kryoptic | openCryptoki | wolfPKCS11 | kmsp11 | NSS |\n|---|:-:|:-:|:-:|:-:|:-:|:-:|:-:|\n";
  for (const auto& [name, has] : peers) {
    if (std::ranges::find(all, name, &MechanismRow::name) != all.end()) continue;
    out << "| " << name;
    print_columns(out, has);
  }
  return out.str();
}

}  // namespace

// mechanisms_page PEERS [PAGE]
int main(int count, char** arguments) {
  try {
    if (count < 2) throw std::runtime_error("usage: mechanisms_page PEERS [PAGE]");
    for (const auto& row : hsm::all_mechanisms())
      if (uses_of(row).empty()) throw std::runtime_error(std::string(row.name) + " has no use");
    const auto expected = page(read_peers(arguments[1]));
    if (count == 2) {
      std::cout << expected;
      return 0;
    }
    std::ifstream file(arguments[2]);
    std::stringstream content;
    content << file.rdbuf();
    if (content.str() == expected) return 0;
    std::cerr << arguments[2] << " is not what the mechanism table says: run mechanisms_page " << arguments[1] << " > " << arguments[2] << '\n';
  } catch (const std::exception& error) {
    std::cerr << "mechanisms_page: " << error.what() << '\n';
  }
  return 1;
}
