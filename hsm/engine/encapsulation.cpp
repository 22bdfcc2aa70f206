#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/engine/demands.h"
#include "hsm/engine/derived_key.h"
#include "hsm/model/template.h"

// C_EncapsulateKey, C_DecapsulateKey: a new secret key and the ciphertext that gives it to the owner of the private
// key.

namespace hsm::engine {
Result<request::Encapsulated> Application::call(const request::EncapsulateKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_encapsulate));
  const auto key = TRY(resolve(caller, request.public_key, Rv::key_handle_invalid));
  if (key->kind().object_class != ObjectClass::public_key) return fail(Rv::key_handle_invalid, "the object is not a public key");
  TRY(policy::may_encapsulate({caller.profile(), *row, request.mechanism}, *key));
  auto demanded = demanded_of(*key, Attr::encapsulate_template, request.attributes);
  // PKCS#11 3.2, 5.18.8: refused like a key that does not match CKA_WRAP_TEMPLATE.
  if (!demanded) return fail(Rv::key_handle_invalid, "the template contradicts the key's CKA_ENCAPSULATE_TEMPLATE");
  auto wanted = TRY(derived_key(caller, {}, {}, std::move(*demanded)));
  const auto public_key = key->attributes().decode();
  const auto need = TRY(crypto::encapsulated_size(request.mechanism, public_key));
  if (request.room.data() == nullptr || request.room.size() < need)
    return request::Encapsulated{need, false, kNoHandle};
  auto made = TRY(crypto::encapsulate(request.mechanism, public_key, wanted.length));
  put(wanted.attributes, attribute(Attr::value, std::move(made.secret)));
  TRY(born_by_create(wanted.attributes, wanted.kind));
  const auto handle = TRY(keep_one(caller, std::move(wanted.attributes), store::Act::key_derived));
  std::ranges::copy(made.ciphertext, request.room.begin());
  count_use(caller, *key, store::Act::used_derive);
  return request::Encapsulated{made.ciphertext.size(), true, handle};
}

Result<request::OneObject> Application::call(const request::DecapsulateKey& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto* row = TRY(policy::usable(caller.profile(), request.mechanism, uses_decapsulate));
  const auto key = TRY(resolve(caller, request.private_key, Rv::unwrapping_key_handle_invalid));
  if (key->kind().object_class != ObjectClass::private_key)
    return fail(Rv::unwrapping_key_handle_invalid, "the object is not a private key");
  TRY(policy::may_decapsulate({caller.profile(), *row, request.mechanism}, *key));
  auto wanted = TRY(derived_key(caller, {key.get(), Attr::decapsulate_template}, {},
                                TRY(demanded_of(*key, Attr::decapsulate_template, request.attributes))));
  TRY(spend_use(caller, *key));
  auto secret =
      TRY(crypto::decapsulate(request.mechanism, *TRY(key_of(caller, *key)), request.ciphertext, wanted.length));
  put(wanted.attributes, attribute(Attr::value, std::move(secret)));
  if (!born_by_create(wanted.attributes, wanted.kind))
    return fail(Rv::wrapped_key_invalid, "what was encapsulated is no key of the template's type and length");
  count_use(caller, *key, store::Act::used_derive);
  return request::OneObject{TRY(keep_one(caller, std::move(wanted.attributes), store::Act::key_derived))};
}

}  // namespace hsm::engine
