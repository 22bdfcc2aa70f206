#include "pkcs11/asynchronous.h"
#include "pkcs11/attributes.h"
#include "pkcs11/mechanism.h"
#include "pkcs11/out_buffer.h"
#include "pkcs11/parameters.h"

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::not_null;
using p11::OutBuffer;
using p11::read_mechanism;
using p11::read_template;
using p11::Status;

namespace {

/// Token objects stay when their session ends.
bool on_token(const hsm::Template& attributes) { return hsm::find_bool(attributes, hsm::Attr::token).value_or(false); }

}  // namespace

CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(key));
    auto how = TRY(read_mechanism(mechanism));
    auto given = TRY(read_template(attributes, count));
    const bool stays = on_token(given);
    hsm::request::GenerateKey request{session, std::move(how), std::move(given)};
    // What goes back through the parameter must be there when the call returns.
    const bool gives_iv = p11::gives_iv(*mechanism);
    const auto made = gives_iv ? TRY(d.call(request)) : TRY(p11::call_or_start(d, "C_GenerateKey", std::move(request), stays));
    *key = made.object;
    return gives_iv ? p11::give_iv(*mechanism, made.iv) : Done{};
  });
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_attributes,
                        CK_ULONG public_count, CK_ATTRIBUTE_PTR private_attributes, CK_ULONG private_count,
                        CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(public_key));
    TRY(not_null(private_key));
    auto how = TRY(read_mechanism(mechanism));
    auto of_public = TRY(read_template(public_attributes, public_count));
    auto of_private = TRY(read_template(private_attributes, private_count));
    const bool stays = on_token(of_public) && on_token(of_private);
    hsm::request::GenerateKeyPair request{session, std::move(how), std::move(of_public), std::move(of_private)};
    const auto made = TRY(p11::call_or_start(d, "C_GenerateKeyPair", std::move(request), stays));
    *public_key = made.public_key;
    *private_key = made.private_key;
    return Done{};
  });
}

CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
                CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(wrapped_size));
    const OutBuffer out(wrapped, wrapped_size);
    return out.take(TRY(d.call(hsm::request::WrapKey{session, TRY(read_mechanism(mechanism)), wrapping_key, key, out.room()})));
  });
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE_PTR wrapped,
                  CK_ULONG wrapped_size, CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(key));
    auto how = TRY(read_mechanism(mechanism));
    const auto in = TRY(p11::octets(wrapped, wrapped_size));
    auto given = TRY(read_template(attributes, count));
    const auto made = TRY(d.call(hsm::request::UnwrapKey{session, std::move(how), unwrapping_key, in, std::move(given)}));
    *key = made.object;
    return Done{};
  });
}

CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE_PTR attributes,
                  CK_ULONG count, CK_OBJECT_HANDLE_PTR key) {
  return entry(__func__, [&](Device& d) -> Status {
    auto how = TRY(read_mechanism(mechanism));
    if (!p11::gives_handles_by_parameter(*mechanism)) TRY(not_null(key));
    auto given = TRY(read_template(attributes, count));
    const bool stays = on_token(given);
    auto additional = TRY(p11::read_additional_keys(*mechanism));
    hsm::request::DeriveKey request{session, std::move(how), base_key, std::move(given), std::move(additional)};
    // PKCS#11 3.2, 6.42: where no additional key was made there is no handle.
    TRY(p11::give_additional_keys(*mechanism, std::vector<hsm::ObjectHandle>(request.additional.size(), CK_INVALID_HANDLE)));
    // What goes back through the parameter must be there when the call returns.
    const auto made = p11::answers_by_parameter(*mechanism) || !request.additional.empty() ? TRY(d.call(request))
                                                            : TRY(p11::call_or_start(d, "C_DeriveKey", std::move(request), stays));
    if (key != nullptr) *key = made.object;
    return p11::give_derived(*mechanism, made);
  });
}

CK_RV C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::SeedRandom{session, TRY(p11::octets(seed, size))}));
    return Done{};
  });
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(data));
    TRY(p11::octets(data, size));
    TRY(d.call(hsm::request::GenerateRandom{session, hsm::Room(data, size)}));
    return Done{};
  });
}
