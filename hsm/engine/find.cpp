#include <algorithm>

#include "hsm/engine/application.h"
#include "hsm/engine/built_in.h"
#include "hsm/engine/policy_object.h"
#include "hsm/model/template.h"

// C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal: what matches is decided at the beginning, from the index where it can.

namespace hsm::engine {
namespace {

/// CKA_VALUE and the like: compared where the object lets them be read; a hidden one matches nothing.
Result<bool> secrets_match(const Caller& caller, const Object& object, const Template& wanted) {
  const auto use = crypto::SecretAccess::use();
  const auto& token = caller.seat->token();
  for (const auto& item : wanted) {
    const auto* octets = std::get_if<Secret>(&item.value);
    switch (reading_of(object.kind(), object.attributes(), item.type)) {
      case Reading::in_clear:
        if (!std::ranges::equal(octets->reveal(use), object.attributes().octets(static_cast<Attr>(item.type)))) return false;
        break;
      case Reading::from_secrets: {
        const auto secrets = TRY(object.secrets(token.keystore(), token.slot(), caller.unlocked()));
        const auto* kept = find_secret(secrets, static_cast<Attr>(item.type));
        if (kept == nullptr || !equal_in_constant_time(*kept, *octets)) return false;
        break;
      }
      default:
        return false;
    }
  }
  return true;
}

}  // namespace

Result<request::Nothing> Application::call(const request::FindInit& request) {
  auto session = TRY(sessions_.lock(request.session));
  if (session->found) return fail(Rv::operation_active, "a search runs in the session");
  const auto caller = caller_of(*session);
  auto& token = caller.seat->token();
  TRY(token.refresh());
  const Wanted wanted(request.attributes, crypto::SecretAccess::use());
  const bool names_a_class = wanted.number(Attr::object_class).has_value();
  const auto visible = [&](const Object& object) {
    return policy::may_see(caller.login, object) && (!is_built_in(object) || (names_a_class && is_of(token.profile(), object)));
  };
  auto objects = TRY(token.select(wanted, visible));
  for (auto& object : caller.seat->objects().select(wanted, visible)) objects.push_back(std::move(object));
  if (wanted.number(Attr::object_class) == static_cast<std::uint64_t>(ObjectClass::hw_feature))
    if (auto policy = policy_object(token.profile()); wanted.matches(policy->attributes())) objects.push_back(std::move(policy));
  std::vector<ObjectHandle> found;
  found.reserve(objects.size());
  for (const auto& object : objects)
    if (wanted.secrets().empty() || TRY(secrets_match(caller, *object, wanted.secrets())))
      found.push_back(handle_of(*object, caller.login));
  std::ranges::reverse(found);
  session->found = std::move(found);
  return request::Nothing{};
}

Result<request::Found> Application::call(const request::Find& request) {
  auto session = TRY(sessions_.lock(request.session));
  if (!session->found) return fail(Rv::operation_not_initialized, "no search runs in the session");
  auto& left = *session->found;
  const auto count = std::min<std::uint64_t>(request.most, left.size());
  request::Found found;
  found.objects.assign(left.rbegin(), left.rbegin() + static_cast<std::ptrdiff_t>(count));
  left.resize(left.size() - count);
  return found;
}

Result<request::Nothing> Application::call(const request::FindFinal& request) {
  auto session = TRY(sessions_.lock(request.session));
  if (!session->found) return fail(Rv::operation_not_initialized, "no search runs in the session");
  session->found.reset();
  return request::Nothing{};
}

}  // namespace hsm::engine
