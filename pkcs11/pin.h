#pragma once

#include "hsm/base/secret.h"
#include "pkcs11/out_buffer.h"

namespace p11 {

/// A PIN, which must be given: there is no protected authentication path. How long one may be is for the engine to say; what is
/// refused here is what cannot be a PIN at all.
inline Result<hsm::Secret> read_pin(const CK_UTF8CHAR* pin, CK_ULONG size) {
  TRY(not_null(pin));
  if (size > 4096) return fail(Rv::pin_len_range, "a PIN beyond any limit");
  return hsm::Secret::copy_of(TRY(octets(pin, size)));
}

}  // namespace p11
