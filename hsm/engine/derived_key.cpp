#include "hsm/engine/derived_key.h"

#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/engine/demands.h"
#include "hsm/model/template.h"

namespace hsm::engine {
namespace {

/// Octets of a key whose type need not be told its length; 0 for the others.
std::uint64_t usual_length(KeyType type) {
  if (type == KeyType::des) return 8;
  if (type == KeyType::des2 || type == KeyType::seed) return 16;
  if (type == KeyType::des3) return 24;
  if (type == KeyType::hotp) return 20;  // RFC 4226 recommends it; the key may be longer
  return type == KeyType::chacha20 || type == KeyType::poly1305 ? 32 : 0;
}

}  // namespace

std::uint64_t length_wanted(const Template& attributes, const ObjectKind& kind) {
  return find_number(attributes, Attr::value_len).value_or(usual_length(kind.key_type()));
}

Result<DerivedKey> derived_key(const Caller& caller, const policy::Source& source, std::span<const ObjectPtr> others,
                               Template wanted) {
  wanted = with_derived_kind(std::move(wanted));
  DerivedKey key{TRY(kind_of(wanted, std::nullopt)), {}, 0};
  if (key.kind.object_class != ObjectClass::secret_key)
    return fail(Rv::template_inconsistent, "the mechanism derives secret keys only");
  key.attributes = TRY(new_under_policy(caller, on_derive, key.kind, wanted, source));
  for (const auto& other : others) TRY(policy::may_exist(caller.profile(), on_derive, key.kind, key.attributes, {other.get()}));
  TRY(policy::may_create(caller, find_bool(key.attributes, Attr::token).value_or(false),
                         find_bool(key.attributes, Attr::private_).value_or(false)));
  key.length = length_wanted(key.attributes, key.kind);
  return key;
}

Status complete(const Caller& caller, DerivedKey& key, Secret value, const Object& base, std::span<const ObjectPtr> others) {
  TRY(policy::long_enough(caller.profile(), value));
  crypto::fit_to_type(key.kind.key_type(), value);
  put(key.attributes, attribute(Attr::value, std::move(value)));
  return born_by_derivation(key.attributes, key.kind, base, others);
}

}  // namespace hsm::engine
