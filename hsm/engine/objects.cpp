#include "hsm/engine/application.h"
#include "hsm/engine/birth.h"
#include "hsm/engine/policy_object.h"
#include "hsm/model/template.h"

// Objects: C_CreateObject, C_CopyObject, C_DestroyObject, C_GetObjectSize, C_GetAttributeValue, C_SetAttributeValue.

namespace hsm::engine {
namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

/// How often an act starts again when another process changed the object in between.
constexpr int kTries = 3;

}  // namespace

Result<std::vector<ObjectHandle>> Application::keep(const Caller& caller, std::vector<Template> objects, store::Act act) {
  auto& token = caller.seat->token();
  std::vector<ObjectPtr> kept(objects.size());
  for (const auto& object : objects) TRY(policy::may_create(caller, on_token(object), private_object(object)));
  if (std::ranges::any_of(objects, on_token)) {
    auto edit = TRY(token.keystore().edit(token.slot()));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (!on_token(objects[i])) continue;
      auto stored = TRY(edit.create(objects[i], caller.unlocked()));
      auto record = event(act);
      record.object = stored.id;
      TRY(edit.record(std::move(record)));
      kept[i] = std::make_shared<const Object>(std::move(stored));
    }
    TRY(edit.commit());
    TRY(token.refresh(edit));
  }
  std::vector<ObjectHandle> handles;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (kept[i] == nullptr) {
      kept[i] = std::make_shared<const Object>(engine_->next_number(), caller.session, std::move(objects[i]));
      TRY(add_session_object(caller, kept[i]));
    }
    handles.push_back(handle_of(*kept[i], caller.login));
  }
  return handles;
}

/// To be called without a session locked. A session that is closed while its object is added takes it away, or the object is not added:
/// whoever comes second sees the first.
Status Application::add_session_object(const Caller& caller, const ObjectPtr& object) {
  TRY(caller.seat->add(object, caller.login));
  if (auto session = sessions_.lock(caller.session)) {
    (*session)->made_objects = true;
    return Done{};
  }
  caller.seat->remove_objects_of(caller.session);
  return fail(Rv::session_closed, "the session was closed while the object was made");
}

Result<ObjectHandle> Application::keep_one(const Caller& caller, Template object, store::Act act) {
  std::vector<Template> one;
  one.push_back(std::move(object));
  return TRY(keep(caller, std::move(one), act)).front();
}

Result<request::OneObject> Application::call(const request::CreateObject& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto kind = TRY(kind_of(request.attributes, std::nullopt));
  auto attributes = TRY(new_under_policy(caller, on_create, kind, request.attributes));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  TRY(policy::sound_numbers(caller.profile(), attributes));
  TRY(born_by_create(attributes, kind));
  return request::OneObject{TRY(keep_one(caller, std::move(attributes), store::Act::object_created))};
}

Result<Template> new_under_policy(const Caller& caller, On on, const ObjectKind& kind, const Template& given,
                                  const policy::Source& source) {
  const auto wanted = policy::settled(caller.profile(), kind, given, use());
  auto attributes = TRY(new_object(on, kind, wanted, caller.login.as(), use()));
  TRY(policy::may_exist(caller.profile(), on, kind, attributes, source));
  return attributes;
}

Result<Template> Application::changed(const Caller& caller, const Object& object, On on, const Template& given) {
  const auto& token = caller.seat->token();
  auto changes = TRY(changed_attributes(on, object.kind(), object.attributes(), given, caller.login.as(), use()));
  auto all = TRY(object.everything(token.keystore(), token.slot(), caller.unlocked()));
  for (const auto& change : changes) put(all, clone(change, use()));
  TRY(policy::may_become(caller, object, changes, all));
  return all;
}

Result<request::OneObject> Application::call(const request::CopyObject& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto original = TRY(resolve(caller, request.object));
  TRY(policy::may_copy(*original));
  auto attributes = TRY(changed(caller, *original, on_copy, request.attributes));
  TRY(policy::may_create(caller, on_token(attributes), private_object(attributes)));
  TRY(born_by_copy(attributes, original->kind(), original->attributes()));
  const auto copy = TRY(keep_one(caller, std::move(attributes), store::Act::object_copied));
  if (original->kind().is_key()) TRY(resolve(caller, copy))->share_nonces_of(*original);
  return request::OneObject{copy};
}

