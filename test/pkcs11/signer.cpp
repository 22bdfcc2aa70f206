#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "pkcs11/cryptoki.h"

// signer MODULE USE TIMES: makes a token and a session key in the store of KEYMANTLE_STORE and uses it so often. For no_syscalls.

namespace {

CK_FUNCTION_LIST* functions = nullptr;
CK_SESSION_HANDLE session = 0;
CK_BBOOL yes = CK_TRUE;
CK_BBOOL no = CK_FALSE;

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
}

CK_OBJECT_HANDLE secret_key(CK_MECHANISM_TYPE generation, CK_ATTRIBUTE_TYPE use) {
  CK_MECHANISM mechanism{generation, nullptr, 0};
  CK_ULONG size = 32;
  CK_ATTRIBUTE wanted[]{{CKA_VALUE_LEN, &size, sizeof size}, {use, &yes, sizeof yes}, {CKA_PRIVATE, &no, sizeof no}};
  CK_OBJECT_HANDLE key = 0;
  must(functions->C_GenerateKey(session, &mechanism, wanted, std::size(wanted), &key));
  return key;
}

CK_OBJECT_HANDLE private_key() {
  CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  CK_BYTE p256[]{0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
  CK_ATTRIBUTE of_public[]{{CKA_EC_PARAMS, p256, sizeof p256}};
  CK_ATTRIBUTE of_private[]{{CKA_SIGN, &yes, sizeof yes}, {CKA_PRIVATE, &no, sizeof no}};
  CK_OBJECT_HANDLE verifying = 0;
  CK_OBJECT_HANDLE signing = 0;
  must(functions->C_GenerateKeyPair(session, &mechanism, of_public, std::size(of_public), of_private, std::size(of_private), &verifying,
                                    &signing));
  return signing;
}

using Work = void (*)(CK_OBJECT_HANDLE);

void sign_by(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key) {
  std::array<CK_BYTE, 32> digest{};
  std::array<CK_BYTE, 128> out{};
  CK_ULONG room = out.size();
  must(functions->C_SignInit(session, &mechanism, key));
  must(functions->C_Sign(session, digest.data(), digest.size(), out.data(), &room));
}
void sign(CK_OBJECT_HANDLE key) { sign_by({CKM_ECDSA, nullptr, 0}, key); }
void mac(CK_OBJECT_HANDLE key) { sign_by({CKM_SHA256_HMAC, nullptr, 0}, key); }

void encrypt(CK_OBJECT_HANDLE key) {
  std::array<CK_BYTE, 16> iv{};
  std::array<CK_BYTE, 64> data{};
  CK_ULONG room = data.size();
  CK_MECHANISM mechanism{CKM_AES_CBC, iv.data(), iv.size()};
  must(functions->C_EncryptInit(session, &mechanism, key));
  must(functions->C_Encrypt(session, data.data(), data.size(), data.data(), &room));
}

void digest(CK_OBJECT_HANDLE) {
  std::array<CK_BYTE, 64> data{};
  CK_ULONG room = data.size();
  CK_MECHANISM mechanism{CKM_SHA256, nullptr, 0};
  must(functions->C_DigestInit(session, &mechanism));
  must(functions->C_Digest(session, data.data(), data.size(), data.data(), &room));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  void* module = ::dlopen(argv[1], RTLD_NOW);
  if (module == nullptr) return 3;
  CK_C_GetFunctionList get = nullptr;
  *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
  if (get == nullptr || get(&functions) != CKR_OK) return 4;
  open_token();
  Work work = digest;
  CK_OBJECT_HANDLE key = 0;
  if (std::strcmp(argv[2], "sign") == 0) work = sign, key = private_key();
  if (std::strcmp(argv[2], "mac") == 0) work = mac, key = secret_key(CKM_GENERIC_SECRET_KEY_GEN, CKA_SIGN);
  if (std::strcmp(argv[2], "encrypt") == 0) work = encrypt, key = secret_key(CKM_AES_KEY_GEN, CKA_ENCRYPT);
  for (int left = std::atoi(argv[3]); left > 0; --left) work(key);
  return functions->C_Finalize(nullptr) == CKR_OK ? 0 : 5;
}
