#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "pkcs11/cryptoki.h"

namespace bench {

/// A module loaded by path, one token in it, one session logged in: what a row of the benchmark works with. Errors end the
/// measuring process with the function's name and code.
class Module {
 public:
  explicit Module(const std::string& path);

  CK_FUNCTION_LIST* operator->() const { return functions_; }
  void initialize();
  void finalize();
  /// Makes a token with both PINs in the first empty slot.
  void make_token();
  /// The slot of make_token()'s token.
  CK_SLOT_ID slot() const;
  CK_SESSION_HANDLE open() const;
  void login(CK_SESSION_HANDLE session) const;

  /// Token AES-256 keys, one to encrypt and decrypt, one to wrap and unwrap: no key does both under a strict policy.
  CK_OBJECT_HANDLE generate_cipher_key(CK_SESSION_HANDLE session) const;
  CK_OBJECT_HANDLE generate_wrapping_key(CK_SESSION_HANDLE session) const;
  CK_OBJECT_HANDLE generate_generic(CK_SESSION_HANDLE session, CK_ULONG size) const;
  /// A session secret key that may be wrapped.
  CK_OBJECT_HANDLE generate_wrappable(CK_SESSION_HANDLE session) const;
  struct Pair {
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;
  };
  enum class Role { sign, decrypt, derive };
  Pair generate_rsa(CK_SESSION_HANDLE session, CK_ULONG bits, Role role) const;
  /// `curve` is CKA_EC_PARAMS.
  Pair generate_ec(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, std::vector<CK_BYTE> curve, Role role) const;
  std::vector<CK_BYTE> point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key) const;
  /// A durable public certificate, whose CKA_ID is its label.
  void create_certificate(CK_SESSION_HANDLE session, const std::string& label) const;
  /// How many objects have this as CKA_LABEL or CKA_ID (`type`).
  CK_ULONG count(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type, const std::string& text) const;

 private:
  CK_FUNCTION_LIST* functions_ = nullptr;
};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
void check(CK_RV rv, const char* function);

inline constexpr char kLabel[] = "bench";
inline constexpr char kPin[] = "12345678";

}  // namespace bench
