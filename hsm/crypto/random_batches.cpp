#include "hsm/crypto/random_batches.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>

#include "hsm/base/secret.h"
#include "hsm/crypto/crypto.h"
#include "hsm/crypto/forks.h"
#include "hsm/crypto/handle.h"

namespace hsm::crypto {
namespace {

constexpr unsigned kStrength = 256;
constexpr std::size_t kMostAtOnce = 1 << 16;

EVP_RAND* drbg_type = nullptr;

using Drbg = std::unique_ptr<EVP_RAND_CTX, FreedBy<EVP_RAND_CTX_free>>;

/// Seeded by the system, not by another generator, and therefore without a lock. Empty when that fails.
Drbg new_drbg() {
  Drbg drbg(EVP_RAND_CTX_new(drbg_type, nullptr));
  char cipher[] = "AES-256-CTR";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, cipher, 0), OSSL_PARAM_construct_end()};
  if (drbg == nullptr || EVP_RAND_instantiate(drbg.get(), kStrength, 0, nullptr, 0, params) <= 0) return nullptr;
  return drbg;
}

/// A generator of the thread's own. libcrypto keeps it and calls it from one thread at a time, or locks it.
class Batches {
 public:
  bool generate(std::span<std::uint8_t> out, int prediction_resistance, ByteView additional) {
    if (drbg_ == nullptr) drbg_ = new_drbg();
    auto* const source = drbg_.get();
    if (source == nullptr) return false;
    // What comes with wishes of its own, or is longer than it is worth keeping, is drawn by itself.
    if (prediction_resistance != 0 || !additional.empty() || out.size() > kWorthKeeping)
      return EVP_RAND_generate(source, out.data(), out.size(), kStrength, prediction_resistance, additional.data(), additional.size()) > 0;
    const auto memory = batch_.fill(SecretAccess::use());
    const auto octets = memory.subspan(sizeof(std::size_t));
    // A forked child finds zero here, as in all Secrets of its parent; the count of forks is for systems that do not wipe them.
    std::size_t left = 0;
    std::memcpy(&left, memory.data(), sizeof left);
    const auto now = forks_so_far();
    if (left < out.size() || drawn_after_ != now) {
      if (EVP_RAND_generate(source, octets.data(), octets.size(), kStrength, 0, nullptr, 0) <= 0) return false;
      left = octets.size();
      drawn_after_ = now;
    }
    const auto given = octets.subspan(left - out.size(), out.size());
    std::memcpy(out.data(), given.data(), given.size());
    wipe(given);
    left -= out.size();
    std::memcpy(memory.data(), &left, sizeof left);
    return true;
  }
  bool reseed(int prediction_resistance, ByteView entropy, ByteView additional) {
    forget();
    if (drbg_ == nullptr) drbg_ = new_drbg();
    auto* const source = drbg_.get();
    return source != nullptr && EVP_RAND_reseed(source, prediction_resistance, entropy.data(), entropy.size(), additional.data(), additional.size()) > 0;
  }
  void forget() { wipe(batch_.fill(SecretAccess::use())); }
  std::mutex& mutex() { return mutex_; }

 private:
  static constexpr std::size_t kBatch = 2048 - sizeof(std::size_t), kWorthKeeping = 256;
  Drbg drbg_;
  Secret batch_ = Secret(sizeof(std::size_t) + kBatch);  ///< how many octets are left, then the octets
  unsigned drawn_after_ = forks_so_far();
  std::mutex mutex_;
};

ByteView view_of(const unsigned char* octets, std::size_t size) { return octets == nullptr ? ByteView() : ByteView(octets, size); }
Batches& batches(void* context) { return *static_cast<Batches*>(context); }

/// libcrypto is C: what throws here says no.
template <class Body>
int answered(Body&& body) {
  try {
    return body() ? 1 : 0;
  } catch (...) {
    return 0;
  }
}

void* make(void*, void*, const OSSL_DISPATCH*) {
  void* made = nullptr;
  answered([&] { return (made = std::make_unique<Batches>().release()) != nullptr; });
  return made;
}
void free_batches(void* context) { delete static_cast<Batches*>(context); }
int instantiate(void*, unsigned, int, const unsigned char*, std::size_t, const OSSL_PARAM*) { return 1; }
int uninstantiate(void* context) {
  batches(context).forget();
  return 1;
}
int generate(void* context, unsigned char* out, std::size_t size, unsigned, int prediction_resistance, const unsigned char* additional, std::size_t length) {
  return answered([&] { return batches(context).generate({out, size}, prediction_resistance, view_of(additional, length)); });
}
int reseed(void* context, int prediction_resistance, const unsigned char* entropy, std::size_t size, const unsigned char* additional, std::size_t length) {
  return answered([&] { return batches(context).reseed(prediction_resistance, view_of(entropy, size), view_of(additional, length)); });
}
int enable_locking(void*) { return 1; }
int lock(void* context) {
  return answered([&] { return batches(context).mutex().lock(), true; });
}
void unlock(void* context) { batches(context).mutex().unlock(); }
int get_params(void*, OSSL_PARAM params[]) {
  const auto set = [&](const char* name, auto setter, auto value) {
    auto* param = OSSL_PARAM_locate(params, name);
    return param == nullptr || setter(param, value) > 0;
  };
  return set(OSSL_RAND_PARAM_STATE, OSSL_PARAM_set_int, EVP_RAND_STATE_READY) && set(OSSL_RAND_PARAM_STRENGTH, OSSL_PARAM_set_uint, kStrength) &&
                 set(OSSL_RAND_PARAM_MAX_REQUEST, OSSL_PARAM_set_size_t, kMostAtOnce)
             ? 1
             : 0;
}

const OSSL_DISPATCH kFunctions[] = {
    {OSSL_FUNC_RAND_NEWCTX, reinterpret_cast<void (*)()>(make)},
    {OSSL_FUNC_RAND_FREECTX, reinterpret_cast<void (*)()>(free_batches)},
    {OSSL_FUNC_RAND_INSTANTIATE, reinterpret_cast<void (*)()>(instantiate)},
    {OSSL_FUNC_RAND_UNINSTANTIATE, reinterpret_cast<void (*)()>(uninstantiate)},
    {OSSL_FUNC_RAND_GENERATE, reinterpret_cast<void (*)()>(generate)},
    {OSSL_FUNC_RAND_RESEED, reinterpret_cast<void (*)()>(reseed)},
    {OSSL_FUNC_RAND_ENABLE_LOCKING, reinterpret_cast<void (*)()>(enable_locking)},
    {OSSL_FUNC_RAND_LOCK, reinterpret_cast<void (*)()>(lock)},
    {OSSL_FUNC_RAND_UNLOCK, reinterpret_cast<void (*)()>(unlock)},
    {OSSL_FUNC_RAND_GET_CTX_PARAMS, reinterpret_cast<void (*)()>(get_params)},
    {0, nullptr},
};
const OSSL_ALGORITHM kRows[] = {{kBatchesName, "provider=keymantle-random", kFunctions, "random octets in batches"}, {nullptr, nullptr, nullptr, nullptr}};

}  // namespace

const OSSL_ALGORITHM* random_batches() { return kRows; }
void draw_batches_from(OSSL_LIB_CTX* source) {
  drbg_type = EVP_RAND_fetch(source, "CTR-DRBG", nullptr);
  must(drbg_type != nullptr, "the default provider lacks CTR-DRBG");
}

}  // namespace hsm::crypto