Result<request::Nothing> Application::call(const request::DestroyObject& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto object = TRY(resolve(caller, request.object));
  TRY(policy::may_destroy(caller, *object));
  auto& token = caller.seat->token();
  if (!object->on_token()) {
    const auto gone = caller.seat->objects().remove(object->number());  // which may be a later state of it
    if (gone == nullptr) return fail(Rv::object_handle_invalid, "the object was destroyed meanwhile");
    if (!gone->retire()) return request::Nothing{};  // nobody remembers it
    caller.seat->something_changed();
    if (auto session = sessions_.lock(caller.session); session && (*session)->recent.handle == request.object) (*session)->recent = {};
    return request::Nothing{};
  }
  auto edit = TRY(token.keystore().edit(token.slot()));
  TRY(edit.remove(object->stored()));
  auto record = event(store::Act::object_destroyed);
  record.object = object->stored().id;
  TRY(edit.record(std::move(record)));
  TRY(edit.commit());
  object->forget_key();
  TRY(token.refresh(edit));
  return request::Nothing{};
}

Status Application::replace(const Caller& caller, const Object& old, Template attributes) {
  auto& token = caller.seat->token();
  if (!old.on_token()) {
    auto now = std::make_shared<const Object>(old.number(), old.owner(), std::move(attributes));
    now->share_nonces_of(old);
    return caller.seat->replace(old, now, caller.login);
  }
  auto edit = TRY(token.keystore().edit(token.slot()));
  TRY(edit.update(old.stored(), attributes, caller.unlocked()));
  auto record = event(store::Act::object_changed);
  record.object = old.stored().id;
  TRY(edit.record(std::move(record)));
  TRY(edit.commit());
  return token.refresh(edit);
}

Result<request::Nothing> Application::set_policy(const Caller& caller, const Template& given) {
  if (caller.login.state != LoginState::so) return fail(Rv::user_not_logged_in, "only the security officer changes the policy");
  auto& token = caller.seat->token();
  TRY(token.keystore().set_profile(token.slot(), *caller.unlocked(), TRY(profile_in(given)), actor_));
  TRY(token.refresh());
  return request::Nothing{};
}

Result<request::Nothing> Application::call(const request::SetAttributes& request) {
  const auto caller = TRY(this->caller(request.session));
  for (int tries = 1;; ++tries) {
    const auto object = TRY(resolve(caller, request.object));
    TRY(policy::may_change(caller, *object));
    if (object->number() == kPolicyNumber) return set_policy(caller, request.attributes);
    auto attributes = TRY(changed(caller, *object, on_set, request.attributes));
    auto done = replace(caller, *object, std::move(attributes));
    if (done) return request::Nothing{};
    if (done.error().rv != Rv::function_failed || tries == kTries) return done.error();
  }
}

Result<request::ObjectSize> Application::call(const request::GetObjectSize& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto object = TRY(resolve(caller, request.object));
  return request::ObjectSize{object->stored().public_attributes.size() + object->stored().sealed.size()};
}

Result<request::AttributeAnswers> Application::call(const request::GetAttributes& request) {
  const auto caller = TRY(this->caller(request.session));
  const auto object = TRY(resolve(caller, request.object));
  const auto& token = caller.seat->token();
  const auto attributes = object->attributes();
  std::optional<Template> secrets;
  request::AttributeAnswers reply;
  for (const auto type : request.types) {
    auto& answer = reply.answers.emplace_back();
    answer.attribute.type = type;
    switch (reading_of(object->kind(), attributes, type)) {
      case Reading::unknown:
        break;
      case Reading::refused:
        answer.readable = request::Readable::sensitive;
        break;
      case Reading::in_clear:
        answer.readable = request::Readable::yes;
        answer.attribute.value = *attributes.value(type);
        break;
      case Reading::from_secrets:
        if (!secrets) secrets = TRY(object->secrets(token.keystore(), token.slot(), caller.unlocked()));
        if (const auto* secret = find(*secrets, static_cast<Attr>(type))) {
          answer.readable = request::Readable::yes;
          answer.attribute = clone(*secret, use());
        }
        break;
    }
  }
  return reply;
}

}  // namespace hsm::engine
