#include "hsm/softhsm/meaning.h"

#include <array>
#include <cstring>

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/load.h"
#include "hsm/model/template_values.h"

namespace hsm::softhsm {
namespace {

using Kind = StoredAttribute::Kind;
using crypto::SecretAccess;

constexpr auto kIdentity = std::to_array<Attr>({Attr::object_class, Attr::key_type, Attr::private_, Attr::label, Attr::id, Attr::application,
                                                Attr::object_id, Attr::certificate_type, Attr::subject, Attr::issuer, Attr::serial_number,
                                                Attr::modulus, Attr::public_exponent});

std::uint64_t number_in(const StoredAttribute& item) {
  std::uint64_t number = kUnavailable;
  if (item.value.size() == sizeof number) std::memcpy(&number, item.value.reveal(SecretAccess::use()).data(), sizeof number);
  return number;
}

std::uint64_t number_in(const StoredObject& object, Attr type) {
  const auto* item = find(object, static_cast<std::uint64_t>(type));
  return item == nullptr ? kUnavailable : number_in(*item);
}

Attribute::Value value_of(const StoredAttribute& item) {
  switch (item.kind) {
    case Kind::boolean:
      return item.value.reveal(SecretAccess::use())[0] != 0;
    case Kind::number:
      return number_in(item);
    default:
      return item.value.clone(SecretAccess::use());
  }
}

/// The object as hsm/crypto reads it; what cannot be of its type is left out.
Template template_of(const StoredObject& object) {
  const bool guarded = number_in(object, Attr::object_class) == static_cast<std::uint64_t>(ObjectClass::private_key) ||
                       number_in(object, Attr::object_class) == static_cast<std::uint64_t>(ObjectClass::secret_key);
  Template all;
  for (const auto& item : object) {
    const auto* shape = shape_of(item.type);
    if (shape == nullptr || item.value.empty()) continue;
    auto made = canonical(*shape, Attribute{item.type, value_of(item)}, guarded && shape->may_be_secret, SecretAccess::use());
    if (made) put(all, std::move(*made));
  }
  return all;
}

StoredAttribute copy_of(const StoredAttribute& item) { return {item.type, item.kind, item.value.clone(SecretAccess::use()), {}}; }
void add(std::vector<StoredAttribute>& all, Attr type, const Bytes& octets) {
  if (!octets.empty()) all.push_back({static_cast<std::uint64_t>(type), Kind::octets, Secret::copy_of(octets), {}});
}

/// Without a look at the bits: they are the key's.
std::uint8_t with_odd_parity(std::uint8_t octet) {
  unsigned folded = octet;
  for (const unsigned shift : {4U, 2U, 1U}) folded ^= folded >> shift;
  return static_cast<std::uint8_t>(octet ^ (~folded & 1U));
}

void correct_parity(StoredObject& object) {
  const auto type = static_cast<KeyType>(number_in(object, Attr::key_type));
  if (number_in(object, Attr::object_class) != static_cast<std::uint64_t>(ObjectClass::secret_key)) return;
  if (type != KeyType::des && type != KeyType::des2 && type != KeyType::des3) return;
  for (auto& item : object) {
    if (item.type != static_cast<std::uint64_t>(Attr::value)) continue;
    for (auto& octet : item.value.fill(SecretAccess::use())) octet = with_odd_parity(octet);
  }
}

void correct_curve(StoredObject& object) {
  if (number_in(object, Attr::key_type) != static_cast<std::uint64_t>(KeyType::ec_edwards)) return;
  if (!crypto::raw_curve_in(template_of(object), KeyType::ec_montgomery)) return;
  for (auto& item : object) {
    if (item.type != static_cast<std::uint64_t>(Attr::key_type)) continue;
    const auto type = static_cast<std::uint64_t>(KeyType::ec_montgomery);
    std::memcpy(item.value.fill(SecretAccess::use()).data(), &type, sizeof type);
  }
}

}  // namespace

void correct_key(StoredObject& object) {
  correct_parity(object);
  correct_curve(object);
}

std::vector<StoredAttribute> identity_of(const StoredObject& object) {
  std::vector<StoredAttribute> made;
  for (const auto type : kIdentity) {
    const auto* item = find(object, static_cast<std::uint64_t>(type));
    if (item != nullptr && !item->value.empty()) made.push_back(copy_of(*item));
  }
  const auto* value = find(object, static_cast<std::uint64_t>(Attr::value));
  switch (static_cast<ObjectClass>(number_in(object, Attr::object_class))) {
    case ObjectClass::data:
    case ObjectClass::certificate:
      if (value != nullptr && !value->value.empty()) made.push_back(copy_of(*value));
      break;
    case ObjectClass::public_key:
    case ObjectClass::private_key:
      // Of an RSA key the modulus says as much, in modules that do not know this attribute, too.
      if (find(object, static_cast<std::uint64_t>(Attr::modulus)) == nullptr)
        add(made, Attr::public_key_info, crypto::public_key_info(template_of(object)));
      break;
    case ObjectClass::secret_key:
      if (value != nullptr && !value->value.empty())
        add(made, Attr::check_value, crypto::check_value(static_cast<KeyType>(number_in(object, Attr::key_type)), value->value));
      break;
    default:
      break;
  }
  return made;
}

}  // namespace hsm::softhsm
