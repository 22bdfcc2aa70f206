#include "pkcs11/operation.h"

// Two operations over one part (PKCS#11 3.0, 5.17).

using hsm::Dual;
using hsm::Use;
using p11::OutBuffer;

namespace {

struct Pair {
  Dual dual;
  Use first, second;
};
constexpr Pair kDigestEncrypt{Dual::digest_encrypt, Use::digest, Use::encrypt};
constexpr Pair kDecryptDigest{Dual::decrypt_digest, Use::decrypt, Use::digest};
constexpr Pair kSignEncrypt{Dual::sign_encrypt, Use::sign, Use::encrypt};
constexpr Pair kDecryptVerify{Dual::decrypt_verify, Use::decrypt, Use::verify};

CK_RV update(const char* function, CK_SESSION_HANDLE session, const Pair& pair, const void* data, CK_ULONG size,
             OutBuffer out) {
  return p11::entry(function, [&](hsm::Device& d) -> p11::Status {
    const auto refuse = [&](hsm::Error why) {
      return p11::end_operation(d, session, pair.first, p11::end_operation(d, session, pair.second, std::move(why)));
    };
    if (out.is_bad()) return refuse(p11::fail(p11::Rv::arguments_bad, "no pointer to the length of the output"));
    auto in = p11::octets(data, size);
    if (!in) return refuse(std::move(in).error());
    return out.take(TRY(d.call(hsm::request::DualUpdate{session, pair.dual, *in, out.room()})));
  });
}

}  // namespace

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out,
                            CK_ULONG_PTR room) {
  return update(__func__, session, kDigestEncrypt, part, size, OutBuffer(out, room));
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out,
                            CK_ULONG_PTR room) {
  return update(__func__, session, kDecryptDigest, part, size, OutBuffer(out, room));
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out,
                          CK_ULONG_PTR room) {
  return update(__func__, session, kSignEncrypt, part, size, OutBuffer(out, room));
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG size, CK_BYTE_PTR out,
                            CK_ULONG_PTR room) {
  return update(__func__, session, kDecryptVerify, part, size, OutBuffer(out, room));
}
