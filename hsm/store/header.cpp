#include "hsm/store/header.h"

#include <fmt/core.h>

#include <algorithm>

#include "hsm/base/codec.h"

namespace hsm::store {
namespace {

constexpr std::string_view kHeader = "keymantle header v1";

Secret header_key(const Secret& master_key, const Bytes& id) { return crypto::hkdf_sha256(master_key, id, kHeader, 32); }

Bytes associated(HeaderRow row) {
  row.pepper.clear();
  Writer writer;
  writer.put(view(kHeader));
  writer.put(row);
  return {writer.bytes().begin(), writer.bytes().end()};
}

std::string short_hex(ByteView pattern) { return to_hex(pattern.first(std::min<std::size_t>(pattern.size(), 8))) + "..."; }

}  // namespace

VerificationPattern pattern_of(const Secret& master_key) {
  const auto use = crypto::SecretAccess::use();
  Secret text(master_key.size() + 1);
  text.fill(use)[0] = 1;
  std::ranges::copy(master_key.reveal(use), text.fill(use).begin() + 1);
  const auto hash = crypto::sha256(text.reveal(use));
  VerificationPattern pattern{};
  std::copy_n(hash.begin(), pattern.size(), pattern.begin());
  return pattern;
}

HeaderRow make_header(const Secret& master_key, Profile profile, const Secret& pepper) {
  HeaderRow row;
  row.id = crypto::random_bytes(16);
  row.profile = profile;
  row.pattern = bytes_of(ByteView(pattern_of(master_key)));
  row.pepper = crypto::seal(header_key(master_key, row.id), associated(row), pepper);
  return row;
}

Result<HeaderRow> decode_header(ByteView encoded, const std::string& store) {
  try {
    auto row = decode<HeaderRow>(encoded);
    if (row.version != 1) return fail(Rv::device_error, "the keystore is of another version of keymantle").about(store);
    if (row.id.size() == 16 && row.pattern.size() == VerificationPattern().size() &&
        (row.profile == Profile::development || row.profile == Profile::production))
      return row;
  } catch (const Malformed&) {
  }
  return fail(Rv::device_error, "the keystore header is damaged; restore the store from a backup").about(store);
}

KeystoreHeader describe_header(const HeaderRow& row) {
  KeystoreHeader header{row.id, row.profile, {}, row.epoch};
  std::ranges::copy(row.pattern, header.pattern.begin());
  return header;
}

Result<Secret> open_pepper(const HeaderRow& row, const Secret& master_key, const std::string& store) {
  const auto given = pattern_of(master_key);
  if (!equal_in_constant_time(given, row.pattern))
    return fail(Rv::key_changed, "the store belongs to another master key")
        .about(fmt::format("{} needs {}, was given {}", store, short_hex(row.pattern), short_hex(given)));
  auto pepper = crypto::open(header_key(master_key, row.id), associated(row), row.pepper);
  if (!pepper)
    return fail(Rv::device_error, "the keystore header was edited; restore the store from a backup").about(store);
  return pepper;
}

Result<std::optional<KeystoreHeader>> read_header(Store& store) {
  const auto encoded = TRY(store.meta("header"));
  if (!encoded) return std::optional<KeystoreHeader>();
  return std::optional(describe_header(TRY(decode_header(*encoded, store.name()))));
}

}  // namespace hsm::store
