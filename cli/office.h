#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cli/installed.h"
#include "cli/module_log.h"
#include "cli/verb.h"
#include "kms/p11/tokens.h"

// Through the PKCS#11 module, as every application reaches the HSM: its settings (KEYMANTLE_STORE, KEYMANTLE_HSM,
// KEYMANTLE_CONF) decide which store or daemon that is.

namespace cli {

inline constexpr std::int64_t kNoSlot = -1;

inline std::string title_of(const kms::p11::SlotEntry& slot) {
  return slot.label.empty() ? fmt::format("in slot {}", slot.slot) : fmt::format("{} (slot {})", slot.label, slot.slot);
}

/// The module while a verb works with it, and what it says of its trouble.
class Office {
 public:
  static Result<Office> open(const std::string& module) {
    auto log = std::make_unique<ModuleLog>();
    auto path = module;
    if (const char* named = std::getenv("KEYMANTLE_PKCS11_MODULE"); path.empty() && named != nullptr) path = named;
    if (path.empty()) path = TRY(find_module()).string();
    auto tokens = kms::p11::Tokens::open(path);
    if (!tokens) return trouble(tokens.error(), *log);
    return Office(std::move(log), std::move(tokens).value());
  }

  Result<std::vector<kms::p11::SlotEntry>> slots() const {
    auto slots = tokens_.list();
    if (!slots) return trouble(slots.error(), *log_);
    if (slots->empty()) return refused("the HSM offers no slot", "a sealed unit offers none: see keymantle hsm status");
    return std::move(slots).value();
  }
  Result<kms::p11::SlotEntry> at(std::int64_t number) const {
    for (auto& slot : TRY(slots())) {
      if (slot.slot == static_cast<std::uint64_t>(number)) return std::move(slot);
    }
    return refused(fmt::format("there is no slot {}", number), "list them with: keymantle token list");
  }
  Result<kms::p11::SlotEntry> named(const std::string& label) const {
    auto all = TRY(slots());
    std::erase_if(all, [&](const kms::p11::SlotEntry& slot) { return !slot.initialised || slot.label != label; });
    if (all.size() == 1) return std::move(all.front());
    if (all.empty())
      return refused(fmt::format("there is no token of this label: {}", label), "list them with: keymantle token list");
    return refused(fmt::format("{} tokens have this label: {}", all.size(), label), "name one of them by its --slot N");
  }

  Outcome initialise(const kms::p11::SlotEntry& slot, const std::string& label, const hsm::Secret& so_pin) {
    return told(tokens_.initialise(slot.slot, label, so_pin), slot);
  }
  Outcome set_user_pin(const kms::p11::SlotEntry& slot, const hsm::Secret& so_pin, const hsm::Secret& user_pin) {
    return told(tokens_.set_user_pin(slot.slot, so_pin, user_pin), slot);
  }

  /// The tokens themselves; reason() puts their refusals into words.
  kms::p11::Tokens& tokens() { return tokens_; }
  Failure reason(const hsm::Error& error) const { return trouble(error, *log_); }

 private:
  Office(std::unique_ptr<ModuleLog> log, kms::p11::Tokens tokens) : log_(std::move(log)), tokens_(std::move(tokens)) {}

  static Failure trouble(const hsm::Error& error, const ModuleLog& log) {
    auto failure = failure_from(error);
    if (const auto reason = log.last_reason(); !reason.empty()) {
      failure.message += ": " + reason;
    } else if (error.rv != hsm::Rv::library_load_failed) {
      failure.message += fmt::format(" ({})", hsm::name_of(error.rv));
    }
    if (error.rv == hsm::Rv::device_removed)
      failure.hint = "start keymantle-hsmd, or name its socket in KEYMANTLE_HSM=unix:/PATH";
    return failure;
  }
  Outcome told(const hsm::Status& outcome, const kms::p11::SlotEntry& slot) const {
    if (outcome) return hsm::Done{};
    const auto title = title_of(slot);
    if (outcome.error().rv == hsm::Rv::pin_incorrect) {
      return refused(fmt::format("wrong SO PIN: token {}", title),
                     "nothing was changed; ten wrong SO PINs in a row lock it for good");
    }
    if (outcome.error().rv == hsm::Rv::pin_locked) {
      return refused(fmt::format("the SO PIN is locked: token {}", title),
                     "nobody can unlock it; the user PIN still opens the token: move its keys to another one");
    }
    if (outcome.error().rv == hsm::Rv::session_exists) {
      return refused(fmt::format("applications use the token: {}", title), "end them and repeat this");
    }
    auto failure = trouble(outcome.error(), *log_);
    failure.message += ": token " + title;
    return failure;
  }

  std::unique_ptr<ModuleLog> log_;
  kms::p11::Tokens tokens_;
};

}  // namespace cli
