#include "template.h"

#include <algorithm>

namespace conformance {

Attribute::Attribute(CK_ATTRIBUTE_TYPE t, const Template& attributes) : type(t), inner(attributes.attributes()) {}

Template Template::with(const Attribute& attribute) const {
  Template changed = without(attribute.type);
  changed.attributes_.push_back(attribute);
  return changed;
}

Template Template::with(const Template& others) const {
  Template changed = *this;
  for (const Attribute& attribute : others.attributes_) changed = changed.with(attribute);
  return changed;
}

Template Template::without(CK_ATTRIBUTE_TYPE type) const {
  Template changed = *this;
  std::erase_if(changed.attributes_, [&](const Attribute& a) { return a.type == type; });
  return changed;
}

CK_ATTRIBUTE_PTR Template::raw() {
  raw_.clear();
  inner_.clear();
  for (const Attribute& a : attributes_) {
    if (a.inner.empty()) {
      raw_.push_back({a.type, readable(a.value), a.value.size()});
      continue;
    }
    auto& array = inner_.emplace_back();
    for (const Attribute& one : a.inner) array.push_back({one.type, readable(one.value), one.value.size()});
    raw_.push_back({a.type, array.data(), array.size() * sizeof(CK_ATTRIBUTE)});
  }
  static CK_ATTRIBUTE nothing{};
  return raw_.empty() ? &nothing : raw_.data();
}

}  // namespace conformance
