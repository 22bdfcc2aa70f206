#include "hsm/model/attribute.h"

#include <algorithm>

namespace hsm {

Attribute attribute(Attr type, bool value) { return {static_cast<std::uint64_t>(type), value}; }
Attribute attribute(Attr type, std::uint64_t value) { return {static_cast<std::uint64_t>(type), value}; }
Attribute attribute(Attr type, Bytes value) { return {static_cast<std::uint64_t>(type), std::move(value)}; }
Attribute attribute(Attr type, Secret value) { return {static_cast<std::uint64_t>(type), std::move(value)}; }

const Attribute* find(const Template& attributes, Attr type) {
  const auto at =
      std::ranges::find(attributes, static_cast<std::uint64_t>(type), [](const Attribute& a) { return a.type; });
  return at == attributes.end() ? nullptr : &*at;
}

namespace {

template <class T>
const T* find_as(const Template& attributes, Attr type) {
  const auto* found = find(attributes, type);
  return found == nullptr ? nullptr : std::get_if<T>(&found->value);
}

}  // namespace

std::optional<bool> find_bool(const Template& attributes, Attr type) {
  const auto* value = find_as<bool>(attributes, type);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::uint64_t> find_number(const Template& attributes, Attr type) {
  const auto* value = find_as<std::uint64_t>(attributes, type);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

const Bytes* find_bytes(const Template& attributes, Attr type) { return find_as<Bytes>(attributes, type); }

const Secret* find_secret(const Template& attributes, Attr type) { return find_as<Secret>(attributes, type); }

Attribute clone(const Attribute& attribute, KeyUse use) {
  return std::visit(overloaded{
                        [&](const Secret& secret) { return Attribute{attribute.type, secret.clone(use)}; },
                        [&](const Template& nested) { return Attribute{attribute.type, clone(nested, use)}; },
                        [&](const auto& plain) { return Attribute{attribute.type, plain}; },
                    },
                    attribute.value);
}

Template clone(const Template& attributes, KeyUse use) {
  Template copy;
  copy.reserve(attributes.size());
  for (const auto& attribute : attributes) copy.push_back(clone(attribute, use));
  return copy;
}

void put(Template& attributes, Attribute attribute) {
  const auto at = std::ranges::lower_bound(attributes, attribute.type, {}, &Attribute::type);
  if (at != attributes.end() && at->type == attribute.type) {
    *at = std::move(attribute);
  } else {
    attributes.insert(at, std::move(attribute));
  }
}

}  // namespace hsm
