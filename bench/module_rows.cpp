#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "bench/module.h"
#include "bench/rows.h"
#include "bench/timing.h"

namespace bench {
namespace {

using Body = std::function<void()>;

/// A mechanism whose parameter lives as long as it does.
struct Mechanism {
  CK_MECHANISM_TYPE type;
  std::vector<CK_BYTE> parameter;
  CK_MECHANISM raw() const {
    return {type, parameter.empty() ? nullptr : const_cast<CK_BYTE*>(parameter.data()), static_cast<CK_ULONG>(parameter.size())};
  }
};
template <class T>
std::vector<CK_BYTE> octets_of(const T& parameter) {
  const auto* from = reinterpret_cast<const CK_BYTE*>(&parameter);
  return {from, from + sizeof parameter};
}
Mechanism pss() { return {CKM_SHA256_RSA_PKCS_PSS, octets_of(CK_RSA_PKCS_PSS_PARAMS{CKM_SHA256, CKG_MGF1_SHA256, 32})}; }
Mechanism oaep() { return {CKM_RSA_PKCS_OAEP, octets_of(CK_RSA_PKCS_OAEP_PARAMS{CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, nullptr, 0})}; }

Body gcm(const Module& module, CK_OBJECT_HANDLE key, std::size_t size) {
  return [&module, key, session = module.open(), counter = std::uint64_t{0}, data = std::vector<CK_BYTE>(size),
          out = std::vector<CK_BYTE>(size + 16)]() mutable {
    CK_BYTE iv[12] = {};
    ++counter;
    std::memcpy(iv, &counter, sizeof counter);
    CK_GCM_PARAMS parameters{};
    parameters.pIv = iv;
    parameters.ulIvLen = sizeof iv;
    parameters.ulIvBits = 8 * sizeof iv;
    parameters.ulTagBits = 128;
    CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    CK_ULONG written = out.size();
    check(module->C_EncryptInit(session, &mechanism, key), "C_EncryptInit");
    check(module->C_Encrypt(session, data.data(), data.size(), out.data(), &written), "C_Encrypt");
  };
}

Body gcm_decrypt(const Module& module, CK_OBJECT_HANDLE key, std::size_t size) {
  const auto session = module.open();
  std::vector<CK_BYTE> sealed(size + 16), data(size);
  CK_BYTE iv[12] = {7};
  CK_GCM_PARAMS parameters{iv, sizeof iv, 8 * sizeof iv, nullptr, 0, 128};
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  CK_ULONG written = sealed.size();
  check(module->C_EncryptInit(session, &mechanism, key), "C_EncryptInit");
  check(module->C_Encrypt(session, data.data(), data.size(), sealed.data(), &written), "C_Encrypt");
  data.resize(sealed.size());  // SoftHSM2 wants room for the tag, too
  return [&module, key, session, sealed, data]() mutable {
    CK_BYTE same[12] = {7};
    CK_GCM_PARAMS again{same, sizeof same, 8 * sizeof same, nullptr, 0, 128};
    CK_MECHANISM opening{CKM_AES_GCM, &again, sizeof again};
    CK_ULONG size_of_data = data.size();
    check(module->C_DecryptInit(session, &opening, key), "C_DecryptInit");
    check(module->C_Decrypt(session, sealed.data(), sealed.size(), data.data(), &size_of_data), "C_Decrypt");
  };
}

/// The same message in parts of 4 KiB, as a program does that reads a file.
Body gcm_in_parts(const Module& module, CK_OBJECT_HANDLE key, std::size_t size, bool encrypting) {
  const auto session = module.open();
  std::vector<CK_BYTE> sealed(size + 16);
  const auto begin = [&module, session, key](bool sealing) {
    CK_BYTE iv[12] = {7};
    CK_GCM_PARAMS parameters{iv, sizeof iv, 8 * sizeof iv, nullptr, 0, 128};
    CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    if (sealing) {
      check(module->C_EncryptInit(session, &mechanism, key), "C_EncryptInit");
    } else {
      check(module->C_DecryptInit(session, &mechanism, key), "C_DecryptInit");
    }
  };
  const auto run = [&module, session, begin](bool sealing, std::vector<CK_BYTE>& in, std::vector<CK_BYTE>& out) {
    begin(sealing);
    CK_ULONG done = 0;
    constexpr std::size_t kPart = 4096;
    for (std::size_t at = 0; at < in.size(); at += kPart) {
      CK_ULONG room = out.size() - done;
      const auto part = static_cast<CK_ULONG>(std::min(kPart, in.size() - at));
      check(sealing ? module->C_EncryptUpdate(session, in.data() + at, part, out.data() + done, &room)
                    : module->C_DecryptUpdate(session, in.data() + at, part, out.data() + done, &room),
            "C_En/DecryptUpdate");
      done += room;
    }
    CK_ULONG room = out.size() - done;
    check(sealing ? module->C_EncryptFinal(session, out.data() + done, &room) : module->C_DecryptFinal(session, out.data() + done, &room),
          "C_En/DecryptFinal");
  };
  std::vector<CK_BYTE> data(size);
  run(true, data, sealed);
  data.resize(sealed.size());
  return [run, encrypting, data, sealed, out = std::vector<CK_BYTE>(size + 16)]() mutable {
    if (encrypting) {
      data.resize(out.size() - 16);
      run(true, data, out);
    } else {
      run(false, sealed, out);
    }
  };
}

Body cbc(const Module& module, CK_OBJECT_HANDLE key) {
  return [&module, key, session = module.open()] {
    CK_BYTE iv[16] = {1}, data[64] = {}, out[64];
    CK_MECHANISM mechanism{CKM_AES_CBC, iv, sizeof iv};
    CK_ULONG size = sizeof out;
    check(module->C_EncryptInit(session, &mechanism, key), "C_EncryptInit");
    check(module->C_Encrypt(session, data, sizeof data, out, &size), "C_Encrypt");
  };
}

Body digest(const Module& module, std::size_t size) {
  return [&module, session = module.open(), data = std::vector<CK_BYTE>(size)]() mutable {
    CK_MECHANISM mechanism{CKM_SHA256, nullptr, 0};
    CK_BYTE out[32];
    CK_ULONG written = sizeof out;
    check(module->C_DigestInit(session, &mechanism), "C_DigestInit");
    check(module->C_Digest(session, data.data(), data.size(), out, &written), "C_Digest");
  };
}

Body sign(const Module& module, CK_OBJECT_HANDLE key, const Mechanism& how, std::size_t input) {
  return [&module, key, how, input, session = module.open()]() mutable {
    auto mechanism = how.raw();
    CK_BYTE data[64] = {};
    CK_BYTE out[512];
    CK_ULONG size = sizeof out;
    check(module->C_SignInit(session, &mechanism, key), "C_SignInit");
    check(module->C_Sign(session, data, static_cast<CK_ULONG>(input), out, &size), "C_Sign");
  };
}
Body sign(const Module& module, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, std::size_t input) {
  return sign(module, key, Mechanism{type, {}}, input);
}

Body verify(const Module& module, const Module::Pair& pair, CK_MECHANISM_TYPE type, std::size_t input) {
  const auto session = module.open();
  CK_MECHANISM mechanism{type, nullptr, 0};
  CK_BYTE data[64] = {};
  std::vector<CK_BYTE> signature(512);
  CK_ULONG size = signature.size();
  check(module->C_SignInit(session, &mechanism, pair.private_key), "C_SignInit");
  check(module->C_Sign(session, data, static_cast<CK_ULONG>(input), signature.data(), &size), "C_Sign");
  signature.resize(size);
  return [&module, session, key = pair.public_key, type, input, signature]() mutable {
    CK_MECHANISM again{type, nullptr, 0};
    CK_BYTE same[64] = {};
    check(module->C_VerifyInit(session, &again, key), "C_VerifyInit");
    check(module->C_Verify(session, same, static_cast<CK_ULONG>(input), signature.data(), static_cast<CK_ULONG>(signature.size())), "C_Verify");
  };
}

Body decrypt(const Module& module, const Module::Pair& pair, const Mechanism& how) {
  const auto session = module.open();
  auto sealing = how;
  auto mechanism = sealing.raw();
  CK_BYTE data[32] = {};
  std::vector<CK_BYTE> sealed(512);
  CK_ULONG size = sealed.size();
  check(module->C_EncryptInit(session, &mechanism, pair.public_key), "C_EncryptInit");
  check(module->C_Encrypt(session, data, sizeof data, sealed.data(), &size), "C_Encrypt");
  sealed.resize(size);
  return [&module, session, key = pair.private_key, how, sealed]() mutable {
    auto opening = how.raw();
    CK_BYTE out[512];
    CK_ULONG written = sizeof out;
    check(module->C_DecryptInit(session, &opening, key), "C_DecryptInit");
    check(module->C_Decrypt(session, sealed.data(), static_cast<CK_ULONG>(sealed.size()), out, &written), "C_Decrypt");
  };
}

Body agree(const Module& module, const Module::Pair& pair) {
  const auto session = module.open();
  return [&module, session, key = pair.private_key, point = module.point(session, pair.public_key)]() mutable {
    CK_ECDH1_DERIVE_PARAMS parameters{CKD_NULL, 0, nullptr, static_cast<CK_ULONG>(point.size()), point.data()};
    CK_MECHANISM mechanism{CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
    CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ULONG size = 32;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &object_class, sizeof object_class}, {CKA_KEY_TYPE, &type, sizeof type},
                                 {CKA_VALUE_LEN, &size, sizeof size}, {CKA_TOKEN, &no, sizeof no}};
    CK_OBJECT_HANDLE object = 0;
    check(module->C_DeriveKey(session, &mechanism, key, attributes, 4, &object), "C_DeriveKey");
    check(module->C_DestroyObject(session, object), "C_DestroyObject");
  };
}

Body session_open_close(const Module& module) {
  return [&module, slot = module.slot()] {
    CK_SESSION_HANDLE session = 0;
    check(module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
    check(module->C_CloseSession(session), "C_CloseSession");
  };
}

Body wrap(const Module& module, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type) {
  const auto session = module.open();
  return [&module, key, type, session, inner = module.generate_wrappable(session)] {
    CK_MECHANISM mechanism{type, nullptr, 0};
    CK_BYTE out[64];
    CK_ULONG size = sizeof out;
    check(module->C_WrapKey(session, &mechanism, key, inner, out, &size), "C_WrapKey");
  };
}

Body unwrap(const Module& module, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE how) {
  const auto session = module.open();
  const auto inner = module.generate_wrappable(session);
  CK_MECHANISM mechanism{how, nullptr, 0};
  std::vector<CK_BYTE> wrapped(64);
  CK_ULONG size = wrapped.size();
  check(module->C_WrapKey(session, &mechanism, key, inner, wrapped.data(), &size), "C_WrapKey");
  wrapped.resize(size);
  return [&module, key, how, session, wrapped]() mutable {
    CK_MECHANISM kw{how, nullptr, 0};
    CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &object_class, sizeof object_class},
                                 {CKA_KEY_TYPE, &type, sizeof type},
                                 {CKA_TOKEN, &no, sizeof no}};
    CK_OBJECT_HANDLE object = 0;
    check(module->C_UnwrapKey(session, &kw, key, wrapped.data(), static_cast<CK_ULONG>(wrapped.size()), attributes, 3, &object),
          "C_UnwrapKey");
    check(module->C_DestroyObject(session, object), "C_DestroyObject");
  };
}

}  // namespace

