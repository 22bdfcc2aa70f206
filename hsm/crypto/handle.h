#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <stdexcept>

// Owners of OpenSSL's handles, and what to do when a call fails. Only .cpp files and internal headers of hsm/crypto include this.

namespace hsm::crypto {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreedBy<BN_clear_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, FreedBy<BN_CTX_free>>;
using CurveGroup = std::unique_ptr<EC_GROUP, FreedBy<EC_GROUP_free>>;
using CurvePoint = std::unique_ptr<EC_POINT, FreedBy<EC_POINT_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>>;

/// libcrypto refused what must work: memory exhausted or the library broken.
struct LibraryFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws when a call that cannot be refused for its data was refused.
inline void must(bool worked, const char* what) {
  if (!worked) [[unlikely]]
    throw LibraryFailure(what);
}
inline void must(int result, const char* what) { must(result > 0, what); }

/// Around calls that may fail for their data: the error queue belongs to the thread, so to the application too, and is left
/// as it was.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

}  // namespace hsm::crypto
