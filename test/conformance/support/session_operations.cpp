// The operation families of Session: digest, encrypt, decrypt, sign, verify, and what is saved of them.
#include "session.h"
#include "session_calls.h"

namespace conformance {

Answer Session::operation_state(Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) { return p11().C_GetOperationState(handle_, out, length); });
}

Rv Session::set_operation_state(ByteView state, CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key) {
  return p11().C_SetOperationState(handle_, readable(state), state.size(), encryption_key, authentication_key);
}

Rv Session::digest_init(Mechanism mechanism) { return p11().C_DigestInit(handle_, mechanism.raw()); }

Answer Session::digest(ByteView data, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_Digest(handle_, readable(data), data.size(), out, length);
  });
}

Rv Session::digest_update(ByteView part) { return p11().C_DigestUpdate(handle_, readable(part), part.size()); }
Rv Session::digest_key(CK_OBJECT_HANDLE key) { return p11().C_DigestKey(handle_, key); }

Answer Session::digest_final(Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) { return p11().C_DigestFinal(handle_, out, length); });
}

Rv Session::encrypt_init(Mechanism mechanism, CK_OBJECT_HANDLE key) {
  return p11().C_EncryptInit(handle_, mechanism.raw(), key);
}

Answer Session::encrypt(ByteView data, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_Encrypt(handle_, readable(data), data.size(), out, length);
  });
}

Answer Session::encrypt_update(ByteView part, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_EncryptUpdate(handle_, readable(part), part.size(), out, length);
  });
}

Answer Session::encrypt_final(Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) { return p11().C_EncryptFinal(handle_, out, length); });
}

Answer Session::encrypt_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data) {
  if (const Rv rv = encrypt_init(std::move(mechanism), key); !(rv == CKR_OK)) return {.rv = rv, .bytes = {}};
  return encrypt(data);
}

Rv Session::decrypt_init(Mechanism mechanism, CK_OBJECT_HANDLE key) {
  return p11().C_DecryptInit(handle_, mechanism.raw(), key);
}

Answer Session::decrypt(ByteView data, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_Decrypt(handle_, readable(data), data.size(), out, length);
  });
}

Answer Session::decrypt_update(ByteView part, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_DecryptUpdate(handle_, readable(part), part.size(), out, length);
  });
}

Answer Session::decrypt_final(Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) { return p11().C_DecryptFinal(handle_, out, length); });
}

Answer Session::decrypt_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data) {
  if (const Rv rv = decrypt_init(std::move(mechanism), key); !(rv == CKR_OK)) return {.rv = rv, .bytes = {}};
  return decrypt(data);
}

Rv Session::sign_init(Mechanism mechanism, CK_OBJECT_HANDLE key) {
  return p11().C_SignInit(handle_, mechanism.raw(), key);
}

Answer Session::sign(ByteView data, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_Sign(handle_, readable(data), data.size(), out, length);
  });
}

Rv Session::sign_update(ByteView part) { return p11().C_SignUpdate(handle_, readable(part), part.size()); }

Answer Session::sign_final(Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) { return p11().C_SignFinal(handle_, out, length); });
}

Answer Session::sign_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data) {
  if (const Rv rv = sign_init(std::move(mechanism), key); !(rv == CKR_OK)) return {.rv = rv, .bytes = {}};
  return sign(data);
}

Rv Session::verify_init(Mechanism mechanism, CK_OBJECT_HANDLE key) {
  return p11().C_VerifyInit(handle_, mechanism.raw(), key);
}

Rv Session::verify(ByteView data, ByteView signature) {
  return p11().C_Verify(handle_, readable(data), data.size(), readable(signature), signature.size());
}

Rv Session::verify_update(ByteView part) { return p11().C_VerifyUpdate(handle_, readable(part), part.size()); }

Rv Session::verify_final(ByteView signature) {
  return p11().C_VerifyFinal(handle_, readable(signature), signature.size());
}

Rv Session::verify_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data, ByteView signature) {
  if (const Rv rv = verify_init(std::move(mechanism), key); !(rv == CKR_OK)) return rv;
  return verify(data, signature);
}

}  // namespace conformance
