#include <array>

#include "hsm/engine/application.h"

// Digest, encrypt, decrypt, sign, verify and the two recovering ones: one code for all families, one slot for each.

namespace hsm::engine {
namespace {

using request::Nothing;
using request::Produced;

/// Whether *_size() tells exactly what will be written. It cannot where padding is taken off.
bool size_is_exact(Use use) { return use != Use::decrypt && use != Use::verify_recover; }

/// Runs `work(room)` when there is room for `need` octets, which is exactly what comes out; keeps the operation running, and has done
/// nothing, when there is not.
template <class Work>
Result<Produced> produce(OperationSlot::Lease& lease, std::uint64_t need, Room room, Work work) {
  if (lease.slot().has_waiting())
    return fail(Rv::operation_not_initialized, "the operation has ended but for a result that did not fit");
  if (room.data() == nullptr || room.size() < need) {
    lease.keep_running();
    return Produced{need, false};
  }
  return Produced{TRY(work(room)), true};
}

/// Gives out a result that did not fit before.
Produced deliver(OperationSlot::Lease& lease, Room room) {
  const auto& waiting = lease.slot().waiting();
  const Produced produced{waiting.size(), room.data() != nullptr && room.size() >= waiting.size()};
  if (produced.written) {
    std::ranges::copy(waiting, room.begin());
  } else {
    lease.keep_running();
  }
  return produced;
}

/// The same for the last result of an operation. Where only doing it tells its size it is made aside, so that a caller who knows the
/// size gets it; what does not fit then waits for the same call with more room.
template <class Work>
Result<Produced> produce_last(OperationSlot::Lease& lease, OperationSlot::Call call, bool exact, std::uint64_t need, Room room,
                              Work work) {
  auto& slot = lease.slot();
  if (slot.waiting_for() == call) return deliver(lease, room);
  if (exact || slot.has_waiting() || room.data() == nullptr || room.size() >= need)
    return produce(lease, need, room, std::move(work));
  WipedBytes aside(need);
  aside.resize(TRY(work(Room(aside))));
  if (aside.size() > room.size()) {
    slot.wait(call, std::move(aside));
    return deliver(lease, room);
  }
  std::ranges::copy(aside, room.begin());
  return Produced{aside.size(), true};
}

struct Pair {
  Use cipher, other;
};
/// By Dual.
constexpr auto kPairs = std::to_array<Pair>({
    {Use::encrypt, Use::digest}, {Use::decrypt, Use::digest}, {Use::encrypt, Use::sign}, {Use::decrypt, Use::verify},
});

/// Counts wrong padding. The next operation with the key begins anew, where the limit is looked at.
Result<Produced> heeding_padding(Session& session, OperationSlot& slot, Result<Produced> outcome) {
  const auto& begun = slot.begun();
  if (outcome || outcome.error().rv != Rv::encrypted_data_invalid ||
      !policy::has(begun.mechanism, policy::takes_padding_off))
    return outcome;
  session.seat->token().padding_failures().count(lasting_part(begun.key));
  slot.never_reuse();
  return outcome;
}

}  // namespace

store::Act act_of(Use use) {
  switch (use) {
    case Use::digest:
      return store::Act::used_digest;
    case Use::encrypt:
      return store::Act::used_encrypt;
    case Use::decrypt:
      return store::Act::used_decrypt;
    case Use::sign:
    case Use::sign_recover:
      return store::Act::used_sign;
    default:
      return store::Act::used_verify;
  }
}

Status may_fail(Token& token, const Mechanism& mechanism, ObjectHandle key) {
  if (policy::has(mechanism.type, policy::takes_padding_off) && token.padding_failures().reached(lasting_part(key), RateLimits::kMostFailures))
    return fail(Rv::function_rejected, "too much padding was wrong under this key: wait a minute");
  return Done{};
}

Status Application::begin(Session& session, const request::Begin& request) {
  auto& slot = session.operation(request.use);
  if (slot.running()) return fail(Rv::operation_active, "an operation of this family runs in the session");
  auto& token = session.seat->token();
  TRY(token.refresh());
  const Begun begun{request.mechanism.type, request.key, token.epoch(), session.seat->epoch()};
  const bool malformed = std::holds_alternative<MalformedParams>(request.mechanism.params);
  if (auto* before = slot.reusable(begun); before != nullptr && !malformed && TRY(before->restart(request.mechanism))) {
    slot.start_again();
    return Done{};
  }
  slot.forget();
  const auto* row = TRY(policy::known(request.mechanism.type));
  if (request.use == Use::digest) {
    TRY(policy::may_begin(request.use, {token.profile(), *row, request.mechanism}, nullptr));
    slot.start(TRY(crypto::begin(request.use, request.mechanism, nullptr)), begun, nullptr, row->multipart);
    return Done{};
  }
  const auto caller = caller_of(session);
  const auto object = TRY(resolve(caller, request.key, Rv::key_handle_invalid));
  if (!object->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  TRY(policy::may_begin(request.use, {token.profile(), *row, request.mechanism}, object.get()));
  TRY(may_fail(token, request.mechanism, request.key));
  const auto key = TRY(key_of(caller, *object));
  auto operation = TRY(crypto::begin(request.use, request.mechanism, key));
  TRY(spend_use(caller, *object));
  if (object->on_token())
    slot.tally().count_for(token.keystore().use_counter(token.slot(), object->stored().id, act_of(request.use)));
  slot.start(std::move(operation), begun, object.get(), row->multipart);
  return Done{};
}

Result<Produced> Application::once(Session& session, Use use, ByteView data, Room room) {
  auto& slot = session.operation(use);
  auto lease = TRY(slot.lease());
  TRY(slot.check_single_part());
  return heeding_padding(session, slot,
                         produce_last(lease, OperationSlot::Call::once, size_is_exact(use), lease->once_size(data.size()), room,
                                      [&](Room out) { return lease->once(data, out); }));
}

Result<Nothing> Application::call(const request::Begin& request) {
  auto session = TRY(sessions_.lock(request.session));
  TRY(begin(*session, request));
  return Nothing{};
}

Result<Produced> Application::call(const request::Once& request) {
  auto session = TRY(sessions_.lock(request.session));
  return once(*session, request.use, request.data, request.room);
}

Result<Produced> Application::call(const request::BeginOnce& request) {
  auto session = TRY(sessions_.lock(request.begin.session));
  TRY(begin(*session, request.begin));
  return once(*session, request.begin.use, request.data, request.room);
}

Result<Produced> Application::call(const request::Update& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(request.use);
  auto lease = TRY(slot.lease());
  TRY(slot.check_multipart());
  const bool produces = request.use == Use::encrypt || request.use == Use::decrypt;
  auto produced = produces ? TRY(produce(lease, lease->update_size(request.data.size()), request.room,
                                         [&](Room out) { return lease->update(request.data, out); }))
                           : Produced{TRY(lease->update(request.data, {})), true};
  if (produced.written) {
    slot.parts_follow();
    lease.keep_running();
  }
  return produced;
}

Result<Produced> Application::call(const request::Finish& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(request.use);
  auto lease = TRY(slot.lease());
  TRY(slot.check_multipart());
  return heeding_padding(*session, slot,
                         produce_last(lease, OperationSlot::Call::finish, size_is_exact(request.use), lease->finish_size(),
                                      request.room, [&](Room out) { return lease->finish(out); }));
}

Result<Produced> Application::call(const request::DualUpdate& request) {
  if (static_cast<std::size_t>(request.pair) >= kPairs.size()) return fail(Rv::arguments_bad, "not a pair of operations");
  const auto pair = kPairs[static_cast<std::size_t>(request.pair)];
  auto session = TRY(sessions_.lock(request.session));
  auto& cipher = session->operation(pair.cipher);
  auto& other = session->operation(pair.other);
  if (!cipher.running() || !other.running())
    return fail(Rv::operation_not_initialized, "not both operations of the pair run in the session");
  auto ciphering = TRY(cipher.lease());
  auto following = TRY(other.lease());
  TRY(cipher.check_multipart());
  TRY(other.check_multipart());
  const auto work = [&](Room out) -> Result<std::size_t> {
    if (pair.cipher == Use::encrypt) {  // before it is encrypted in place
      TRY(following->update(request.data, {}));
      return ciphering->update(request.data, out);
    }
    const auto size = TRY(ciphering->update(request.data, out));
    TRY(following->update(out.first(size), {}));
    return size;
  };
  const auto produced = TRY(produce(ciphering, ciphering->update_size(request.data.size()), request.room, work));
  if (produced.written) {
    cipher.parts_follow();
    other.parts_follow();
    ciphering.keep_running();
  }
  following.keep_running();
  return produced;
}

Result<Nothing> Application::call(const request::VerifyOnce& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(Use::verify);
  auto lease = TRY(slot.lease());
  TRY(slot.check_single_part());
  TRY(lease->verify_once(request.data, request.signature));
  return Nothing{};
}

Result<Nothing> Application::call(const request::VerifyFinish& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(Use::verify);
  auto lease = TRY(slot.lease());
  TRY(slot.check_multipart());
  TRY(lease->verify_finish(request.signature));
  return Nothing{};
}

Result<Nothing> Application::call(const request::DigestKey& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& slot = session->operation(Use::digest);
  auto lease = TRY(slot.lease());
  const auto caller = caller_of(*session);
  const auto object = TRY(resolve(caller, request.key, Rv::key_handle_invalid));
  const Mechanism digest{slot.begun().mechanism, {}};
  const auto* row = TRY(policy::known(digest.type));
  TRY(policy::may_digest({caller.profile(), *row, digest}, *object));
  TRY(spend_use(caller, *object));
  TRY(lease->update_with(*TRY(key_of(caller, *object))));
  slot.parts_follow();
  lease.keep_running();
  return Nothing{};
}

}  // namespace hsm::engine
