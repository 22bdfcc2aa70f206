#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstring>
#include <memory>
#include <vector>

#include "bench/module.h"
#include "bench/rows.h"
#include "bench/timing.h"

namespace bench {
namespace {

void must(int result, const char* what) {
  if (result <= 0) throw Failure(std::string("OpenSSL refused: ") + what);
}

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;

using Body = std::function<void()>;

const unsigned char kKey[32] = {1, 2, 3};

Body gcm(std::size_t size) {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), kKey, nullptr, nullptr), "AES-256-GCM");
  return [context, counter = std::uint64_t{0}, data = std::vector<unsigned char>(size), out = std::vector<unsigned char>(size + 16)]() mutable {
    unsigned char iv[12] = {};
    ++counter;
    std::memcpy(iv, &counter, sizeof counter);
    int written = 0;
    must(EVP_EncryptInit_ex2(context.get(), nullptr, nullptr, iv, nullptr), "iv");
    must(EVP_EncryptUpdate(context.get(), out.data(), &written, data.data(), static_cast<int>(data.size())), "update");
    must(EVP_EncryptFinal_ex(context.get(), out.data() + written, &written), "final");
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data() + data.size()), "tag");
  };
}

Body gcm_decrypt(std::size_t size) {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::vector<unsigned char> data(size), out(size), tag(16);
  const unsigned char iv[12] = {7};
  int written = 0;
  must(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), kKey, iv, nullptr), "AES-256-GCM");
  must(EVP_EncryptUpdate(context.get(), out.data(), &written, data.data(), static_cast<int>(size)), "update");
  must(EVP_EncryptFinal_ex(context.get(), out.data() + written, &written), "final");
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()), "tag");
  must(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), kKey, iv, nullptr), "AES-256-GCM");
  return [context, data, out, tag]() mutable {
    const unsigned char same[12] = {7};
    int size_of_data = 0;
    must(EVP_DecryptInit_ex2(context.get(), nullptr, nullptr, same, nullptr), "iv");
    must(EVP_DecryptUpdate(context.get(), data.data(), &size_of_data, out.data(), static_cast<int>(out.size())), "update");
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag.data()), "tag");
    must(EVP_DecryptFinal_ex(context.get(), data.data() + size_of_data, &size_of_data), "final");
  };
}

/// What module_rows.cpp does in parts of 4 KiB.
Body gcm_in_parts(std::size_t size, bool encrypting) {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(EVP_CipherInit_ex2(context.get(), EVP_aes_256_gcm(), kKey, nullptr, encrypting ? 1 : 0, nullptr), "AES-256-GCM");
  return [context, encrypting, data = std::vector<unsigned char>(size), out = std::vector<unsigned char>(size + 16)]() mutable {
    constexpr std::size_t kPart = 4096;
    const unsigned char iv[12] = {7};
    int written = 0;
    must(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, iv, encrypting ? 1 : 0, nullptr), "iv");
    for (std::size_t at = 0; at < data.size(); at += kPart)
      must(EVP_CipherUpdate(context.get(), out.data() + at, &written, data.data() + at, kPart), "update");
    unsigned char tag[16] = {};
    if (encrypting) {
      must(EVP_CipherFinal_ex(context.get(), out.data() + data.size(), &written), "final");
      must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag), "tag");
    } else {
      must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag), "tag");
      EVP_CipherFinal_ex(context.get(), out.data() + data.size(), &written);  // refuses the tag, which costs the same
    }
  };
}

Body cbc_64() {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_cbc(), kKey, nullptr, nullptr), "AES-256-CBC");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return [context] {
    unsigned char iv[16] = {1}, data[64] = {}, out[64];
    int size = 0;
    must(EVP_EncryptInit_ex2(context.get(), nullptr, nullptr, iv, nullptr), "iv");
    must(EVP_EncryptUpdate(context.get(), out, &size, data, sizeof data), "update");
  };
}

