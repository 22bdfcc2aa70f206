#include <cstring>

#include "pkcs11/attributes.h"
#include "pkcs11/secret_access.h"

namespace p11 {
namespace {

using hsm::Attribute;
using hsm::request::AttributeAnswer;
using hsm::request::Readable;

/// What happened over a whole template. One code is returned; the standard leaves open which of several.
struct Outcome {
  bool sensitive = false, unknown = false, too_small = false;

  Status status() const {
    if (sensitive) return fail(Rv::attribute_sensitive, "an attribute is sensitive or not extractable");
    if (unknown) return fail(Rv::attribute_type_invalid, "an attribute that the object does not have");
    if (too_small) return fail(Rv::buffer_too_small, "the buffer of an attribute");
    return Done{};
  }
};

/// True when the caller's buffer is there and large enough; sets the length in any case.
bool has_room(CK_ATTRIBUTE& into, CK_ULONG need, Outcome& outcome) {
  if (into.pValue != nullptr && into.ulValueLen < need) {
    into.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    outcome.too_small = true;
    return false;
  }
  into.ulValueLen = need;
  return into.pValue != nullptr;
}

void give_octets(const void* data, std::size_t size, CK_ATTRIBUTE& into, Outcome& outcome) {
  if (has_room(into, size, outcome) && size != 0) std::memcpy(into.pValue, data, size);
}

void give_value(const Attribute::Value& value, CK_ATTRIBUTE& into, Outcome& outcome);

/// An array of attributes: the caller's array says for each element where its value goes; types are set on output.
void give_array(const hsm::Template& value, CK_ATTRIBUTE& into, Outcome& outcome) {
  if (!has_room(into, value.size() * sizeof(CK_ATTRIBUTE), outcome)) return;
  auto* memory = static_cast<CK_BYTE_PTR>(into.pValue);
  for (const auto& inner : value) {
    CK_ATTRIBUTE element;  // through a copy: the caller's array need not be aligned
    std::memcpy(&element, memory, sizeof element);
    element.type = inner.type;
    give_value(inner.value, element, outcome);
    std::memcpy(memory, &element, sizeof element);
    memory += sizeof element;
  }
}

void give_value(const Attribute::Value& value, CK_ATTRIBUTE& into, Outcome& outcome) {
  std::visit(hsm::overloaded{
                 [&](std::monostate) { give_octets(nullptr, 0, into, outcome); },
                 [&](bool yes) {
                   const CK_BBOOL octet = yes ? CK_TRUE : CK_FALSE;
                   give_octets(&octet, sizeof octet, into, outcome);
                 },
                 [&](std::uint64_t number) {
                   const CK_ULONG raw = number;
                   give_octets(&raw, sizeof raw, into, outcome);
                 },
                 [&](const hsm::Bytes& bytes) { give_octets(bytes.data(), bytes.size(), into, outcome); },
                 [&](const hsm::Secret& secret) {
                   const auto bytes = secret.reveal(SecretAccess::use());
                   give_octets(bytes.data(), bytes.size(), into, outcome);
                 },
                 [&](const hsm::Template& array) { give_array(array, into, outcome); },
                 [&](const hsm::MechanismSet& set) {
                   give_octets(set.data(), set.size() * sizeof(CK_MECHANISM_TYPE), into, outcome);
                 },
             },
             value);
}

}  // namespace

Status give_answers(const std::vector<AttributeAnswer>& answers, CK_ATTRIBUTE* attributes) {
  Outcome outcome;
  for (const auto& answer : answers) {
    auto& into = *attributes++;
    if (answer.readable == Readable::yes) {
      give_value(answer.attribute.value, into, outcome);
      continue;
    }
    into.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    (answer.readable == Readable::sensitive ? outcome.sensitive : outcome.unknown) = true;
  }
  return outcome.status();
}

}  // namespace p11
