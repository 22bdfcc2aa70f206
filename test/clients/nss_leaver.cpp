// Leaves while its threads are inside the module, through NSS: nss_leaver DATABASE CERTIFICATE PIN-FILE.
#include <cert.h>
#include <keyhi.h>
#include <nss.h>
#include <pk11pub.h>
#include <secmod.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

namespace {

std::string pin;
std::atomic<int> made{0};

char* give_pin(PK11SlotInfo*, PRBool again, void*) { return again ? nullptr : PORT_Strdup(pin.c_str()); }

void sign_for_ever(SECKEYPrivateKey* key) {
  unsigned char digest[32] = {};
  SECItem in{siBuffer, digest, sizeof digest};
  for (;;) {
    SECItem out{siBuffer, nullptr, 0};
    SECITEM_AllocItem(nullptr, &out, static_cast<unsigned>(PK11_SignatureLen(key)));
    if (PK11_Sign(key, &out, &in) == SECSuccess) ++made;
    SECITEM_FreeItem(&out, PR_FALSE);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::getline(std::ifstream(argv[3]), pin);
  if (NSS_Init(argv[1]) != SECSuccess) return std::cerr << "no NSS database\n", 3;
  PK11_SetPasswordFunc(give_pin);
  auto* certificate = PK11_FindCertFromNickname(argv[2], nullptr);
  auto* key = certificate == nullptr ? nullptr : PK11_FindKeyByAnyCert(certificate, nullptr);
  if (key == nullptr) return std::cerr << "no key of " << argv[2] << '\n', 4;
  for (int i = 0; i < 4; ++i) std::thread(sign_for_ever, key).detach();
  for (int waited = 0; made < 100; ++waited) {
    if (waited == 1000) return std::cerr << "it does not sign\n", 5;
    usleep(10000);
  }
  (void)NSS_Shutdown();  // refused or not: everything is still in use
  return 0;
}
