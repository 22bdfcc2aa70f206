#pragma once

#include <span>
#include <string_view>

#include "kms/core/types.h"
#include "kms/http/server.h"

namespace kms::http {

/// What a refusal looks like on the wire.
struct FaultRow {
  Fault fault;
  unsigned status;
  std::string_view code;
  /// Without reasons the answer says only `errorMsg` (401, and a bad instance header).
  bool reasons = true;
};

/// One row for every Fault, in the enumeration's order.
std::span<const FaultRow> fault_table();
const FaultRow& row_of(Fault fault);

/// The same for requests that never reached an endpoint.
struct TransportRow {
  BadRequest what;
  unsigned status;
  std::string_view code;
  std::string_view message;
};
std::span<const TransportRow> transport_table();
const TransportRow& row_of(BadRequest what);

}  // namespace kms::http
