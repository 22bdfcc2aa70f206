#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "hsm/base/bytes.h"
#include "hsm/model/requests.h"
#include "pkcs11/entry.h"
#include "pkcs11/out_buffer.h"

// Asynchronous sessions (PKCS#11 3.2, 5.22): a long call starts on a thread of this module and answers CKR_PENDING. All of it happens
// above the device, so that both mountings do the same.

namespace p11 {

/// What a call that has ended gives.
struct Made {
  hsm::WipedBytes value;
  CK_OBJECT_HANDLE object = CK_INVALID_HANDLE, additional = CK_INVALID_HANDLE;
};
inline Made made_of(const hsm::request::Generated& reply) { return {{}, reply.object, CK_INVALID_HANDLE}; }
inline Made made_of(const hsm::request::Derived& reply) { return {{}, reply.object, CK_INVALID_HANDLE}; }
inline Made made_of(const hsm::request::KeyPair& reply) { return {{}, reply.public_key, reply.private_key}; }

/// The asynchronous sessions of the application and what goes on in them. Lives from C_Initialize to C_Finalize; owned by the module.
/// Thread-safe: no lock is held while a call is made or waited for.
class AsyncCalls {
 public:
  using Work = std::function<Result<Made>(hsm::Device&)>;

  /// How a call is started.
  struct Start {
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    const char* function = nullptr;
    CK_BYTE_PTR buffer = nullptr;  ///< of the caller: where the value goes
    CK_ULONG need = 0;             ///< octets of the value at most; 0 for a call that gives none
    bool outlives_session = false;
  };

  explicit AsyncCalls(bool may_make_threads) : may_make_threads_(may_make_threads) {}
  /// Joins the threads of the calls that have ended, and leaves the others to themselves: they touch nothing of this object.
  ~AsyncCalls();

  bool supported() const { return may_make_threads_; }
  void opened(CK_SESSION_HANDLE session, CK_SLOT_ID slot);
  /// Waits for what goes on in the session, which has then no result any more but those that C_AsyncGetID gave a number.
  void close(CK_SESSION_HANDLE session);
  void close_all(CK_SLOT_ID slot);
  /// Takes no lock while there is no asynchronous session.
  bool has(CK_SESSION_HANDLE session) const;

  /// True when the work goes on by itself; false when it is to be done by the caller, because enough is going on already or no
  /// thread can be made. operation_active while an equal call of the session is pending or not completed.
  Result<bool> start(const Start& how, Work work);
  /// C_AsyncComplete: what the call answered, or pending; operation_not_initialized when there is none.
  Status complete(CK_SESSION_HANDLE session, std::string_view function, CK_ASYNC_DATA* result);
  /// C_AsyncGetID: the call leaves its session. state_unsaveable for one whose result goes with the session.
  Result<CK_ULONG> name(CK_SESSION_HANDLE session, std::string_view function);
  /// C_AsyncJoin: the call of that number goes on in this session, which must be at the same slot; saved_state_invalid otherwise.
  Status join(CK_SESSION_HANDLE session, std::string_view function, CK_ULONG id, CK_BYTE_PTR buffer, CK_ULONG room);

  /// At the end of the process: waits a little for what goes on, since libcrypto goes away next.
  void settle();

 private:
  /// Shared with the thread that makes the call.
  struct Outcome {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    CK_RV rv = CKR_OK;
    Made made;
    bool has_ended();
    void wait();
  };
  struct Call {
    std::string function;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;  ///< in which it can be completed; none while it has only its number
    CK_SESSION_HANDLE runs_in = CK_INVALID_HANDLE;
    CK_SLOT_ID slot = 0;
    CK_ULONG id = 0;  ///< 0 while C_AsyncGetID has not named it
    CK_BYTE_PTR buffer = nullptr;
    CK_ULONG need = 0;
    bool outlives_session = false;
    std::shared_ptr<Outcome> outcome;
    pthread_t thread{};
  };
  using Calls = std::list<Call>;
  static constexpr std::size_t kMostCalls = 64;

  static void* run(void* order);
  Calls::iterator find(CK_SESSION_HANDLE session, std::string_view function);
  void end_calls_of(CK_SESSION_HANDLE session);

  const bool may_make_threads_;
  std::atomic<std::size_t> sessions_open_{0};
  mutable std::mutex mutex_;  ///< guards what follows
  std::map<CK_SESSION_HANDLE, CK_SLOT_ID> sessions_;
  Calls calls_;
  CK_ULONG last_id_ = 0;
};

inline bool is_asynchronous(CK_SESSION_HANDLE session) {
  const auto* calls = async_calls();
  return calls != nullptr && calls->has(session);
}

inline hsm::Error pending() { return fail(Rv::pending, "the call goes on by itself"); }

/// Makes a call that gives objects: by itself in an asynchronous session (pending), at once in any other. `outlives_session` when the
/// objects are not those of the session.
template <class Request>
Result<typename Request::Reply> call_or_start(hsm::Device& device, const char* function, Request request, bool outlives_session) {
  if (!is_asynchronous(request.session)) return device.call(request);
  const auto kept = std::make_shared<const Request>(std::move(request));
  AsyncCalls::Start how;
  how.session = kept->session;
  how.function = function;
  how.outlives_session = outlives_session;
  const auto work = [kept](hsm::Device& d) -> Result<Made> { return made_of(TRY(d.call(*kept))); };
  if (TRY(async_calls()->start(how, work))) return pending();
  return device.call(*kept);
}

/// C_Sign in an asynchronous session. A buffer that is too small is told at once.
Status sign_by_itself(hsm::Device& device, CK_SESSION_HANDLE session, hsm::ByteView data, CK_BYTE_PTR out, CK_ULONG_PTR room);

}  // namespace p11
