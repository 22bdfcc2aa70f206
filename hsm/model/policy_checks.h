#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hsm {

/// Which checks a token makes; kept in the token's record, changed by its security officer only.
enum class PolicyProfile : std::uint8_t { compatible = 1, strict = 2 };
/// "compatible" or "strict".
std::string_view name_of(PolicyProfile profile);

/// The checks against attacks on the API, by their number in docs/policy.md. Append only.
enum class Check : std::uint8_t {
  roles = 1, shrinking_uses = 2, known_wrapping_keys = 3, trusted = 4, one_way_flags = 5, templates = 6, unwrapped_keys = 7,
  bound_attributes = 8, strength = 9, pkcs1_oracle = 10, padding_oracle = 11, structure = 12, public_points = 13, derived_keys = 14,
  short_macs = 15, allowed_mechanisms = 16, validity = 17, module_made_ivs = 18, sealed_records = 19, atomic_creation = 20,
  same_answer = 21, pin_check = 22,
};

/// How much of a check a profile makes.
enum class Extent : std::uint8_t { off, in_part, on };
std::string_view name_of(Extent extent);

/// One check; the engine asks the table whether it is made, the report and the documentation print it.
struct PolicyCheck {
  Check check;
  std::string_view name;    ///< "roles"
  std::string_view text;    ///< what is refused or done, one sentence without a full stop
  std::string_view attack;  ///< what it stops
  Extent strict = Extent::on;
  Extent compatible = Extent::on;

  constexpr Extent extent(PolicyProfile profile) const { return profile == PolicyProfile::strict ? strict : compatible; }
};

/// All of them, by number.
std::span<const PolicyCheck> policy_checks();
/// True where the profile makes as much of the check as strict does, which need not be all of it.
bool enforces(PolicyProfile profile, Check check);

/// CKA_HW_FEATURE_TYPE of the object by which a token tells its policy and the security officer changes it.
inline constexpr std::uint64_t kPolicyFeature = 0x80004B01;

}  // namespace hsm
