#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "hsm/base/result.h"
#include "hsm/base/secret.h"

namespace kms::p11 {

/// How far a PIN is from being locked, as the module tells it.
enum class PinState { none, set, few_tries_left, last_try, locked };

/// A slot and the token in it.
struct SlotEntry {
  std::uint64_t slot = 0;
  std::string label, serial;
  bool initialised = false;
  PinState user_pin = PinState::none, so_pin = PinState::none;
  std::size_t least_pin = 0, most_pin = 0;  ///< octets of a PIN
};

/// The policy of a token of ours: numbers as in hsm/model/policy_checks.h.
struct TokenPolicy {
  std::uint64_t profile = 0;
  std::vector<std::uint64_t> checks_on, checks_in_part;
};

/// An attribute of an object to be made: the octets as C_CreateObject takes them, or the attributes of a template attribute.
struct NewAttribute {
  std::uint64_t type = 0;
  hsm::Secret value;
  std::vector<NewAttribute> nested;
};

/// The tokens of any PKCS#11 module, as their security officer meets them: looked at, initialised, given a user PIN;
/// and as their user meets them who brings objects in.
/// The module is initialised while this lives. Refusals have the module's code and name the step, never a PIN. One
/// thread at a time.
class Tokens {
 public:
  static hsm::Result<Tokens> open(const std::filesystem::path& module);
  Tokens(Tokens&&) noexcept;
  Tokens& operator=(Tokens&&) = delete;
  ~Tokens();

  hsm::Result<std::vector<SlotEntry>> list() const;
  /// Makes a token, or makes an initialised one anew: then all of its objects are gone. `label` has 1 to 32 octets.
  hsm::Status initialise(std::uint64_t slot, const std::string& label, const hsm::Secret& so_pin);
  /// A session of the user's, closed when this object ends.
  hsm::Result<std::uint64_t> log_in(std::uint64_t slot, const hsm::Secret& user_pin);
  /// Whether the session sees an object with all of these attributes.
  hsm::Result<bool> has(std::uint64_t session, const std::vector<NewAttribute>& attributes) const;
  hsm::Status create(std::uint64_t session, const std::vector<NewAttribute>& attributes);
  hsm::Status set_user_pin(std::uint64_t slot, const hsm::Secret& so_pin, const hsm::Secret& user_pin);
  /// function_not_supported for a token of another module.
  hsm::Result<TokenPolicy> policy(std::uint64_t slot) const;
  hsm::Status set_policy(std::uint64_t slot, const hsm::Secret& so_pin, std::uint64_t profile);

 private:
  class Module;
  explicit Tokens(std::unique_ptr<Module> module);
  std::unique_ptr<Module> module_;
};

}  // namespace kms::p11
