#include "template.h"

#include <algorithm>

namespace conformance {

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
  for (Attribute& a : attributes_) {
    if (a.nested.empty())
      raw_.push_back({a.type, readable(a.value), a.value.size()});
    else
      raw_.push_back({a.type, a.nested[0].raw(), a.nested[0].size() * sizeof(CK_ATTRIBUTE)});
  }
  static CK_ATTRIBUTE nothing{};
  return raw_.empty() ? &nothing : raw_.data();
}

}  // namespace conformance
