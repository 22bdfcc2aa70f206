#pragma once

#include "hsm/model/attribute.h"
#include "test/fuzz/api/memory.h"

namespace fuzz {

/// An array of attributes as an application gives it.
struct Attributes {
  CK_ATTRIBUTE_PTR data = nullptr;
  CK_ULONG count = 0;
};

/// Templates: of an object that could exist, with attributes left out, added, repeated, of any type, length and nesting.
class TemplateMaker {
 public:
  TemplateMaker(Choices& choices, Memory& memory) : choices_(choices), memory_(memory) {}

  enum class What { object, new_secret, new_public, new_private, changes, search };
  Attributes make(What what);
  /// Places for the values of an object.
  Attributes questions();
  /// True when an object made from the last template would outlive the session.
  bool asked_for_token() const { return asked_for_token_; }

 private:
  CK_ATTRIBUTE boolean(CK_ATTRIBUTE_TYPE type, bool yes);
  CK_ATTRIBUTE number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  CK_ATTRIBUTE octets(CK_ATTRIBUTE_TYPE type, const Octets& value);
  void add_object(std::vector<CK_ATTRIBUTE>& to);
  enum class Half { open, closed };  // a public key has no CKA_SENSITIVE
  void add_uses(std::vector<CK_ATTRIBUTE>& to, Half half);
  CK_ATTRIBUTE_TYPE any_type();
  CK_ATTRIBUTE any(int depth);
  CK_ATTRIBUTE question(int depth);
  Attributes placed(const std::vector<CK_ATTRIBUTE>& all);

  Choices& choices_;
  Memory& memory_;
  bool asked_for_token_ = false;
};

}  // namespace fuzz
