#pragma once

#include <tuple>

#include "hsm/store/keystore.h"

namespace hsm::store {

/// meta "header": everything is in clear but the pepper, which is sealed under HKDF(MK, "keymantle header v1") with all the rest, encoded,
/// as associated data behind the encoded text "keymantle header v1".
struct HeaderRow {
  std::uint8_t version = 1;
  Bytes id;
  Profile profile = Profile::development;
  Bytes pattern;
  std::uint32_t epoch = 1;
  Bytes pepper;
  static constexpr auto fields = std::tuple{&HeaderRow::version, &HeaderRow::id,    &HeaderRow::profile,
                                            &HeaderRow::pattern, &HeaderRow::epoch, &HeaderRow::pepper};
};

HeaderRow make_header(const Secret& master_key, Profile profile, const Secret& pepper);
Result<HeaderRow> decode_header(ByteView encoded, const std::string& store);
KeystoreHeader describe_header(const HeaderRow& row);
/// Refuses another master key than the header's, with key_changed, and an edited header.
Result<Secret> open_pepper(const HeaderRow& row, const Secret& master_key, const std::string& store);

}  // namespace hsm::store
