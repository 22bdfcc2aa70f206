#include "hsm/crypto/library.h"

#include <botan/version.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <string>

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/engine_free.h"
#include "hsm/crypto/handle.h"
#include "hsm/crypto/hash.h"

namespace hsm::crypto {
namespace {

constexpr std::array<const char*, kBlockModes> kModeNames = {"ECB", "CBC", "CTR", "GCM", "OFB", "CFB", "CFB8", "CCM",
                                                          "CBC-CTS", "CFB1"};

struct OtherCipher {
  KeyType type;
  BlockMode mode;
  std::size_t key_size;
  const char* name;
};
constexpr std::array<OtherCipher, 17> kOtherCiphers = {{
    {KeyType::camellia, BlockMode::ecb, 16, "CAMELLIA-128-ECB"},
    {KeyType::camellia, BlockMode::ecb, 24, "CAMELLIA-192-ECB"},
    {KeyType::camellia, BlockMode::ecb, 32, "CAMELLIA-256-ECB"},
    {KeyType::camellia, BlockMode::cbc, 16, "CAMELLIA-128-CBC"},
    {KeyType::camellia, BlockMode::cbc, 24, "CAMELLIA-192-CBC"},
    {KeyType::camellia, BlockMode::cbc, 32, "CAMELLIA-256-CBC"},
    {KeyType::camellia, BlockMode::ctr, 16, "CAMELLIA-128-CTR"},
    {KeyType::camellia, BlockMode::ctr, 24, "CAMELLIA-192-CTR"},
    {KeyType::camellia, BlockMode::ctr, 32, "CAMELLIA-256-CTR"},
    {KeyType::aria, BlockMode::ecb, 16, "ARIA-128-ECB"},
    {KeyType::aria, BlockMode::ecb, 24, "ARIA-192-ECB"},
    {KeyType::aria, BlockMode::ecb, 32, "ARIA-256-ECB"},
    {KeyType::aria, BlockMode::cbc, 16, "ARIA-128-CBC"},
    {KeyType::aria, BlockMode::cbc, 24, "ARIA-192-CBC"},
    {KeyType::aria, BlockMode::cbc, 32, "ARIA-256-CBC"},
    {KeyType::des3, BlockMode::ecb, 24, "DES-EDE3-ECB"},
    {KeyType::des3, BlockMode::cbc, 24, "DES-EDE3-CBC"},
}};

// No mutex: a fork comes at any moment, and must not leave a locked one to the child.
constinit std::atomic<const Library*> ours{nullptr};
constinit std::atomic<bool> making{false}, watching{false};

void leave_parents_library() {
  ours.store(nullptr);
  making.store(false);
}

}  // namespace

const Library& Library::get() {
  if (const auto* made = ours.load(std::memory_order_acquire)) [[likely]] return *made;
  return make();
}

const Library& Library::make() {
  if (!watching.exchange(true)) must(::pthread_atfork(nullptr, nullptr, leave_parents_library) == 0, "no memory to watch for forks");
  while (making.exchange(true)) ::sched_yield();
  struct Made {
    ~Made() { making.store(false); }
  } made;
  if (ours.load() == nullptr) ours.store(new Library, std::memory_order_release);
  return *ours.load();
}

Library::Library() {
  // If we are the first user of libcrypto in this process, it must not register an exit handler on our account.
  must(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CONFIG, nullptr), "libcrypto does not start");
  context_ = new_engine_free_context();
  for (std::size_t i = 0; i < kHashCount; ++i) {
    hashes_[i] = EVP_MD_fetch(context_, all_hashes()[i].name, nullptr);
    must(hashes_[i] != nullptr, "the default provider lacks a hash");
  }
  for (std::size_t mode = 0; mode < kBlockModes; ++mode) {
    for (std::size_t size = 0; size < 3; ++size) {
      const auto name = fmt::format("AES-{}-{}", 128 + 64 * size, kModeNames[mode]);
      ciphers_[mode][size] = EVP_CIPHER_fetch(context_, name.c_str(), nullptr);
      must(ciphers_[mode][size] != nullptr, "the default provider lacks an AES mode");
    }
  }
  for (std::size_t i = 0; i < kOtherCiphers.size(); ++i) {
    const QuietErrors quiet;
    others_[i] = EVP_CIPHER_fetch(context_, kOtherCiphers[i].name, nullptr);
  }
  const auto cipher = [&](const char* name) {
    auto* fetched = EVP_CIPHER_fetch(context_, name, nullptr);
    must(fetched != nullptr, "the default provider lacks a cipher");
    return fetched;
  };
  xts_ = {cipher("AES-128-XTS"), cipher("AES-256-XTS")};
  chacha20_ = cipher("ChaCha20");
  chacha20_poly1305_ = cipher("ChaCha20-Poly1305");
  const auto mac = [&](const char* name) {
    auto* fetched = EVP_MAC_fetch(context_, name, nullptr);
    must(fetched != nullptr, "the default provider lacks a MAC");
    return fetched;
  };
  cmac_ = mac("CMAC");
  gmac_ = mac("GMAC");
  poly1305_ = mac("POLY1305");
}

const EVP_CIPHER* Library::aes(BlockMode mode, std::size_t key_size) const {
  if (key_size != 16 && key_size != 24 && key_size != 32) return nullptr;
  return ciphers_[static_cast<std::size_t>(mode)][key_size / 8 - 2];
}

const EVP_CIPHER* Library::block(KeyType type, BlockMode mode, std::size_t key_size) const {
  if (type == KeyType::aes) return aes(mode, key_size);
  for (std::size_t i = 0; i < kOtherCiphers.size(); ++i) {
    const auto& row = kOtherCiphers[i];
    if (row.type == type && row.mode == mode && row.key_size == key_size) return others_[i];
  }
  return nullptr;
}

const EVP_CIPHER* Library::aes_xts(std::size_t key_size) const {
  if (key_size != 32 && key_size != 64) return nullptr;
  return xts_[key_size / 32 - 1];
}

std::string library_versions() {
  return fmt::format("OpenSSL {}, Botan {}", OpenSSL_version(OPENSSL_VERSION_STRING), Botan::short_version_string());
}

}  // namespace hsm::crypto
