#include "pkcs11/asynchronous.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "pkcs11/operation.h"

namespace p11 {
namespace {

constexpr auto kLongestSettling = std::chrono::seconds(5);
constexpr CK_ULONG kVersion = 0;  // of CK_ASYNC_DATA

/// While it lives, threads that are made take no signals: those are the application's.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// What a thread is made for. The running call keeps C_Finalize from taking the device away.
struct Order {
  std::string function;
  AsyncCalls::Work work;
  std::unique_ptr<RunningCall> running;
  std::function<void(CK_RV, Made)> done;
};

/// A function's name as the application gives it.
Result<std::string_view> function_name(const CK_UTF8CHAR* name) {
  constexpr std::size_t kLongest = 64;
  TRY(not_null(name));
  const auto* text = reinterpret_cast<const char*>(name);
  return std::string_view(text, ::strnlen(text, kLongest));
}

}  // namespace

bool AsyncCalls::Outcome::has_ended() {
  const std::scoped_lock lock(mutex);
  return ended;
}

void AsyncCalls::Outcome::wait() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return ended; });
}

void* AsyncCalls::run(void* order) {
  const std::unique_ptr<Order> own(static_cast<Order*>(order));
  Made made;
  const auto rv = guarded(own->function.c_str(), [&]() -> Status {
    made = TRY(own->work(*own->running->device()));
    return Done{};
  });
  own->done(rv, std::move(made));
  return nullptr;
}

AsyncCalls::~AsyncCalls() {
  for (auto& call : calls_) {
    if (call.outcome->has_ended()) {
      ::pthread_join(call.thread, nullptr);
    } else {
      ::pthread_detach(call.thread);
    }
  }
}

void AsyncCalls::opened(CK_SESSION_HANDLE session, CK_SLOT_ID slot) {
  const std::scoped_lock lock(mutex_);
  sessions_[session] = slot;
  sessions_open_.store(sessions_.size());
}

bool AsyncCalls::has(CK_SESSION_HANDLE session) const {
  if (sessions_open_.load(std::memory_order_relaxed) == 0) return false;
  const std::scoped_lock lock(mutex_);
  return sessions_.contains(session);
}

void AsyncCalls::end_calls_of(CK_SESSION_HANDLE session) {
  std::vector<std::shared_ptr<Outcome>> going_on;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& call : calls_)
      if (call.runs_in == session) going_on.push_back(call.outcome);
  }
  for (const auto& outcome : going_on) outcome->wait();
  Calls ended;
  {
    const std::scoped_lock lock(mutex_);
    for (auto call = calls_.begin(); call != calls_.end();) {
      const auto next = std::next(call);
      if (call->session == session) {
        call->session = CK_INVALID_HANDLE;
        if (call->id == 0) ended.splice(ended.end(), calls_, call);
      }
      call = next;
    }
  }
  for (auto& call : ended) ::pthread_join(call.thread, nullptr);
}

void AsyncCalls::close(CK_SESSION_HANDLE session) {
  if (!has(session)) return;
  {
    const std::scoped_lock lock(mutex_);
    sessions_.erase(session);
    sessions_open_.store(sessions_.size());
  }
  end_calls_of(session);
}

void AsyncCalls::close_all(CK_SLOT_ID slot) {
  std::vector<CK_SESSION_HANDLE> open;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [session, of] : sessions_)
      if (of == slot) open.push_back(session);
  }
  for (const auto session : open) close(session);
}

AsyncCalls::Calls::iterator AsyncCalls::find(CK_SESSION_HANDLE session, std::string_view function) {
  return std::ranges::find_if(calls_, [&](const Call& call) { return call.session == session && call.function == function; });
}

Result<bool> AsyncCalls::start(const Start& how, Work work) {
  auto running = std::make_unique<RunningCall>();
  if (running->device() == nullptr) return fail(Rv::cryptoki_not_initialized, "the module is being finalised");
  const std::scoped_lock lock(mutex_);
  const auto session = sessions_.find(how.session);
  if (session == sessions_.end()) return fail(Rv::session_closed, "the session was closed meanwhile");
  if (find(how.session, how.function) != calls_.end())
    return fail(Rv::operation_active, "a call of this function is pending in the session");
  if (calls_.size() >= kMostCalls) return false;
  auto outcome = std::make_shared<Outcome>();
  auto order = std::make_unique<Order>(Order{how.function, std::move(work), std::move(running), [outcome](CK_RV rv, Made made) {
                                               const std::scoped_lock done(outcome->mutex);
                                               outcome->rv = rv;
                                               outcome->made = std::move(made);
                                               outcome->ended = true;
                                               outcome->changed.notify_all();
                                             }});
  calls_.push_back({how.function, how.session, how.session, session->second, 0, how.buffer, how.need, how.outlives_session,
                    std::move(outcome), {}});
  const SignalsBlocked blocked;
  if (::pthread_create(&calls_.back().thread, nullptr, run, order.get()) != 0) {
    calls_.pop_back();
    return false;
  }
  static_cast<void>(order.release());
  return true;
}

