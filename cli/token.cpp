#include <fmt/core.h>

#include <algorithm>

#include "cli/office.h"
#include "cli/secret_input.h"
#include "cli/verb.h"

namespace cli {
using kms::p11::PinState;
using kms::p11::SlotEntry;

namespace {

std::string_view name_of(PinState state) {
  switch (state) {
    case PinState::none:
      return "none";
    case PinState::set:
      return "set";
    case PinState::few_tries_left:
      return "few tries left";
    case PinState::last_try:
      return "one try left";
    case PinState::locked:
      return "locked";
  }
  return "unknown";
}

Outcome check_length(const hsm::Secret& pin, const SlotEntry& slot, std::string_view whose) {
  if (pin.size() >= slot.least_pin && pin.size() <= slot.most_pin) return hsm::Done{};
  return refused(fmt::format("the {} PIN is too short or too long", whose),
                 fmt::format("a PIN of this HSM has {} to {} octets; nothing was changed", slot.least_pin, slot.most_pin));
}

void print_slot(Session& session, const SlotEntry& slot) {
  session.out.record({{"slot", static_cast<std::int64_t>(slot.slot)},
                      {"label", slot.label},
                      {"serial", slot.serial},
                      {"state", std::string(slot.initialised ? "initialised" : "free")},
                      {"user_pin", std::string(name_of(slot.user_pin))},
                      {"so_pin", std::string(name_of(slot.so_pin))}});
}

struct List {
  std::string module;
};
void declare(Arguments& arguments, List& options) {
  arguments.option("--module", options.module, "FILE", "another PKCS#11 module than ours [KEYMANTLE_PKCS11_MODULE]");
}
Outcome run(Session& session, const List& options) {
  const auto office = TRY(Office::open(options.module));
  for (const auto& slot : TRY(office.slots())) print_slot(session, slot);
  return hsm::Done{};
}

struct Init {
  std::string label, so_pin, user_pin, module;
  std::int64_t slot = kNoSlot;
  bool no_user_pin = false, yes = false;
};
void declare(Arguments& arguments, Init& options) {
  arguments.needed("--label", options.label, "LABEL", "1 to 32 octets, none that another token has")
      .number("--slot", options.slot, "N",
              "by default the free one; an initialised token there loses all of its objects")
      .option("--so-pin-file", options.so_pin, "FILE",
              "the security officer's PIN, also /dev/fd/N; without it it is typed")
      .option("--user-pin-file", options.user_pin, "FILE", "the user's PIN, also /dev/fd/N; without it it is typed")
      .flag("--no-user-pin", options.no_user_pin, "leave it to: keymantle token set-user-pin")
      .flag("--yes", options.yes, "do not ask before objects are lost")
      .option("--module", options.module, "FILE", "another PKCS#11 module than ours [KEYMANTLE_PKCS11_MODULE]");
}

Result<SlotEntry> place_for(const Office& office, const Init& options) {
  const auto slots = TRY(office.slots());
  const auto same = std::ranges::find_if(
      slots, [&](const SlotEntry& slot) { return slot.initialised && slot.label == options.label; });
  if (same != slots.end() && static_cast<std::int64_t>(same->slot) != options.slot) {
    return refused(
        fmt::format("there is a token of this label: {}", title_of(*same)),
        fmt::format("choose another label, or make that one anew with --slot {}: its objects are lost", same->slot));
  }
  if (options.slot != kNoSlot) return office.at(options.slot);
  const auto free = std::ranges::find(slots, false, &SlotEntry::initialised);
  if (free == slots.end()) return refused("no slot is free", "name one with --slot N: its token's objects are lost");
  return *free;
}

Outcome run(Session& session, const Init& options) {
  if (options.label.empty() || options.label.size() > 32)
    return usage(fmt::format("not a label: {}", options.label), "1 to 32 octets");
  if (options.no_user_pin && !options.user_pin.empty())
    return usage("--no-user-pin and --user-pin-file exclude each other");
  auto office = TRY(Office::open(options.module));
  const auto slot = TRY(place_for(office, options));
  if (slot.initialised)
    TRY(confirm_loss(fmt::format("all objects of token {} will be lost", title_of(slot)), slot.label, options.yes));
  // Both before anything changes: a token that has one PIN only is a nuisance.
  const auto so_pin = TRY(ask_secret(slot.initialised ? "SO PIN of the token" : "new SO PIN", options.so_pin,
                                     slot.initialised ? Ask::once : Ask::twice));
  TRY(check_length(so_pin, slot, "SO"));
  hsm::Secret user_pin;
  if (!options.no_user_pin) {
    user_pin = TRY(ask_secret("new user PIN", options.user_pin, Ask::twice));
    TRY(check_length(user_pin, slot, "user"));
  }
  TRY(office.initialise(slot, options.label, so_pin));
  // Some modules give a token another slot once it is initialised.
  auto made = TRY(office.named(options.label));
  if (!options.no_user_pin) {
    if (auto set = office.set_user_pin(made, so_pin, user_pin); !set) {
      auto failure = set.error();
      failure.hint = "the token was made, but has no user PIN: keymantle token set-user-pin " + options.label;
      return failure;
    }
    made = TRY(office.named(options.label));
  }
  print_slot(session, made);
  return hsm::Done{};
}

struct SetUserPin {
  std::string label, so_pin, user_pin, module;
  std::int64_t slot = kNoSlot;
};
void declare(Arguments& arguments, SetUserPin& options) {
  arguments.optional("LABEL", options.label, "of the token, as token list shows it")
      .number("--slot", options.slot, "N", "the token in this slot instead of the one of that label")
      .option("--so-pin-file", options.so_pin, "FILE",
              "the security officer's PIN, also /dev/fd/N; without it it is typed")
      .option("--user-pin-file", options.user_pin, "FILE", "the user's new PIN, also /dev/fd/N; without it it is typed")
      .option("--module", options.module, "FILE", "another PKCS#11 module than ours [KEYMANTLE_PKCS11_MODULE]");
}
Outcome run(Session& session, const SetUserPin& options) {
  if (options.label.empty() == (options.slot == kNoSlot))
    return usage("name one token", "by its LABEL, or by --slot N");
  auto office = TRY(Office::open(options.module));
  const auto slot = options.label.empty() ? TRY(office.at(options.slot)) : TRY(office.named(options.label));
  if (!slot.initialised) {
    return refused(fmt::format("the token in slot {} is not initialised", slot.slot),
                   "make it with: keymantle token init --label LABEL");
  }
  const auto so_pin = TRY(ask_secret(fmt::format("SO PIN of {}", slot.label), options.so_pin, Ask::once));
  const auto user_pin = TRY(ask_secret(fmt::format("new user PIN of {}", slot.label), options.user_pin, Ask::twice));
  TRY(check_length(user_pin, slot, "user"));
  TRY(office.set_user_pin(slot, so_pin, user_pin));
  print_slot(session, TRY(office.at(static_cast<std::int64_t>(slot.slot))));
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> token_verbs() {
  return {
      verb<List>("token list", "list the slots and their tokens",
                 "  keymantle token list\n"
                 "  prints: slot, label, serial, state, user PIN, SO PIN\n"
                 "  KEYMANTLE_HSM=unix:/run/keymantle/hsmd.sock keymantle token list --json",
                 declare, run),
      verb<Init>(
          "token init", "make a token with a security officer's and a user's PIN",
          "  keymantle token init --label kms\n"
          "  keymantle token init --label kms --so-pin-file so.pin --user-pin-file /dev/fd/3 3< <(pass show kms)",
          declare, run),
      verb<SetUserPin>("token set-user-pin", "the security officer gives the user a new PIN; unlocks a locked one",
                       "  keymantle token set-user-pin kms", declare, run),
  };
}

}  // namespace cli
