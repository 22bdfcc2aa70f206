#include <algorithm>

#include "pkcs11/attributes.h"
#include "pkcs11/mechanism.h"
#include "pkcs11/out_buffer.h"

// Key encapsulation (PKCS#11 3.2, 5.18.8 and 5.18.9).

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::not_null;
using p11::read_mechanism;
using p11::read_template;
using p11::Status;

namespace {

/// More than any ciphertext: what a caller says of larger room is not worth carrying to the HSM.
constexpr std::size_t kMostCiphertext = 64 * 1024;

}  // namespace

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE public_key,
                       CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_BYTE_PTR ciphertext,
                       CK_ULONG_PTR ciphertext_size, CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(ciphertext_size));
    if (ciphertext != nullptr) TRY(not_null(key));
    const p11::OutBuffer out(ciphertext, ciphertext_size);
    const auto room = out.room().first(std::min(out.room().size(), kMostCiphertext));
    auto how = TRY(read_mechanism(mechanism));
    auto given = TRY(read_template(attributes, count));
    const auto made = TRY(d.call(hsm::request::EncapsulateKey{session, std::move(how), public_key, std::move(given), room}));
    if (made.written) *key = made.object;
    return out.take(made);
  });
}

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE private_key,
                       CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_BYTE_PTR ciphertext, CK_ULONG size,
                       CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(key));
    auto how = TRY(read_mechanism(mechanism));
    const auto in = TRY(p11::octets(ciphertext, size));
    auto given = TRY(read_template(attributes, count));
    const auto made = TRY(d.call(hsm::request::DecapsulateKey{session, std::move(how), private_key, in, std::move(given)}));
    *key = made.object;
    return Done{};
  });
}
