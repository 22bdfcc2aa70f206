#include "hsm/softhsm/object_file.h"

#include <algorithm>
#include <cstring>

#include "hsm/crypto/crypto.h"

// file       = generation *attribute
// generation = u64
// attribute  = type:u64 (%d1 boolean | %d2 u64 | %d3 octets | %d4 octets | %d5 mechanisms), the kind before it as u64
// boolean    = u8
// octets     = length:u64 *u8
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

Result<Secret> read_value(FileReader& reader, Kind kind) {
  switch (kind) {
    case Kind::boolean: {
      const std::uint8_t yes = TRY(reader.cut(1))[0] != 0 ? 1 : 0;
      return Secret::copy_of({&yes, 1});
    }
    case Kind::number:
      return native(TRY(reader.number()));
    case Kind::octets:
    case Kind::attributes:
      return Secret::copy_of(TRY(reader.cut(TRY(reader.number()))));
    case Kind::mechanisms:
      return read_mechanisms(reader);
  }
  return fail(Rv::data_invalid, "an attribute of an unknown kind");
}

}  // namespace

Result<StoredObject> parse_object(ByteView file) {
  FileReader reader(file);
  TRY(reader.number());
  StoredObject object;
  while (!reader.at_end()) {
    if (object.size() == kMostAttributes) return fail(Rv::data_invalid, "too many attributes");
    const auto type = TRY(reader.number());
    const auto kind = TRY(reader.number());
    if (kind < 1 || kind > 5) return fail(Rv::data_invalid, "an attribute of an unknown kind");
    if (find(object, type) != nullptr) return fail(Rv::data_invalid, "an attribute twice");
    auto value = TRY(read_value(reader, static_cast<Kind>(kind)));
    object.push_back({type, static_cast<Kind>(kind), std::move(value)});
  }
  if (object.empty()) return fail(Rv::data_invalid, "the file has no attributes");
  return object;
}

const StoredAttribute* find(const StoredObject& object, std::uint64_t type) {
  const auto at = std::ranges::find(object, type, &StoredAttribute::type);
  return at == object.end() ? nullptr : &*at;
}

}  // namespace hsm::softhsm
