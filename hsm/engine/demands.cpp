#include "hsm/engine/demands.h"

#include "hsm/model/template.h"

namespace hsm::engine {

Result<Template> demanded_of(const Object& key, Attr demand, const Template& given) {
  const auto demanded = key.demands(demand);
  if (!demanded) return clone(given, crypto::SecretAccess::use());
  return with_demanded(given, *demanded, crypto::SecretAccess::use());
}

Template with_derived_kind(Template wanted) {
  if (find(wanted, Attr::object_class) == nullptr)
    wanted.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  if (find(wanted, Attr::key_type) == nullptr) wanted.push_back(attribute(Attr::key_type, KeyType::generic_secret));
  return wanted;
}

}  // namespace hsm::engine
