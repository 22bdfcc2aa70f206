#include "hsm/crypto/engine_free.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hsm/crypto/library.h"
#include "hsm/crypto/random_batches.h"

namespace hsm::crypto {
namespace {

constexpr const char* kProviderName = "keymantle";
constexpr const char* kRandomName = "keymantle-random";

/// The default provider behind ours, and its key types under reordered names. Lives as long as the process.
struct Original {
  OSSL_PROVIDER* provider = nullptr;
  std::vector<std::string> names;
  std::vector<OSSL_ALGORITHM> key_types;
};
Original* original = nullptr;

/// "EC:id-ecPublicKey:1.2.840.10045.2.1" becomes "1.2.840.10045.2.1:EC:id-ecPublicKey".
std::string oid_first(std::string_view names) {
  std::string first, others;
  while (!names.empty()) {
    const auto name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    auto& part = first.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos ? first : others;
    if (!part.empty()) part += ':';
    part += name;
  }
  if (first.empty() || others.empty()) return first + others;
  return first + ':' + others;
}

void rename_key_types() {
  int no_cache = 0;
  const auto* rows = OSSL_PROVIDER_query_operation(original->provider, OSSL_OP_KEYMGMT, &no_cache);
  must(rows != nullptr, "the default provider has no keys");
  for (const auto* row = rows; row->algorithm_names != nullptr; ++row) {
    original->names.push_back(oid_first(row->algorithm_names));
    original->key_types.push_back(*row);
  }
  for (std::size_t i = 0; i < original->names.size(); ++i) original->key_types[i].algorithm_names = original->names[i].c_str();
  original->key_types.push_back({});
}

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
  if (operation != OSSL_OP_KEYMGMT) return OSSL_PROVIDER_query_operation(original->provider, operation, no_cache);
  *no_cache = 0;
  return original->key_types.data();
}

// libcrypto wants every function as void (*)().
const OSSL_DISPATCH kDispatch[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(query)},
    {0, nullptr},
};

int start_provider(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** ours, void** context) {
  *ours = kDispatch;
  *context = OSSL_PROVIDER_get0_provider_ctx(original->provider);
  return 1;
}

// The provider of the generator, in both contexts: the default provider's algorithms draw their nonces in the inner one.
const OSSL_ALGORITHM* query_random(void*, int operation, int* no_cache) {
  *no_cache = 0;
  return operation == OSSL_OP_RAND ? random_batches() : nullptr;
}
const OSSL_DISPATCH kRandomDispatch[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(query_random)},
    {0, nullptr},
};
int start_random(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** ours, void** context) {
  *ours = kRandomDispatch;
  *context = const_cast<OSSL_CORE_HANDLE*>(handle);  // only has to be something
  return 1;
}

}  // namespace

OSSL_LIB_CTX* new_engine_free_context() {
  auto* inner = OSSL_LIB_CTX_new();
  auto* outer = OSSL_LIB_CTX_new();
  must(inner != nullptr && outer != nullptr, "no library context");
  original = std::make_unique<Original>().release();
  original->provider = OSSL_PROVIDER_load(inner, "default");
  must(original->provider != nullptr, "libcrypto has no default provider");
  rename_key_types();
  must(OSSL_PROVIDER_add_builtin(outer, kProviderName, start_provider), "libcrypto does not take a provider");
  must(OSSL_PROVIDER_load(outer, kProviderName) != nullptr, "libcrypto does not start our provider");
  // Before anything else asks either for random octets.
  draw_batches_from(inner);
  for (auto* context : {inner, outer})
    must(OSSL_PROVIDER_add_builtin(context, kRandomName, start_random) && OSSL_PROVIDER_load(context, kRandomName) != nullptr &&
             RAND_set_DRBG_type(context, kBatchesName, nullptr, nullptr, nullptr),
         "libcrypto does not take our generator");
  return outer;
}

KeyContext key_context_of(const char* type) {
  auto* context = Library::get().context();
  const std::unique_ptr<EVP_KEYMGMT, FreedBy<EVP_KEYMGMT_free>> found(EVP_KEYMGMT_fetch(context, type, nullptr));
  if (found == nullptr) return {};
  return KeyContext(EVP_PKEY_CTX_new_from_name(context, EVP_KEYMGMT_get0_name(found.get()), nullptr));
}

}  // namespace hsm::crypto
