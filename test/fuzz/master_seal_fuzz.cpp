#include <algorithm>
#include <cstdlib>

#include "hsm/base/codec.h"
#include "hsm/crypto/crypto.h"
#include "hsm/store/keystore.h"
#include "hsm/store/master_seal.h"

// The content of master.seal: what is taken holds its key and nothing else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hsm;
  const ByteView content(data, size);
  const auto key = store::decode_seal(Secret::copy_of(content));
  if (!key) return 0;
  constexpr std::size_t kPattern = store::VerificationPattern().size();
  const auto octets = key->reveal(crypto::SecretAccess::use());
  const auto before = content.first(size - kPattern);
  if (octets.size() != 32 || before.size() < 32 || !std::ranges::equal(octets, before.last(32))) std::abort();
  return 0;
}
