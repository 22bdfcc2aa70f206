#include "hsm/engine/built_in.h"

#include "hsm/engine/policy.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace hsm::engine {
namespace {

/// No session: built-in objects live as long as the engine.
constexpr SessionHandle kNobody = ~SessionHandle{0};

/// CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN
constexpr auto kProfiles = std::to_array<std::uint64_t>({1, 2, 3, 4});

ObjectPtr make(std::uint64_t number, ObjectClass object_class, std::string_view word, Attr what, std::uint64_t value) {
  Template attributes;
  put(attributes, attribute(Attr::object_class, object_class));
  put(attributes, attribute(Attr::token, true));
  for (const auto no : {Attr::private_, Attr::modifiable, Attr::copyable, Attr::destroyable})
    put(attributes, attribute(no, false));
  put(attributes, attribute(Attr::unique_id, bytes_of(fmt::format("{}-{}", word, value))));
  put(attributes, attribute(what, value));
  return std::make_shared<const Object>(number, kNobody, std::move(attributes));
}

}  // namespace

std::vector<ObjectPtr> make_built_in_objects(const std::function<std::uint64_t()>& next_number) {
  std::vector<ObjectPtr> objects;
  for (const auto profile : kProfiles)
    objects.push_back(make(next_number(), ObjectClass::profile, "profile", Attr::profile_id, profile));
  for (const auto& row : all_mechanisms()) {
    if (!crypto::available(row)) continue;
    objects.push_back(make(next_number(), ObjectClass::mechanism, "mechanism", Attr::mechanism_type,
                           static_cast<std::uint64_t>(row.id)));
  }
  return objects;
}

bool is_built_in(const Object& object) { return object.owner() == kNobody; }

bool is_of(PolicyProfile profile, const Object& built_in) {
  if (built_in.kind().object_class != ObjectClass::mechanism) return true;
  const auto row = find_mechanism(built_in.attributes().number(Attr::mechanism_type).value_or(kUnavailable));
  return row && policy::offered(profile, **row) != uses_none;
}

}  // namespace hsm::engine
