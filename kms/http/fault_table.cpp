#include "kms/http/fault_table.h"

namespace kms::http {
namespace {

constexpr auto kFaults = std::to_array<FaultRow>({
    {.fault = Fault::bad_body, .status = 400, .code = "BAD_BODY_ERR"},
    {.fault = Fault::no_body, .status = 400, .code = "NO_BODY_ERR"},
    {.fault = Fault::collection_total_mismatch, .status = 400, .code = "COLLECTION_TOTAL_MISMATCH_ERR"},
    {.fault = Fault::too_many_resources, .status = 400, .code = "NUM_COLLECTION_RESOURCE_ERR"},
    {.fault = Fault::invalid_field, .status = 400, .code = "INVALID_FIELD_ERR"},
    {.fault = Fault::invalid_query_parameter, .status = 400, .code = "INVALID_QUERY_PARAM_ERR"},
    {.fault = Fault::invalid_instance, .status = 400, .code = "INVALID_INSTANCE_ERR", .reasons = false},
    {.fault = Fault::root_key_required, .status = 400, .code = "KEY_ROOT_REQ_ERR"},
    {.fault = Fault::payload_required, .status = 400, .code = "KEY_PAYLOAD_REQ_ERR"},
    {.fault = Fault::key_expired, .status = 400, .code = "KEY_EXPIRED_ERR"},
    {.fault = Fault::restore_expired, .status = 400, .code = "KEY_RESTORE_EXPIRED"},
    {.fault = Fault::search_too_broad, .status = 400, .code = "KEY_SEARCH_TOO_BROAD"},
    {.fault = Fault::incorrect_nonce, .status = 400, .code = "INCORRECT_NONCE_ERR"},
    {.fault = Fault::incorrect_nonce_iv, .status = 400, .code = "INCORRECT_NONCE_IV_ERR"},
    {.fault = Fault::unauthenticated, .status = 401, .code = "UNAUTHORIZED_ERR", .reasons = false},
    {.fault = Fault::unauthorized, .status = 401, .code = "UNAUTHORIZED_ERR", .reasons = false},
    {.fault = Fault::service_only, .status = 403, .code = "SERVICE_ONLY_ERR"},
    {.fault = Fault::resource_owner, .status = 403, .code = "RESOURCE_OWNER_ERR"},
    {.fault = Fault::key_not_found, .status = 404, .code = "KEY_NOT_FOUND_ERR"},
    {.fault = Fault::key_ring_not_found, .status = 404, .code = "KEY_RING_NOT_FOUND_ERR"},
    {.fault = Fault::import_token_not_found, .status = 404, .code = "IMPORT_TOKEN_NOT_FOUND_ERR"},
    {.fault = Fault::registration_not_found, .status = 404, .code = "REGISTRATION_NOT_FOUND_ERR"},
    {.fault = Fault::invalid_state, .status = 409, .code = "KEY_ACTION_INVALID_STATE_ERR"},
    {.fault = Fault::key_deleted, .status = 410, .code = "KEY_DELETED_ERR"},
    {.fault = Fault::protected_resource, .status = 409, .code = "PROTECTED_RESOURCE_ERR"},
    {.fault = Fault::prevent_key_deletion, .status = 409, .code = "PREV_KEY_DEL_ERR"},
    {.fault = Fault::too_early, .status = 409, .code = "REQ_TOO_EARLY_ERR"},
    {.fault = Fault::rotation_not_permitted, .status = 409, .code = "KEY_ROTATION_NOT_PERMITTED"},
    {.fault = Fault::import_token_expired, .status = 409, .code = "IMPORT_TOKEN_EXPIRED_ERR"},
    {.fault = Fault::alias_not_unique, .status = 409, .code = "KEY_ALIAS_NOT_UNIQUE_ERR"},
    {.fault = Fault::alias_quota, .status = 409, .code = "KEY_ALIAS_QUOTA_ERR"},
    {.fault = Fault::identity_exists, .status = 409, .code = "IDENTITY_EXISTS_ERR"},
    {.fault = Fault::unprocessable_ciphertext, .status = 422, .code = "UNPROCESSABLE_CIPHERTEXT_ERR"},
    {.fault = Fault::rewrap_unprocessable, .status = 422, .code = "INVALID_SIG_EXP_ERR"},
    {.fault = Fault::registration_key_version, .status = 422, .code = "KEY_VERSION_INVALID"},
    {.fault = Fault::registration_key_state, .status = 422, .code = "KEY_INVALID_STATE_ERR"},
    {.fault = Fault::registration_key_not_root, .status = 422, .code = "KEY_ROOT_REQ_REG_ERR"},
    {.fault = Fault::incomplete_metadata, .status = 500, .code = "INCOMPLETE_METADATA_ERR"},
    {.fault = Fault::hsm_unavailable, .status = 503, .code = "HSM_UNAVAILABLE_ERR"},
    {.fault = Fault::storage_unavailable, .status = 503, .code = "STORAGE_UNAVAILABLE_ERR"},
    {.fault = Fault::internal, .status = 500, .code = "INTERNAL_ERR"},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    if (static_cast<std::size_t>(kFaults[i].fault) != i) return false;
  }
  return static_cast<std::size_t>(Fault::internal) + 1 == kFaults.size();
}
static_assert(in_order(), "one row for each Fault, in the order of the enumeration");

constexpr auto kTransport = std::to_array<TransportRow>({
    {.what = BadRequest::malformed, .status = 400, .code = "BAD_REQUEST_ERR", .message = "the request is not valid HTTP"},
    {.what = BadRequest::body_too_large,
     .status = 413,
     .code = "BODY_TOO_LARGE_ERR",
     .message = "the body is larger than this service accepts"},
    {.what = BadRequest::headers_too_large,
     .status = 431,
     .code = "HEADERS_TOO_LARGE_ERR",
     .message = "the header fields are larger than this service accepts"},
    {.what = BadRequest::no_such_path,
     .status = 404,
     .code = "PATH_NOT_FOUND_ERR",
     .message = "this service has nothing at that path"},
    {.what = BadRequest::wrong_method,
     .status = 405,
     .code = "METHOD_NOT_ALLOWED_ERR",
     .message = "that path does not take this method"},
});
static_assert(kTransport.size() == static_cast<std::size_t>(BadRequest::wrong_method) + 1);

}  // namespace

std::span<const FaultRow> fault_table() { return kFaults; }
const FaultRow& row_of(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }
std::span<const TransportRow> transport_table() { return kTransport; }
const TransportRow& row_of(BadRequest what) { return kTransport[static_cast<std::size_t>(what)]; }

}  // namespace kms::http
