#include <dlfcn.h>
#include <openssl/evp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "pkcs11/cryptoki.h"

// A program that uses OpenSSL and the module, and leaves in the way named by its second argument:
//   open      exit() with the module initialised and a session open
//   handler   the same, and an exit handler from before the module was loaded calls C_CloseSession and C_Finalize
//   finalized exit() after C_Finalize
//   busy      exit() while other threads are inside calls

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

/// Digests until the process is gone; what the calls answer while it goes does not matter.
void digest_for_ever(CK_SLOT_ID slot) {
  CK_SESSION_HANDLE own = 0;
  if (functions->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &own) != CKR_OK) std::_Exit(10);
  CK_MECHANISM sha256{CKM_SHA256, nullptr, 0};
  CK_BYTE octets[32] = {};
  for (;;) {
    CK_ULONG room = sizeof octets;
    functions->C_DigestInit(own, &sha256);
    functions->C_Digest(own, octets, sizeof octets, octets, &room);
    functions->C_GenerateRandom(own, octets, sizeof octets);
  }
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
  CK_UTF8CHAR label[] = "leaver                          ";
  CK_UTF8CHAR pin[] = "12345678";
  if (functions->C_InitToken(slots[0], pin, 8, label) != CKR_OK) return 8;
  if (functions->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) != CKR_OK) return 11;
  CK_MECHANISM sha256{CKM_SHA256, nullptr, 0};
  if (functions->C_DigestInit(session, &sha256) != CKR_OK) return 12;
  if (std::strcmp(argv[2], "finalized") == 0 && functions->C_Finalize(nullptr) != CKR_OK) return 9;
  if (std::strcmp(argv[2], "busy") == 0) {
    for (int i = 0; i < 4; ++i) std::thread(digest_for_ever, slots[0]).detach();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::exit(0);
}
