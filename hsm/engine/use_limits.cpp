#include "hsm/engine/application.h"

// Keys that may be used a number of times only (check 17). A use counts when it begins, durably for a stored key, whether or not
// it succeeds.

namespace hsm::engine {
namespace {

// Another process may take a use between our look and our write.
constexpr int kTries = 16;

}  // namespace

Status Application::spend_use(const Caller& caller, const Object& key) {
  if (!key.has(limits_uses)) return Done{};
  auto& token = caller.seat->token();
  const auto handle = handle_of(key, caller.login);
  const std::scoped_lock one_at_a_time(token.spending());
  if (const auto most = key.attributes().number(Attr::keymantle_uses_per_minute); most) {
    if (token.uses().reached(lasting_part(handle), *most))
      return fail(Rv::function_rejected, "the key was used as often as it may be in a minute: wait");
    token.uses().count(lasting_part(handle));
  }
  return move_on(caller, handle, [](const AttributeBlob& now) -> Result<std::optional<Attribute>> {
    const auto left = now.number(Attr::keymantle_uses_left);
    if (!left) return std::optional<Attribute>();
    if (*left == 0) return fail(Rv::key_exhausted, "the key's uses are used up");
    return std::optional(attribute(Attr::keymantle_uses_left, *left - 1));
  });
}

Status Application::move_on(const Caller& caller, ObjectHandle key, const NextState& next) {
  auto& token = caller.seat->token();
  for (int tries = 1;; ++tries) {
    const auto now = TRY(resolve(caller, key, Rv::key_handle_invalid));
    auto changed = TRY(next(now->attributes()));
    if (!changed) return Done{};
    auto attributes = TRY(now->everything(token.keystore(), token.slot(), caller.unlocked()));
    put(attributes, std::move(*changed));
    auto done = replace(caller, *now, std::move(attributes));
    if (done || done.error().rv != Rv::function_failed || tries == kTries) return done;
    TRY(token.refresh());
  }
}

}  // namespace hsm::engine
