#include "hsm/engine/application.h"
#include "hsm/engine/policy_object.h"

namespace hsm::engine {
namespace {

// A handle, from the lowest bit: 1 bit token object, 40 bits number, 22 bits login under which a private object was seen (0 for
// public ones). Numbers only grow, so that a handle never comes back.
constexpr std::uint64_t kNumberBits = 40;
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << kNumberBits) - 1;
constexpr std::uint64_t kLoginMask = (std::uint64_t{1} << 22) - 1;

std::uint64_t login_part(const Object& object, const Login& login) {
  return object.has(is_private) ? login.number & kLoginMask : 0;
}

}  // namespace

ObjectHandle handle_of(const Object& object, const Login& login) {
  return login_part(object, login) << (kNumberBits + 1) | object.number() << 1 | (object.on_token() ? 1 : 0);
}

std::uint64_t lasting_part(ObjectHandle handle) { return handle & (kNumberMask << 1 | 1); }

Application::Application(std::shared_ptr<Engine> engine, std::string actor)
    : engine_(std::move(engine)), actor_(std::move(actor)) {
  // A store that cannot be read shows itself at the first call; until then there is nothing to notice.
  if (auto tokens = tokens_by_slot()) noticed_.tokens = std::move(*tokens);
}

Application::~Application() = default;

Seat* Application::known_seat(SlotId slot) {
  auto* last = last_seat_.load(std::memory_order_acquire);
  if (last != nullptr && last->token().slot() == slot) return last;
  std::scoped_lock lock(mutex_);
  const auto at = seats_.find(slot);
  if (at == seats_.end()) return nullptr;
  last_seat_.store(at->second.get(), std::memory_order_release);
  return at->second.get();
}

Result<Seat*> Application::seat(SlotId slot) {
  auto* token = TRY(engine_->token(slot));
  std::scoped_lock lock(mutex_);
  auto& seat = seats_[slot];
  if (seat == nullptr) {
    seat = std::make_unique<Seat>(*token);
    for (const auto& object : engine_->built_in_objects()) seat->objects().put(object);
  }
  return seat.get();
}

Caller Application::caller_of(const Session& session) const {
  return {session.handle, session.seat, session.read_write, session.seat->login(), {}};
}

Result<Caller> Application::caller(SessionHandle session) {
  auto locked = TRY(sessions_.lock(session));
  auto& seat = *locked->seat;
  TRY(seat.token().refresh());
  auto& recent = locked->recent;
  // The epochs first: what is read after them is as new as they are, or newer.
  const auto token_epoch = seat.token().epoch(), seat_epoch = seat.epoch();
  if (recent.token_epoch != token_epoch || recent.seat_epoch != seat_epoch) {
    recent = {token_epoch, seat_epoch, seat.login(), kNoHandle, nullptr, nullptr};
    recent.login.unlocked = counted_apart(std::move(recent.login.unlocked));
  }
  return Caller{locked->handle, &seat, locked->read_write, recent.login, recent};
}

store::AuditEvent Application::event(store::Act act) const {
  store::AuditEvent event;
  event.act = act;
  event.actor = actor_;
  return event;
}

Result<ObjectPtr> Application::resolve(const Caller& caller, ObjectHandle handle, Rv otherwise) {
  const auto number = (handle >> 1) & kNumberMask;
  auto& token = caller.seat->token();
  if ((handle & 1) != 0) TRY(token.refresh());
  if (caller.recent.object != nullptr && handle == caller.recent.handle && token.epoch() == caller.recent.token_epoch && caller.seat->epoch() == caller.recent.seat_epoch)
    return caller.recent.object;
  ObjectPtr object;
  if ((handle & 1) != 0) {
    object = number == kPolicyNumber ? policy_object(token.profile()) : TRY(token.find(number));
  } else {
    object = caller.seat->objects().find(number);
  }
  if (object == nullptr || !policy::may_see(caller.login, *object) || handle != handle_of(*object, caller.login))
    return Error{otherwise, "no such object for this caller", Place::here(), {}};
  return object;
}

Result<crypto::KeyPtr> Application::key_of(const Caller& caller, const Object& object) {
  if (&object == caller.recent.object.get()) return caller.recent.key;
  const auto& token = caller.seat->token();
  return object.key(token.keystore(), token.slot(), caller.unlocked());
}

void Application::remember(const Caller& caller, ObjectHandle handle, const ObjectPtr& object, const crypto::KeyPtr& key) {
  if (handle == caller.recent.handle) return;
  auto session = sessions_.lock(caller.session);
  if (!session) return;
  auto& recent = (*session)->recent;
  if (recent.token_epoch != caller.recent.token_epoch || recent.seat_epoch != caller.recent.seat_epoch) return;
  recent.handle = handle;
  recent.object = counted_apart(object);
  recent.key = counted_apart(key);
}

void Application::count_use(const Caller& caller, const Object& key, store::Act act) {
  if (!key.on_token()) return;
  const auto& token = caller.seat->token();
  auto session = sessions_.lock(caller.session);
  if (!session) {  // closed meanwhile
    token.keystore().use_counter(token.slot(), key.stored().id, act)->fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto& uses = (*session)->key_uses[act == store::Act::used_wrap ? 0 : act == store::Act::used_unwrap ? 1 : 2];
  if (!uses.tally.counts() || uses.key != key.stored().id) {
    uses.tally.count_for(token.keystore().use_counter(token.slot(), key.stored().id, act));
    uses.key = key.stored().id;
  }
  uses.tally.add();
}

}  // namespace hsm::engine
