#include "hsm/softhsm/object_file.h"

#include <algorithm>
#include <cstring>

#include "hsm/crypto/crypto.h"

// file       = generation *attribute
// generation = u64
// attribute  = type:u64 (%d1 boolean | %d2 u64 | %d3 octets | %d4 nested | %d5 mechanisms), the kind before it as u64
// boolean    = u8
// octets     = length:u64 *u8
// nested     = length:u64 *attribute                        the length in octets; none of them is nested itself
// mechanisms = count:u64 *u64
// All numbers are big-endian.

namespace hsm::softhsm {
namespace {

using Kind = StoredAttribute::Kind;

constexpr std::size_t kMostAttributes = 256;
constexpr std::uint64_t kMostMechanisms = 1024;

class FileReader {
 public:
  explicit FileReader(ByteView file) : rest_(file) {}

  bool at_end() const { return rest_.empty(); }
  Result<ByteView> cut(std::uint64_t size) {
    if (size > rest_.size()) return fail(Rv::data_invalid, "the file ends within a value");
    const auto part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }
  Result<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (const auto octet : TRY(cut(8))) value = value << 8 | octet;
    return value;
  }

 private:
  ByteView rest_;
};

Secret native(std::uint64_t number) {
  Secret octets(sizeof number);
  std::memcpy(octets.fill(crypto::SecretAccess::use()).data(), &number, sizeof number);
  return octets;
}

Result<Secret> read_mechanisms(FileReader& reader) {
  const auto count = TRY(reader.number());
  if (count > kMostMechanisms) return fail(Rv::data_invalid, "too many mechanisms");
  Secret all(count * sizeof count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto mechanism = TRY(reader.number());
    std::memcpy(all.fill(crypto::SecretAccess::use()).data() + i * sizeof mechanism, &mechanism, sizeof mechanism);
  }
  return all;
}

enum class Nesting { allowed, refused };

Result<std::vector<StoredAttribute>> read_attributes(FileReader& reader, Nesting nesting);

Result<StoredAttribute> read_attribute(FileReader& reader, Nesting nesting) {
  StoredAttribute item;
  item.type = TRY(reader.number());
  const auto kind = TRY(reader.number());
  item.kind = static_cast<Kind>(kind);
  switch (kind) {
    case static_cast<std::uint64_t>(Kind::boolean): {
      const std::uint8_t yes = TRY(reader.cut(1))[0] != 0 ? 1 : 0;
      item.value = Secret::copy_of({&yes, 1});
      return item;
    }
    case static_cast<std::uint64_t>(Kind::number):
      item.value = native(TRY(reader.number()));
      return item;
    case static_cast<std::uint64_t>(Kind::octets):
      item.value = Secret::copy_of(TRY(reader.cut(TRY(reader.number()))));
      return item;
    case static_cast<std::uint64_t>(Kind::mechanisms):
      item.value = TRY(read_mechanisms(reader));
      return item;
    case static_cast<std::uint64_t>(Kind::attributes): {
      if (nesting == Nesting::refused) return fail(Rv::data_invalid, "a template within a template");
      FileReader inside(TRY(reader.cut(TRY(reader.number()))));
      item.nested = TRY(read_attributes(inside, Nesting::refused));
      return item;
    }
    default:
      return fail(Rv::data_invalid, "an attribute of an unknown kind");
  }
}

Result<std::vector<StoredAttribute>> read_attributes(FileReader& reader, Nesting nesting) {
  std::vector<StoredAttribute> all;
  while (!reader.at_end()) {
    if (all.size() == kMostAttributes) return fail(Rv::data_invalid, "too many attributes");
    auto item = TRY(read_attribute(reader, nesting));
    if (find(all, item.type) != nullptr) return fail(Rv::data_invalid, "an attribute twice");
    all.push_back(std::move(item));
  }
  return all;
}

}  // namespace

Result<StoredObject> parse_object(ByteView file) {
  FileReader reader(file);
  TRY(reader.number());
  auto object = TRY(read_attributes(reader, Nesting::allowed));
  if (object.empty()) return fail(Rv::data_invalid, "the file has no attributes");
  return object;
}

const StoredAttribute* find(const StoredObject& object, std::uint64_t type) {
  const auto at = std::ranges::find(object, type, &StoredAttribute::type);
  return at == object.end() ? nullptr : &*at;
}

}  // namespace hsm::softhsm
