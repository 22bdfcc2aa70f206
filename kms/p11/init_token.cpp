#include "kms/p11/init_token.h"

#include <algorithm>

#include "kms/p11/tokens.h"

namespace kms::p11 {
using hsm::Result;
using hsm::Secret;
using hsm::Status;

namespace {

/// The token of this label, else the first that is not initialised.
Result<SlotEntry> find_place(const Tokens& tokens, const std::string& label) {
  const auto slots = TRY(tokens.list());
  auto found =
      std::ranges::find_if(slots, [&](const SlotEntry& slot) { return slot.initialised && slot.label == label; });
  if (found == slots.end()) found = std::ranges::find(slots, false, &SlotEntry::initialised);
  if (found != slots.end()) return *found;
  return hsm::fail(hsm::Rv::token_not_present, "the module has no token that is not initialised");
}

}  // namespace

Status init_token(const NewToken& wanted, const Secret& so_pin, const Secret& user_pin) {
  auto tokens = TRY(Tokens::open(wanted.module));
  const auto place = TRY(find_place(tokens, wanted.label));
  if (place.user_pin != PinState::none) return hsm::Done{};
  if (!place.initialised) TRY(tokens.initialise(place.slot, wanted.label, so_pin));
  // SoftHSM gives a token another slot once it is initialised.
  return tokens.set_user_pin(TRY(find_place(tokens, wanted.label)).slot, so_pin, user_pin);
}

}  // namespace kms::p11
