#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/model/ids.h"

// The values that the store keeps. Everything in a row is ciphertext, or is associated data of a ciphertext.

namespace hsm::store {

/// The name of a stored object, for its whole life and in every audit record: a number that only grows (big-endian, so that
/// ids sort by creation) and eight random octets.
struct ObjectId {
  std::array<std::uint8_t, 16> bytes{};

  std::uint64_t number() const {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i) n = n << 8 | bytes[i];
    return n;
  }
  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

/// The cryptographic name of a token; another one after each initialisation.
struct TokenId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const TokenId&, const TokenId&) = default;
};

/// One object of a token as it lies in the store.
struct StoredObject {
  ObjectId id;
  std::uint64_t version = 1;      ///< raised by each update
  bool private_object = false;    ///< CKA_PRIVATE: sealed under the key that only a login opens
  Bytes public_attributes;        ///< canonical encoding (record.h) of every attribute that is not secret, in clear, authenticated
  Bytes sealed;                   ///< nonce, ciphertext of the secret attributes, tag
};

/// The same, lent by the store for as long as a call lasts.
struct ObjectView {
  ObjectId id;
  std::uint64_t version = 1;
  bool private_object = false;
  ByteView public_attributes, sealed;

  ObjectView() = default;
  ObjectView(const StoredObject& object)  // NOLINT(google-explicit-constructor): a view of it
      : id(object.id), version(object.version), private_object(object.private_object),
        public_attributes(object.public_attributes), sealed(object.sealed) {}
  StoredObject copy() const { return {id, version, private_object, bytes_of(public_attributes), bytes_of(sealed)}; }
};

struct TokenRow {
  SlotId slot = 0;
  TokenId id;
  Bytes sealed;
};

struct AuditRow {
  std::uint64_t sequence = 0;
  Bytes record;
};

}  // namespace hsm::store

template <>
struct std::hash<hsm::store::ObjectId> {
  std::size_t operator()(const hsm::store::ObjectId& id) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data() + 8, sizeof h);  // the random half
    return h;
  }
};
