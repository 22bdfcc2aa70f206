#include "known_differences.h"

#include <array>

namespace conformance {

// clang-format off
static constexpr auto kKnownDifferences = std::to_array<KnownDifference>({
    {"interface/every_function_of_3_0_is_exported", "softhsm",
     "offers version 2.40 only: it exports no C_GetInterface"},
    {"interface/version_3", "softhsm",
     "offers version 2.40 only: it exports no C_GetInterface"},
    {"not_initialized/every_function_refuses/C_WaitForSlotEvent", "softhsm",
     "answers CKR_FUNCTION_NOT_SUPPORTED whatever its state"},
    {"lockout/the_last_try_is_announced", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/too_many_wrong_user_pins_lock_the_user_out", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/too_many_wrong_so_pins_lock_the_officer_out", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/a_locked_officer_cannot_initialize_the_token", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/a_lock_survives_a_restart", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/the_count_of_wrong_pins_survives_a_restart", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/a_wrong_old_pin_counts_as_a_wrong_pin", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"lockout/wrong_pins_of_init_token_lock_the_officer_out", "softhsm",
     "never locks a PIN (it raises CKF_*_PIN_COUNT_LOW only), which 3.2 Table 6 allows"},
    {"login/nobody_logs_out_who_is_not_logged_in", "softhsm",
     "answers CKR_OK: C_Logout does not look whether somebody is logged in"},
    {"sessions/the_token_counts_its_sessions", "softhsm",
     "counts as CK_UNAVAILABLE_INFORMATION, which CK_TOKEN_INFO allows"},
    {"changing_attributes/several_attributes_change_together_or_not_at_all", "softhsm",
     "changes the attributes before the one it refuses"},
    {"changing_attributes/one_way/an_attribute_is_set_to_its_final_value/CKA_WRAP_WITH_TRUSTED", "softhsm",
     "makes CKA_WRAP_WITH_TRUSTED read-only after creation"},
    {"creating_objects/contradictions/is_refused", "softhsm",
     "stores what it is given: keys are checked when they are used"},
    {"creating_objects/contradictions/an_attribute_given_twice_with_two_values_is_refused", "softhsm",
     "takes the last of two values"},
    {"aes/a_wrong_initial_vector_is_refused", "softhsm",
     "answers CKR_MECHANISM_INVALID or CKR_ARGUMENTS_BAD for a wrong parameter"},
    {"aes/a_changed_gcm_message_is_refused_and_gives_nothing", "softhsm",
     "answers CKR_GENERAL_ERROR for a tag that does not match"},
    {"aes/encryption_and_digest_run_side_by_side", "softhsm",
     "holds one operation of any family in a session; 5.2 lets a token do so"},
    {"finding/a_secret_value_is_not_found_by_guessing", "softhsm",
     "matches CKA_VALUE of sensitive keys in a search"},
});
// clang-format on

std::span<const KnownDifference> known_differences() { return kKnownDifferences; }

}  // namespace conformance
