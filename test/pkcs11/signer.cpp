#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

#include "pkcs11/cryptoki.h"

// signer MODULE USE PLACE TIMES: makes a token in the store of KEYMANTLE_STORE, logs in, makes a key in PLACE (session, token) and uses it
// so often. For no_syscalls.

namespace {

CK_FUNCTION_LIST* functions = nullptr;
CK_SESSION_HANDLE session = 0;
CK_BBOOL on_token = CK_FALSE;
CK_BBOOL yes = CK_TRUE;

void must(CK_RV rv) {
  if (rv != CKR_OK) std::exit(static_cast<int>(rv & 0x7F) | 1);
}

void open_token() {
  CK_SLOT_ID slot = 0;
  CK_ULONG count = 1;
  must(functions->C_Initialize(nullptr));
  must(functions->C_GetSlotList(CK_FALSE, &slot, &count));
  CK_UTF8CHAR label[] = "signer                          ";
  CK_UTF8CHAR pin[] = "12345678";
  must(functions->C_InitToken(slot, pin, 8, label));
  must(functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session));
  must(functions->C_Login(session, CKU_SO, pin, 8));
  must(functions->C_InitPIN(session, pin, 8));
  must(functions->C_Logout(session));
  must(functions->C_Login(session, CKU_USER, pin, 8));
}

CK_OBJECT_HANDLE secret_key(CK_MECHANISM_TYPE generation, CK_ATTRIBUTE_TYPE use) {
  CK_MECHANISM mechanism{generation, nullptr, 0};
  CK_ULONG size = 32;
  CK_ATTRIBUTE wanted[]{{CKA_VALUE_LEN, &size, sizeof size}, {use, &yes, sizeof yes}, {CKA_TOKEN, &on_token, sizeof on_token}};
  CK_OBJECT_HANDLE key = 0;
  must(functions->C_GenerateKey(session, &mechanism, wanted, std::size(wanted), &key));
  return key;
}

CK_OBJECT_HANDLE private_key(CK_MECHANISM_TYPE generation, CK_ATTRIBUTE of_public) {
  CK_MECHANISM mechanism{generation, nullptr, 0};
  CK_ATTRIBUTE of_private[]{{CKA_SIGN, &yes, sizeof yes}, {CKA_TOKEN, &on_token, sizeof on_token}};
  CK_OBJECT_HANDLE verifying = 0;
  CK_OBJECT_HANDLE signing = 0;
  must(functions->C_GenerateKeyPair(session, &mechanism, &of_public, 1, of_private, std::size(of_private), &verifying, &signing));
  return signing;
}
CK_OBJECT_HANDLE rsa_key() {
  CK_ULONG bits = 2048;
  return private_key(CKM_RSA_PKCS_KEY_PAIR_GEN, {CKA_MODULUS_BITS, &bits, sizeof bits});
}
CK_OBJECT_HANDLE curve_key(CK_MECHANISM_TYPE generation, std::vector<CK_BYTE> oid) {
  return private_key(generation, {CKA_EC_PARAMS, oid.data(), static_cast<CK_ULONG>(oid.size())});
}

void sign_by(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key) {
  std::array<CK_BYTE, 32> digest{};
  std::array<CK_BYTE, 256> out{};
  CK_ULONG room = out.size();
  must(functions->C_SignInit(session, &mechanism, key));
  must(functions->C_Sign(session, digest.data(), digest.size(), out.data(), &room));
}

void sign_pss(CK_OBJECT_HANDLE key) {
  CK_RSA_PKCS_PSS_PARAMS pss{CKM_SHA256, CKG_MGF1_SHA256, 32};
  sign_by({CKM_RSA_PKCS_PSS, &pss, sizeof pss}, key);
}

void encrypt_by(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key) {
  std::array<CK_BYTE, 64> data{};
  std::array<CK_BYTE, 80> out{};
  CK_ULONG room = out.size();
  must(functions->C_EncryptInit(session, &mechanism, key));
  must(functions->C_Encrypt(session, data.data(), data.size(), out.data(), &room));
}

void encrypt_cbc(CK_OBJECT_HANDLE key) {
  std::array<CK_BYTE, 16> iv{};
  encrypt_by({CKM_AES_CBC, iv.data(), iv.size()}, key);
}

void encrypt_gcm(CK_OBJECT_HANDLE key) {
  static std::array<CK_BYTE, 12> iv{};
  if (++iv[0] == 0) ++iv[1];
  CK_GCM_PARAMS gcm{iv.data(), iv.size(), 8 * iv.size(), nullptr, 0, 128};
  encrypt_by({CKM_AES_GCM, &gcm, sizeof gcm}, key);
}

void digest(CK_OBJECT_HANDLE) {
  std::array<CK_BYTE, 64> data{};
  CK_ULONG room = data.size();
  CK_MECHANISM mechanism{CKM_SHA256, nullptr, 0};
  must(functions->C_DigestInit(session, &mechanism));
  must(functions->C_Digest(session, data.data(), data.size(), data.data(), &room));
}

struct Use {
  std::string_view name;
  CK_OBJECT_HANDLE (*make)();
  void (*work)(CK_OBJECT_HANDLE);
};
constexpr Use kUses[] = {
    {"ecdsa", [] { return curve_key(CKM_EC_KEY_PAIR_GEN, {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}); },
     [](CK_OBJECT_HANDLE key) { sign_by({CKM_ECDSA, nullptr, 0}, key); }},
    {"rsa", rsa_key, [](CK_OBJECT_HANDLE key) { sign_by({CKM_SHA256_RSA_PKCS, nullptr, 0}, key); }},
    {"pss", rsa_key, sign_pss},
    {"eddsa", [] { return curve_key(CKM_EC_EDWARDS_KEY_PAIR_GEN, {0x06, 0x03, 0x2B, 0x65, 0x70}); },
     [](CK_OBJECT_HANDLE key) { sign_by({CKM_EDDSA, nullptr, 0}, key); }},
    {"mac", [] { return secret_key(CKM_GENERIC_SECRET_KEY_GEN, CKA_SIGN); },
     [](CK_OBJECT_HANDLE key) { sign_by({CKM_SHA256_HMAC, nullptr, 0}, key); }},
    {"encrypt", [] { return secret_key(CKM_AES_KEY_GEN, CKA_ENCRYPT); }, encrypt_cbc},
    {"gcm", [] { return secret_key(CKM_AES_KEY_GEN, CKA_ENCRYPT); }, encrypt_gcm},
    {"digest", [] { return CK_OBJECT_HANDLE{0}; }, digest},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  void* module = ::dlopen(argv[1], RTLD_NOW);
  if (module == nullptr) return 3;
  CK_C_GetFunctionList get = nullptr;
  *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
  if (get == nullptr || get(&functions) != CKR_OK) return 4;
  on_token = std::strcmp(argv[3], "token") == 0 ? CK_TRUE : CK_FALSE;
  for (const auto& use : kUses) {
    if (use.name != argv[2]) continue;
    open_token();
    const auto key = use.make();
    for (int left = std::atoi(argv[4]); left > 0; --left) use.work(key);
    return functions->C_Finalize(nullptr) == CKR_OK ? 0 : 5;
  }
  return 2;
}
