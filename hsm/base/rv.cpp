#include "hsm/base/rv.h"

#include <algorithm>
#include <array>
#include <functional>

namespace hsm {
namespace {

struct Row {
  Rv rv;
  std::string_view name;
};

constexpr auto kNames = std::to_array<Row>({
    {Rv::ok, "CKR_OK"},
    {Rv::cancel, "CKR_CANCEL"},
    {Rv::host_memory, "CKR_HOST_MEMORY"},
    {Rv::slot_id_invalid, "CKR_SLOT_ID_INVALID"},
    {Rv::general_error, "CKR_GENERAL_ERROR"},
    {Rv::function_failed, "CKR_FUNCTION_FAILED"},
    {Rv::arguments_bad, "CKR_ARGUMENTS_BAD"},
    {Rv::no_event, "CKR_NO_EVENT"},
    {Rv::need_to_create_threads, "CKR_NEED_TO_CREATE_THREADS"},
    {Rv::cant_lock, "CKR_CANT_LOCK"},
    {Rv::attribute_read_only, "CKR_ATTRIBUTE_READ_ONLY"},
    {Rv::attribute_sensitive, "CKR_ATTRIBUTE_SENSITIVE"},
    {Rv::attribute_type_invalid, "CKR_ATTRIBUTE_TYPE_INVALID"},
    {Rv::attribute_value_invalid, "CKR_ATTRIBUTE_VALUE_INVALID"},
    {Rv::action_prohibited, "CKR_ACTION_PROHIBITED"},
    {Rv::data_invalid, "CKR_DATA_INVALID"},
    {Rv::data_len_range, "CKR_DATA_LEN_RANGE"},
    {Rv::device_error, "CKR_DEVICE_ERROR"},
    {Rv::device_memory, "CKR_DEVICE_MEMORY"},
    {Rv::device_removed, "CKR_DEVICE_REMOVED"},
    {Rv::encrypted_data_invalid, "CKR_ENCRYPTED_DATA_INVALID"},
    {Rv::encrypted_data_len_range, "CKR_ENCRYPTED_DATA_LEN_RANGE"},
    {Rv::aead_decrypt_failed, "CKR_AEAD_DECRYPT_FAILED"},
    {Rv::function_canceled, "CKR_FUNCTION_CANCELED"},
    {Rv::function_not_parallel, "CKR_FUNCTION_NOT_PARALLEL"},
    {Rv::function_not_supported, "CKR_FUNCTION_NOT_SUPPORTED"},
    {Rv::key_handle_invalid, "CKR_KEY_HANDLE_INVALID"},
    {Rv::key_size_range, "CKR_KEY_SIZE_RANGE"},
    {Rv::key_type_inconsistent, "CKR_KEY_TYPE_INCONSISTENT"},
    {Rv::key_not_needed, "CKR_KEY_NOT_NEEDED"},
    {Rv::key_changed, "CKR_KEY_CHANGED"},
    {Rv::key_needed, "CKR_KEY_NEEDED"},
    {Rv::key_indigestible, "CKR_KEY_INDIGESTIBLE"},
    {Rv::key_function_not_permitted, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
    {Rv::key_not_wrappable, "CKR_KEY_NOT_WRAPPABLE"},
    {Rv::key_unextractable, "CKR_KEY_UNEXTRACTABLE"},
    {Rv::mechanism_invalid, "CKR_MECHANISM_INVALID"},
    {Rv::mechanism_param_invalid, "CKR_MECHANISM_PARAM_INVALID"},
    {Rv::object_handle_invalid, "CKR_OBJECT_HANDLE_INVALID"},
    {Rv::operation_active, "CKR_OPERATION_ACTIVE"},
    {Rv::operation_not_initialized, "CKR_OPERATION_NOT_INITIALIZED"},
    {Rv::pin_incorrect, "CKR_PIN_INCORRECT"},
    {Rv::pin_invalid, "CKR_PIN_INVALID"},
    {Rv::pin_len_range, "CKR_PIN_LEN_RANGE"},
    {Rv::pin_expired, "CKR_PIN_EXPIRED"},
    {Rv::pin_locked, "CKR_PIN_LOCKED"},
    {Rv::session_closed, "CKR_SESSION_CLOSED"},
    {Rv::session_count, "CKR_SESSION_COUNT"},
    {Rv::session_handle_invalid, "CKR_SESSION_HANDLE_INVALID"},
    {Rv::session_parallel_not_supported, "CKR_SESSION_PARALLEL_NOT_SUPPORTED"},
    {Rv::session_read_only, "CKR_SESSION_READ_ONLY"},
    {Rv::session_exists, "CKR_SESSION_EXISTS"},
    {Rv::session_read_only_exists, "CKR_SESSION_READ_ONLY_EXISTS"},
    {Rv::session_read_write_so_exists, "CKR_SESSION_READ_WRITE_SO_EXISTS"},
    {Rv::signature_invalid, "CKR_SIGNATURE_INVALID"},
    {Rv::signature_len_range, "CKR_SIGNATURE_LEN_RANGE"},
    {Rv::template_incomplete, "CKR_TEMPLATE_INCOMPLETE"},
    {Rv::template_inconsistent, "CKR_TEMPLATE_INCONSISTENT"},
    {Rv::token_not_present, "CKR_TOKEN_NOT_PRESENT"},
    {Rv::token_not_recognized, "CKR_TOKEN_NOT_RECOGNIZED"},
    {Rv::token_write_protected, "CKR_TOKEN_WRITE_PROTECTED"},
    {Rv::unwrapping_key_handle_invalid, "CKR_UNWRAPPING_KEY_HANDLE_INVALID"},
    {Rv::unwrapping_key_size_range, "CKR_UNWRAPPING_KEY_SIZE_RANGE"},
    {Rv::unwrapping_key_type_inconsistent, "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT"},
    {Rv::user_already_logged_in, "CKR_USER_ALREADY_LOGGED_IN"},
    {Rv::user_not_logged_in, "CKR_USER_NOT_LOGGED_IN"},
    {Rv::user_pin_not_initialized, "CKR_USER_PIN_NOT_INITIALIZED"},
    {Rv::user_type_invalid, "CKR_USER_TYPE_INVALID"},
    {Rv::user_another_already_logged_in, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"},
    {Rv::user_too_many_types, "CKR_USER_TOO_MANY_TYPES"},
    {Rv::wrapped_key_invalid, "CKR_WRAPPED_KEY_INVALID"},
    {Rv::wrapped_key_len_range, "CKR_WRAPPED_KEY_LEN_RANGE"},
    {Rv::wrapping_key_handle_invalid, "CKR_WRAPPING_KEY_HANDLE_INVALID"},
    {Rv::wrapping_key_size_range, "CKR_WRAPPING_KEY_SIZE_RANGE"},
    {Rv::wrapping_key_type_inconsistent, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT"},
    {Rv::random_seed_not_supported, "CKR_RANDOM_SEED_NOT_SUPPORTED"},
    {Rv::random_no_rng, "CKR_RANDOM_NO_RNG"},
    {Rv::domain_params_invalid, "CKR_DOMAIN_PARAMS_INVALID"},
    {Rv::curve_not_supported, "CKR_CURVE_NOT_SUPPORTED"},
    {Rv::buffer_too_small, "CKR_BUFFER_TOO_SMALL"},
    {Rv::saved_state_invalid, "CKR_SAVED_STATE_INVALID"},
    {Rv::information_sensitive, "CKR_INFORMATION_SENSITIVE"},
    {Rv::state_unsaveable, "CKR_STATE_UNSAVEABLE"},
    {Rv::cryptoki_not_initialized, "CKR_CRYPTOKI_NOT_INITIALIZED"},
    {Rv::cryptoki_already_initialized, "CKR_CRYPTOKI_ALREADY_INITIALIZED"},
    {Rv::mutex_bad, "CKR_MUTEX_BAD"},
    {Rv::mutex_not_locked, "CKR_MUTEX_NOT_LOCKED"},
    {Rv::new_pin_mode, "CKR_NEW_PIN_MODE"},
    {Rv::next_otp, "CKR_NEXT_OTP"},
    {Rv::exceeded_max_iterations, "CKR_EXCEEDED_MAX_ITERATIONS"},
    {Rv::fips_self_test_failed, "CKR_FIPS_SELF_TEST_FAILED"},
    {Rv::library_load_failed, "CKR_LIBRARY_LOAD_FAILED"},
    {Rv::pin_too_weak, "CKR_PIN_TOO_WEAK"},
    {Rv::public_key_invalid, "CKR_PUBLIC_KEY_INVALID"},
    {Rv::function_rejected, "CKR_FUNCTION_REJECTED"},
    {Rv::token_resource_exceeded, "CKR_TOKEN_RESOURCE_EXCEEDED"},
    {Rv::operation_cancel_failed, "CKR_OPERATION_CANCEL_FAILED"},
    {Rv::key_exhausted, "CKR_KEY_EXHAUSTED"},
    {Rv::pending, "CKR_PENDING"},
    {Rv::session_async_not_supported, "CKR_SESSION_ASYNC_NOT_SUPPORTED"},
    {Rv::seed_random_required, "CKR_SEED_RANDOM_REQUIRED"},
    {Rv::operation_not_validated, "CKR_OPERATION_NOT_VALIDATED"},
    {Rv::token_not_initialized, "CKR_TOKEN_NOT_INITIALIZED"},
    {Rv::parameter_set_not_supported, "CKR_PARAMETER_SET_NOT_SUPPORTED"},
});
static_assert(std::ranges::is_sorted(kNames, std::less{}, &Row::rv));

}  // namespace

std::string_view name_of(Rv rv) {
  const auto it = std::ranges::lower_bound(kNames, rv, {}, &Row::rv);
  return it != kNames.end() && it->rv == rv ? it->name : "CKR_?";
}

}  // namespace hsm