Body sha256(std::size_t size) {
  std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::shared_ptr<EVP_MD> algorithm(EVP_MD_fetch(nullptr, "SHA2-256", nullptr), EVP_MD_free);
  return [context, algorithm, data = std::vector<unsigned char>(size)] {
    unsigned char out[32];
    must(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr), "init");
    must(EVP_DigestUpdate(context.get(), data.data(), data.size()), "update");
    must(EVP_DigestFinal_ex(context.get(), out, nullptr), "final");
  };
}

Body hmac_64() {
  std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  std::shared_ptr<EVP_MAC_CTX> context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(context.get(), kKey, sizeof kKey, parameters), "HMAC");
  return [context] {
    unsigned char data[64] = {};
    unsigned char out[32];
    std::size_t size = 0;
    must(EVP_MAC_init(context.get(), nullptr, 0, nullptr), "init");
    must(EVP_MAC_update(context.get(), data, sizeof data), "update");
    must(EVP_MAC_final(context.get(), out, &size, sizeof out), "final");
  };
}

Body key_wrap(const EVP_CIPHER* cipher, bool encrypt) {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  must(EVP_CipherInit_ex2(context.get(), cipher, kKey, nullptr, 1, nullptr), "AES key wrap");
  unsigned char wrapped[40];
  int size = 0;
  unsigned char plain[32] = {};
  must(EVP_CipherUpdate(context.get(), wrapped, &size, plain, sizeof plain), "wrap");
  must(EVP_CipherInit_ex2(context.get(), cipher, kKey, nullptr, encrypt ? 1 : 0, nullptr), "AES key wrap");
  std::vector<unsigned char> input(encrypt ? plain : wrapped, encrypt ? plain + 32 : wrapped + 40);
  return [context, input] {
    unsigned char out[64];
    int written = 0;
    must(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, nullptr, -1, nullptr), "init");
    must(EVP_CipherUpdate(context.get(), out, &written, input.data(), static_cast<int>(input.size())), "update");
  };
}

Body sign(EVP_PKEY* key, std::size_t input) {
  std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  must(EVP_PKEY_sign_init(context.get()), "sign_init");
  return [context, input] {
    unsigned char data[64] = {};
    unsigned char out[512];
    std::size_t size = sizeof out;
    must(EVP_PKEY_sign(context.get(), out, &size, data, input), "sign");
  };
}

/// PSS of a message: the hash comes first.
Body sign_pss(EVP_PKEY* key) {
  const auto signs = [&] {
    std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
    must(EVP_PKEY_sign_init(context.get()), "sign_init");
    must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING), "padding");
    must(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()), "digest");
    must(EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), 32), "salt");
    return context;
  };
  return [context = signs(), hash = sha256(64)] {
    hash();
    unsigned char digest[32] = {}, out[512];
    std::size_t size = sizeof out;
    must(EVP_PKEY_sign(context.get(), out, &size, digest, sizeof digest), "sign");
  };
}

Body verify(EVP_PKEY* key, std::size_t input) {
  std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  unsigned char data[64] = {};
  std::vector<unsigned char> signature(512);
  std::size_t size = signature.size();
  must(EVP_PKEY_sign_init(context.get()), "sign_init");
  must(EVP_PKEY_sign(context.get(), signature.data(), &size, data, input), "sign");
  signature.resize(size);
  must(EVP_PKEY_verify_init(context.get()), "verify_init");
  return [context, signature, input] {
    unsigned char same[64] = {};
    must(EVP_PKEY_verify(context.get(), signature.data(), signature.size(), same, input), "verify");
  };
}

