#include "vectors.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace conformance {

namespace fs = std::filesystem;

static fs::path folder() {
  if (const char* named = std::getenv("KEYMANTLE_VECTORS")) return fs::path(named) / "wycheproof";
  return fs::path(KEYMANTLE_SOURCE_DIR) / ".." / "shared" / "vectors" / "wycheproof";
}

std::optional<Json> vectors_in(std::string_view file) {
  std::ifstream in(folder() / file);
  if (!in) {
    BOOST_TEST_MESSAGE("skipped: no Wycheproof vectors " << file << " in " << folder());
    return std::nullopt;
  }
  std::stringstream content;
  content << in.rdbuf();
  return boost::json::parse(content.str()).as_object();
}

std::string_view text_of(const Json& from, std::string_view name) { return from.at(name).as_string(); }
Bytes bytes_of(const Json& from, std::string_view name) { return from_hex(text_of(from, name)); }
CK_ULONG number_of(const Json& from, std::string_view name) { return from.at(name).to_number<CK_ULONG>(); }

Bytes natural_of(const Json& from, std::string_view name) {
  Bytes value = bytes_of(from, name);
  value.erase(value.begin(), std::ranges::find_if(value, [](CK_BYTE byte) { return byte != 0; }));
  return value;
}

// The contents of the element at the front of `rest`, which then begins behind it. Lengths below 256 are all a
// signature needs.
static std::optional<ByteView> take(ByteView& rest, CK_BYTE tag) {
  if (rest.size() < 2 || rest[0] != tag) return std::nullopt;
  const bool is_long = rest[1] == 0x81;
  if (rest[1] > 0x81 || rest[1] == 0x80 || (is_long && (rest.size() < 3 || rest[2] < 0x80))) return std::nullopt;
  const std::size_t length = is_long ? rest[2] : rest[1];
  const std::size_t header = is_long ? 3 : 2;
  if (rest.size() < header + length) return std::nullopt;
  const ByteView contents = rest.subspan(header, length);
  rest = rest.subspan(header + length);
  return contents;
}

static std::optional<Bytes> padded_integer(ByteView& rest, std::size_t size) {
  auto integer = take(rest, 0x02);
  if (!integer || integer->empty() || integer->front() >= 0x80) return std::nullopt;
  if (integer->size() > 1 && integer->front() == 0) {
    if ((*integer)[1] < 0x80) return std::nullopt;
    integer = integer->subspan(1);
  }
  if (integer->size() > size) return std::nullopt;
  return Bytes(size - integer->size(), 0) + *integer;
}

std::optional<Bytes> r_and_s(ByteView der, std::size_t field_bytes) {
  auto sequence = take(der, 0x30);
  if (!sequence || !der.empty()) return std::nullopt;
  auto r = padded_integer(*sequence, field_bytes);
  const auto s = padded_integer(*sequence, field_bytes);
  if (!r || !s || !sequence->empty()) return std::nullopt;
  return std::move(*r) + *s;
}

}  // namespace conformance