std::vector<Row> module_rows(const std::string& path) {
  const auto module = std::make_shared<Module>(path);
  module->initialize();
  module->make_token();
  const auto session = module->open();
  module->login(session);
  using Role = Module::Role;
  const auto aes = module->generate_cipher_key(session), kek = module->generate_wrapping_key(session);
  const auto mac = module->generate_generic(session, 32);
  const auto rsa = module->generate_rsa(session, 2048, Role::sign), rsa3 = module->generate_rsa(session, 3072, Role::sign);
  const auto sealed = module->generate_rsa(session, 2048, Role::decrypt), sealed3 = module->generate_rsa(session, 3072, Role::decrypt);
  const std::vector<CK_BYTE> p256_oid{6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7}, p384_oid{6, 5, 0x2B, 0x81, 4, 0, 0x22};
  const auto p256 = module->generate_ec(session, CKM_EC_KEY_PAIR_GEN, p256_oid, Role::sign);
  const auto p384 = module->generate_ec(session, CKM_EC_KEY_PAIR_GEN, p384_oid, Role::sign);
  const auto agreeing = module->generate_ec(session, CKM_EC_KEY_PAIR_GEN, p256_oid, Role::derive);
  // SoftHSM2 knows the curve by its name only.
  const std::vector<CK_BYTE> edwards{0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
  const auto ed25519 = module->generate_ec(session, CKM_EC_EDWARDS_KEY_PAIR_GEN, edwards, Role::sign);
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const std::pair<const char*, std::function<Body()>> rows[] = {
      {"AES-GCM 64 B", [=] { return gcm(*module, aes, 64); }},
      {"AES-CBC 64 B", [=] { return cbc(*module, aes); }},
      {"HMAC-SHA-256 64 B", [=] { return sign(*module, mac, CKM_SHA256_HMAC, 64); }},
      {"SHA-256 64 B", [=] { return digest(*module, 64); }},
      {"AES-GCM 1 MiB", [=] { return gcm(*module, aes, kMiB); }},
      {"AES-GCM 1 MiB decrypt", [=] { return gcm_decrypt(*module, aes, kMiB); }},
      {"AES-GCM 1 MiB in parts", [=] { return gcm_in_parts(*module, aes, kMiB, true); }},
      {"AES-GCM 1 MiB in parts, decrypt", [=] { return gcm_in_parts(*module, aes, kMiB, false); }},
      {"SHA-256 1 MiB", [=] { return digest(*module, kMiB); }},
      {"AES-KW wrap", [=] { return wrap(*module, kek, CKM_AES_KEY_WRAP); }},
      {"AES-KW unwrap", [=] { return unwrap(*module, kek, CKM_AES_KEY_WRAP); }},
      {"AES-KWP wrap", [=] { return wrap(*module, kek, CKM_AES_KEY_WRAP_PAD); }},
      {"AES-KWP unwrap", [=] { return unwrap(*module, kek, CKM_AES_KEY_WRAP_PAD); }},
      {"P-256 sign", [=] { return sign(*module, p256.private_key, CKM_ECDSA, 32); }},
      {"P-256 verify", [=] { return verify(*module, p256, CKM_ECDSA, 32); }},
      {"P-384 sign", [=] { return sign(*module, p384.private_key, CKM_ECDSA, 48); }},
      {"P-384 verify", [=] { return verify(*module, p384, CKM_ECDSA, 48); }},
      {"RSA-2048 sign", [=] { return sign(*module, rsa.private_key, CKM_RSA_PKCS, 51); }},
      {"RSA-2048 PSS sign", [=] { return sign(*module, rsa.private_key, pss(), 64); }},
      {"RSA-3072 sign", [=] { return sign(*module, rsa3.private_key, CKM_RSA_PKCS, 51); }},
      {"RSA-3072 PSS sign", [=] { return sign(*module, rsa3.private_key, pss(), 64); }},
      {"RSA-2048 OAEP decrypt", [=] { return decrypt(*module, sealed, oaep()); }},
      {"RSA-3072 OAEP decrypt", [=] { return decrypt(*module, sealed3, oaep()); }},
      {"Ed25519 sign", [=] { return sign(*module, ed25519.private_key, CKM_EDDSA, 64); }},
      {"ECDH P-256", [=] { return agree(*module, agreeing); }},
      {"session open + close", [=] { return session_open_close(*module); }},
  };
  std::vector<Row> all;
  for (const auto& [name, make] : rows) add_rows(all, name, make);
  return all;
}

}  // namespace bench