Body oaep_decrypt(EVP_PKEY* key) {
  std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  unsigned char data[32] = {};
  std::vector<unsigned char> sealed(512);
  std::size_t size = sealed.size();
  must(EVP_PKEY_encrypt_init(context.get()), "encrypt_init");
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING), "padding");
  must(EVP_PKEY_encrypt(context.get(), sealed.data(), &size, data, sizeof data), "encrypt");
  sealed.resize(size);
  must(EVP_PKEY_decrypt_init(context.get()), "decrypt_init");
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING), "padding");
  return [context, sealed] {
    unsigned char out[512];
    std::size_t written = sizeof out;
    must(EVP_PKEY_decrypt(context.get(), out, &written, sealed.data(), sealed.size()), "decrypt");
  };
}

Body eddsa(EVP_PKEY* key) {
  std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key), "sign_init");
  return [context] {
    unsigned char data[64] = {}, out[64];
    std::size_t size = sizeof out;
    must(EVP_DigestSign(context.get(), out, &size, data, sizeof data), "sign");
  };
}

Body agree(EVP_PKEY* key) {
  std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  must(EVP_PKEY_derive_init(context.get()), "derive_init");
  return [context, key] {
    unsigned char out[32];
    std::size_t size = sizeof out;
    must(EVP_PKEY_derive_set_peer(context.get(), key), "peer");
    must(EVP_PKEY_derive(context.get(), out, &size), "derive");
  };
}

}  // namespace

std::vector<Row> evp_rows() {
  const auto keep = [](EVP_PKEY* key) { return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free); };
  const auto rsa = keep(EVP_RSA_gen(2048)), rsa3 = keep(EVP_RSA_gen(3072));
  const auto p256 = keep(EVP_EC_gen("P-256")), p384 = keep(EVP_EC_gen("P-384"));
  const auto ed25519 = keep(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const std::pair<const char*, std::function<Body()>> rows[] = {
      {"AES-GCM 64 B", [] { return gcm(64); }},
      {"AES-CBC 64 B", cbc_64},
      {"HMAC-SHA-256 64 B", hmac_64},
      {"SHA-256 64 B", [] { return sha256(64); }},
      {"AES-GCM 1 MiB", [] { return gcm(kMiB); }},
      {"AES-GCM 1 MiB decrypt", [] { return gcm_decrypt(kMiB); }},
      {"AES-GCM 1 MiB in parts", [] { return gcm_in_parts(kMiB, true); }},
      {"AES-GCM 1 MiB in parts, decrypt", [] { return gcm_in_parts(kMiB, false); }},
      {"SHA-256 1 MiB", [] { return sha256(kMiB); }},
      {"AES-KW wrap", [] { return key_wrap(EVP_aes_256_wrap(), true); }},
      {"AES-KW unwrap", [] { return key_wrap(EVP_aes_256_wrap(), false); }},
      {"AES-KWP wrap", [] { return key_wrap(EVP_aes_256_wrap_pad(), true); }},
      {"AES-KWP unwrap", [] { return key_wrap(EVP_aes_256_wrap_pad(), false); }},
      {"P-256 sign", [=] { return sign(p256.get(), 32); }},
      {"P-256 verify", [=] { return verify(p256.get(), 32); }},
      {"P-384 sign", [=] { return sign(p384.get(), 48); }},
      {"P-384 verify", [=] { return verify(p384.get(), 48); }},
      {"RSA-2048 sign", [=] { return sign(rsa.get(), 51); }},
      {"RSA-2048 PSS sign", [=] { return sign_pss(rsa.get()); }},
      {"RSA-3072 PSS sign", [=] { return sign_pss(rsa3.get()); }},
      {"RSA-3072 OAEP decrypt", [=] { return oaep_decrypt(rsa3.get()); }},
      {"RSA-3072 sign", [=] { return sign(rsa3.get(), 51); }},
      {"RSA-2048 OAEP decrypt", [=] { return oaep_decrypt(rsa.get()); }},
      {"Ed25519 sign", [=] { return eddsa(ed25519.get()); }},
      {"ECDH P-256", [=] { return agree(p256.get()); }},
  };
  std::vector<Row> all;
  for (const auto& [name, make] : rows) add_rows(all, name, make);
  return all;
}

}  // namespace bench
