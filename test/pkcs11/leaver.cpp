#include <dlfcn.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pkcs11/cryptoki.h"

// A program that uses OpenSSL and the module, and leaves in the way named by its second argument:
//   open      exit() with the module initialised and a session open
//   handler   the same, and an exit handler from before the module was loaded calls C_CloseSession and C_Finalize
//   finalized exit() after C_Finalize

namespace {

CK_FUNCTION_LIST* functions = nullptr;
CK_SESSION_HANDLE session = 0;

void call_late() {
  const CK_RV closed = functions->C_CloseSession(session);
  const CK_RV finalized = functions->C_Finalize(nullptr);
  const bool sane = (closed == CKR_OK || closed == CKR_CRYPTOKI_NOT_INITIALIZED) &&
                    (finalized == CKR_OK || finalized == CKR_CRYPTOKI_NOT_INITIALIZED);
  std::fputs(sane ? "late calls answered\n" : "late calls failed\n", stdout);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool handler = std::strcmp(argv[2], "handler") == 0;
  if (handler) std::atexit(call_late);
  void* module = ::dlopen(argv[1], RTLD_NOW);
  if (module == nullptr) return 3;
  CK_C_GetFunctionList get = nullptr;
  *reinterpret_cast<void**>(&get) = ::dlsym(module, "C_GetFunctionList");
  if (get == nullptr || get(&functions) != CKR_OK) return 4;
  unsigned char digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest("x", 1, digest, nullptr, EVP_sha256(), nullptr) != 1) return 5;
  if (functions->C_Initialize(nullptr) != CKR_OK) return 6;
  CK_SLOT_ID slots[4];
  CK_ULONG count = 4;
  if (functions->C_GetSlotList(CK_FALSE, slots, &count) != CKR_OK || count == 0) return 7;
  if (functions->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) == CKR_OK) {
    CK_MECHANISM sha256{CKM_SHA256, nullptr, 0};
    if (functions->C_DigestInit(session, &sha256) != CKR_OK) return 8;
  }
  if (std::strcmp(argv[2], "finalized") == 0 && functions->C_Finalize(nullptr) != CKR_OK) return 9;
  std::exit(0);
}
