#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstring>
#include <memory>

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
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;

using Body = std::function<void()>;

const unsigned char kKey[32] = {1, 2, 3};

Body gcm_64() {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), kKey, nullptr, nullptr), "AES-256-GCM");
  return [context, counter = std::uint64_t{0}]() mutable {
    unsigned char iv[12] = {};
    ++counter;
    std::memcpy(iv, &counter, sizeof counter);
    unsigned char data[64] = {};
    unsigned char out[96];
    int size = 0;
    must(EVP_EncryptInit_ex2(context.get(), nullptr, nullptr, iv, nullptr), "iv");
    must(EVP_EncryptUpdate(context.get(), out, &size, data, sizeof data), "update");
    must(EVP_EncryptFinal_ex(context.get(), out + size, &size), "final");
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out + 64), "tag");
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

Body key_wrap(bool encrypt) {
  std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  must(EVP_CipherInit_ex2(context.get(), EVP_aes_256_wrap(), kKey, nullptr, 1, nullptr), "AES-256-WRAP");
  unsigned char wrapped[40];
  int size = 0;
  unsigned char plain[32] = {};
  must(EVP_CipherUpdate(context.get(), wrapped, &size, plain, sizeof plain), "wrap");
  must(EVP_CipherInit_ex2(context.get(), EVP_aes_256_wrap(), kKey, nullptr, encrypt ? 1 : 0, nullptr), "AES-256-WRAP");
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

}  // namespace

Figures measure_evp(const Plan& plan) {
  const Pkey rsa(EVP_RSA_gen(2048));
  const Pkey p256(EVP_EC_gen("P-256"));
  const std::pair<const char*, std::function<Body()>> rows[] = {
      {"AES-GCM 64 B", gcm_64},
      {"HMAC-SHA-256 64 B", hmac_64},
      {"AES-KW wrap", [] { return key_wrap(true); }},
      {"AES-KW unwrap", [] { return key_wrap(false); }},
      {"P-256 sign", [&] { return sign(p256.get(), 32); }},
      {"RSA-2048 sign", [&] { return sign(rsa.get(), 51); }},
  };
  Figures figures;
  for (const auto& [name, make] : rows) {
    figures[name] = rate_of_threads(1, plan.seconds, make);
    figures[std::string(name) + " (2 threads)"] = rate_of_threads(2, plan.seconds, make);
  }
  return figures;
}

}  // namespace bench