Status AsyncCalls::complete(CK_SESSION_HANDLE session, std::string_view function, CK_ASYNC_DATA* result) {
  if (result != nullptr && result->ulVersion != kVersion) return fail(Rv::arguments_bad, "CK_ASYNC_DATA of another version");
  Calls completed;
  {
    const std::scoped_lock lock(mutex_);
    const auto call = find(session, function);
    if (call == calls_.end()) return fail(Rv::operation_not_initialized, "no call of this function is pending in the session");
    if (!call->outcome->has_ended()) return pending();
    if (result == nullptr) return fail(Rv::arguments_bad, "no place for the result");
    completed.splice(completed.begin(), calls_, call);
  }
  auto& call = completed.front();
  ::pthread_join(call.thread, nullptr);
  auto& outcome = *call.outcome;
  result->pValue = call.buffer;
  if (outcome.rv != CKR_OK) return hsm::Error{static_cast<Rv>(outcome.rv), "the call that was pending", hsm::Place::here(), {}};
  result->ulValue = outcome.made.value.size();
  result->hObject = outcome.made.object;
  result->hAdditionalObject = outcome.made.additional;
  if (call.buffer != nullptr) std::ranges::copy(outcome.made.value, call.buffer);
  return Done{};
}

Result<CK_ULONG> AsyncCalls::name(CK_SESSION_HANDLE session, std::string_view function) {
  const std::scoped_lock lock(mutex_);
  const auto call = find(session, function);
  if (call == calls_.end()) return fail(Rv::operation_not_initialized, "no call of this function is pending in the session");
  if (!call->outlives_session) return fail(Rv::state_unsaveable, "what the call makes goes with its session");
  if (call->id == 0) call->id = ++last_id_;
  call->session = CK_INVALID_HANDLE;
  call->buffer = nullptr;  // the caller frees it now
  return call->id;
}

Status AsyncCalls::join(CK_SESSION_HANDLE session, std::string_view function, CK_ULONG id, CK_BYTE_PTR buffer, CK_ULONG room) {
  const std::scoped_lock lock(mutex_);
  const auto call = std::ranges::find_if(calls_, [&](const Call& c) { return c.id == id && c.function == function; });
  const auto in = sessions_.find(session);
  if (id == 0 || call == calls_.end() || call->session != CK_INVALID_HANDLE || in == sessions_.end() || in->second != call->slot)
    return fail(Rv::saved_state_invalid, "no call of this name and number waits to be joined here");
  if (find(session, function) != calls_.end())
    return fail(Rv::operation_active, "a call of this function is pending in the session");
  if (call->need != 0 && buffer == nullptr) return fail(Rv::arguments_bad, "no buffer for the result");
  if (room < call->need) return fail(Rv::buffer_too_small, "the buffer for the result");
  call->session = session;
  call->buffer = call->need == 0 ? nullptr : buffer;
  return Done{};
}

void AsyncCalls::settle() {
  const auto deadline = std::chrono::steady_clock::now() + kLongestSettling;
  const std::scoped_lock lock(mutex_);
  for (auto& call : calls_) {
    std::unique_lock outcome(call.outcome->mutex);
    call.outcome->changed.wait_until(outcome, deadline, [&] { return call.outcome->ended; });
  }
}

Status sign_by_itself(hsm::Device& device, CK_SESSION_HANDLE session, hsm::ByteView data, CK_BYTE_PTR out, CK_ULONG_PTR room) {
  using hsm::request::Once;
  const OutBuffer buffer(out, room);
  const auto asked = TRY(device.call(Once{session, hsm::Use::sign, data, {}}));
  // Pointers into the buffer would have to be written when the call is completed, perhaps into another one.
  if (asked.form != hsm::request::Form::plain) return once(device, session, hsm::Use::sign, data.data(), data.size(), buffer);
  const auto size = asked.size;
  if (out == nullptr || *room < size) return buffer.take(hsm::request::Produced{size, false});
  const auto kept = std::make_shared<const hsm::Bytes>(hsm::bytes_of(data));
  const auto work = [kept, session, size](hsm::Device& d) -> Result<Made> {
    Made made{hsm::WipedBytes(size), CK_INVALID_HANDLE, CK_INVALID_HANDLE};
    made.value.resize(TRY(d.call(Once{session, hsm::Use::sign, *kept, hsm::Room(made.value)})).size);
    return made;
  };
  if (TRY(async_calls()->start({session, "C_Sign", out, size, true}, work))) return pending();
  return buffer.take(TRY(device.call(Once{session, hsm::Use::sign, data, buffer.room()})));
}

}  // namespace p11

using hsm::Device;
using p11::async_calls;
using p11::entry;
using p11::not_null;
using p11::Status;

namespace {

/// session_handle_invalid for none; an asynchronous one is not asked for, since what is pending may hold it.
Status check_session(Device& d, CK_SESSION_HANDLE session) {
  if (p11::is_asynchronous(session)) return p11::Done{};
  TRY(d.call(hsm::request::GetSession{session}));
  return p11::Done{};
}

}  // namespace

CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto name = TRY(p11::function_name(function));
    TRY(check_session(d, session));
    return async_calls()->complete(session, name, result);
  });
}

CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(id));
    const auto name = TRY(p11::function_name(function));
    TRY(check_session(d, session));
    *id = TRY(async_calls()->name(session, name));
    return p11::Done{};
  });
}

CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_BYTE_PTR data, CK_ULONG size) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto name = TRY(p11::function_name(function));
    TRY(check_session(d, session));
    return async_calls()->join(session, name, id, data, size);
  });
}
