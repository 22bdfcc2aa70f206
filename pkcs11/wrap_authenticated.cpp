#include "pkcs11/attributes.h"
#include "pkcs11/message_parameter.h"
#include "pkcs11/out_buffer.h"

// Keys wrapped by an AEAD with associated data (PKCS#11 3.2, 5.18.6 and 5.18.7). The mechanism's parameter is that of a
// message.

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::MessageParameter;
using p11::not_null;
using p11::octets;
using p11::Status;

namespace {

/// Mechanisms that have no messages keep no parameter, so that the engine can refuse them.
p11::Result<MessageParameter> read(const CK_MECHANISM& mechanism, MessageParameter::Tag tag) {
  const auto row = hsm::find_mechanism(mechanism.mechanism);
  if (!row || (*row)->message == hsm::MessageForm::none) return MessageParameter();
  return MessageParameter::read(mechanism.pParameter, mechanism.ulParameterLen, tag);
}

}  // namespace

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key,
                             CK_OBJECT_HANDLE key, CK_BYTE_PTR associated, CK_ULONG associated_size,
                             CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(mechanism));
    TRY(not_null(wrapped_size));
    const p11::OutBuffer out(wrapped, wrapped_size);
    const auto parameter = TRY(read(*mechanism, MessageParameter::Tag::made));
    const auto bound = TRY(octets(associated, associated_size));
    const auto produced = TRY(d.call(hsm::request::WrapKeyAuthenticated{session, mechanism->mechanism, parameter.values(), wrapping_key,
                                                                        key, bound, out.room()}));
    if (produced.written) {
      parameter.give_iv(produced.iv);
      parameter.give_tag(produced.tag);
    }
    return out.take(produced);
  });
}

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping_key,
                               CK_BYTE_PTR wrapped, CK_ULONG wrapped_size, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                               CK_BYTE_PTR associated, CK_ULONG associated_size, CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(mechanism));
    TRY(not_null(key));
    const auto parameter = TRY(read(*mechanism, MessageParameter::Tag::given));
    const auto in = TRY(octets(wrapped, wrapped_size));
    const auto bound = TRY(octets(associated, associated_size));
    auto given = TRY(p11::read_template(attributes, count));
    const auto made = TRY(d.call(hsm::request::UnwrapKeyAuthenticated{session, mechanism->mechanism, parameter.values(), unwrapping_key, in,
                                                                      bound, std::move(given)}));
    *key = made.object;
    return Done{};
  });
}
