#pragma once

#include <optional>
#include <string>

#include "hsm/base/result.h"
#include "hsm/store/audit.h"
#include "hsm/store/sealing.h"
#include "hsm/store/store.h"

namespace hsm::store {

/// Where the chain ends: sealed in meta "head", so that a cut chain shows.
struct Head {
  std::uint64_t sequence = 0;
  Bytes hash = Bytes(32, 0);
  static constexpr auto fields = std::tuple{&Head::sequence, &Head::hash};
  friend bool operator==(const Head&, const Head&) = default;
};

inline constexpr std::string_view kHeadName = "head";

Result<Head> read_head(const RootKeys& keys, const std::optional<Bytes>& sealed);

/// Appends one record within the change that makes it true.
Status append(Change& change, const RootKeys& keys, const std::optional<TokenId>& token, const AuditEvent& event,
              const std::string& default_actor);

/// Reads the chain of the store against its head; names the first bad sequence number.
Status verify_chain(Store& store, const RootKeys& keys);
Status export_chain(Store& store, const RootKeys& keys, std::uint64_t first,
                    const std::function<Status(std::string_view line)>& out);

}  // namespace hsm::store
