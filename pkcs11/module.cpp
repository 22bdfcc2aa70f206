#include "pkcs11/module.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>

#include "hsm/base/config.h"
#include "hsm/base/log.h"
#include "hsm/base/socket.h"
#include "hsm/base/thread_number.h"
#include "hsm/wire/remote_device.h"
#include "pkcs11/asynchronous.h"
#include "pkcs11/reserved.h"
#ifdef KEYMANTLE_LOCAL_MOUNT
#include "hsm/engine/local_device.h"
#endif

namespace p11 {
namespace {

using hsm::Done;
using hsm::fail;
using hsm::Result;
using hsm::Rv;
using hsm::Status;

enum class Phase { none, starting, running, stopping };

/// What C_Initialize makes and C_Finalize gives up.
struct Mounted {
  std::shared_ptr<hsm::Device> device;
  AsyncCalls calls;
  Mounted(std::shared_ptr<hsm::Device> with, bool may_make_threads) : device(std::move(with)), calls(may_make_threads) {}
};

struct alignas(64) Shard {
  std::atomic<unsigned> running{0};
};
constexpr unsigned kShards = 64;
constexpr auto kLongestCall = std::chrono::seconds(5);

// The state of the module. None of it has a destructor: at the end of a process other people's exit handlers may still call us,
// and OpenSSL may be gone by then. A device that is still mounted is left to the operating system.
constinit std::atomic<Phase> phase{Phase::none};
constinit std::atomic<hsm::Device*> device_in_use{nullptr};
constinit std::atomic<AsyncCalls*> calls_in_use{nullptr};
constinit Mounted* owner = nullptr;
constinit std::array<Shard, kShards> shards{};
constinit std::atomic<bool> exiting{false};

/// The child begins uninitialised. What the parent had is never touched again: its locks may be held by threads that do not exist here.
void forget_in_child() {
  device_in_use.store(nullptr);
  calls_in_use.store(nullptr);
  owner = nullptr;
  phase.store(Phase::none);
  for (auto& shard : shards) shard.running.store(0);
  hsm::Secret::after_fork_in_child();
  hsm::wire::close_connections_in_child();
}

void watch_forks() {
  static constinit std::atomic<bool> watching{false};
  if (!watching.exchange(true)) ::pthread_atfork(nullptr, nullptr, forget_in_child);
}

/// Destroyed at exit before the handlers that were there when the HSM was mounted, OpenSSL's among them.
struct ExitMark {
  ~ExitMark() {
    exiting.store(true);
    if (auto* calls = calls_in_use.load()) calls->settle();
  }
};

Status check_locking(const CK_C_INITIALIZE_ARGS& arguments) {
  const int given = (arguments.CreateMutex != nullptr) + (arguments.DestroyMutex != nullptr) +
                    (arguments.LockMutex != nullptr) + (arguments.UnlockMutex != nullptr);
  if (given != 0 && given != 4) return fail(Rv::arguments_bad, "some mutex functions, but not all four");
  const auto known = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS;
  if ((arguments.flags & ~known) != 0) return fail(Rv::arguments_bad, "an unknown flag");
  if (given == 4 && (arguments.flags & CKF_OS_LOCKING_OK) == 0)
    return fail(Rv::cant_lock, "this library locks by the operating system's mutexes only");
  return Done{};
}

hsm::log::Level level_named(std::string_view name) {
  if (name == "error") return hsm::log::Level::error;
  if (name == "info") return hsm::log::Level::info;
  if (name == "debug") return hsm::log::Level::debug;
  return hsm::log::Level::warning;
}

/// Logs to a file, or to a copy of the host's stderr, which the host may close. There is one descriptor for the life of the process: a late
/// line of another thread may still go to it.
Status open_log(const std::string& file, std::string_view level) {
  static constinit int log = -1;
  const bool to_stderr = file == "stderr" || file == "/dev/stderr";
  hsm::Descriptor opened(to_stderr ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
  if (!opened)
    return fail(Rv::general_error, "the log cannot be opened; check the directory and the mode, or name another in KEYMANTLE_LOG")
        .about(file + ": " + std::generic_category().message(errno));
  if (log < 0) {
    log = opened.release();
  } else if (::dup3(opened.get(), log, O_CLOEXEC) < 0) {
    return fail(Rv::general_error, "the log cannot be opened").about(file + ": " + std::generic_category().message(errno));
  }
  hsm::log::to_descriptor(log, level_named(level), "keymantle-pkcs11");
  return Done{};
}

Result<hsm::Config> load_config(const char* reserved) {
  // The setting itself may be what is wrong: then only the environment can say where to write that down.
  if (const char* file = std::getenv("KEYMANTLE_LOG"); file != nullptr && *file != '\0') TRY(open_log(file, "warning"));
  auto config = TRY(hsm::Config::load(TRY(read_reserved(reserved))));
  if (config.log_file) TRY(open_log(config.log_file->string(), config.log_level));
  return config;
}

Result<std::shared_ptr<hsm::Device>> mount(const hsm::Config& config) {
  if (config.hsm_socket) return hsm::wire::connect_device(*config.hsm_socket);
#ifdef KEYMANTLE_LOCAL_MOUNT
  return hsm::engine::mount_locally(config);
#else
  return fail(Rv::general_error, "this module was built without an HSM of its own: name one with KEYMANTLE_HSM=unix:PATH");
#endif
}

Status start(const CK_C_INITIALIZE_ARGS* arguments) {
  if (arguments != nullptr) TRY(check_locking(*arguments));
  watch_forks();
  const auto config = TRY(load_config(arguments == nullptr ? nullptr : static_cast<const char*>(arguments->pReserved)));
  auto device = TRY(mount(config));
  const bool may_make_threads = arguments == nullptr || (arguments->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS) == 0;
  owner = std::make_unique<Mounted>(std::move(device), may_make_threads).release();
  calls_in_use.store(&owner->calls);
  device_in_use.store(owner->device.get());
  static const ExitMark mark;
  return Done{};
}

void enter(Phase next) {
  phase.store(next);
  phase.notify_all();
}

/// Puts the phase back when a start fails or throws.
struct Start {
  ~Start() { enter(device_in_use.load() != nullptr ? Phase::running : Phase::none); }
};

/// Who comes while another thread starts or stops the module waits for the end of that: "already initialized" is then a promise that
/// the module can be used.
Status claim_start() {
  while (true) {
    auto seen = Phase::none;
    if (phase.compare_exchange_strong(seen, Phase::starting)) return Done{};
    if (seen == Phase::running) return fail(Rv::cryptoki_already_initialized, "C_Initialize was called before");
    phase.wait(seen);
  }
}

bool calls_ended() {
  const auto deadline = std::chrono::steady_clock::now() + kLongestCall;
  for (auto& shard : shards) {
    while (shard.running.load() != 0) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
  }
  return true;
}

}  // namespace

AsyncCalls* async_calls() { return calls_in_use.load(std::memory_order_acquire); }

bool is_ending() { return device_in_use.load() == nullptr || exiting.load(); }

RunningCall::RunningCall() noexcept : shard_(hsm::thread_number() % kShards) {
  shards[shard_].running.fetch_add(1);
  device_ = exiting.load(std::memory_order_relaxed) ? nullptr : device_in_use.load();
}

RunningCall::~RunningCall() { shards[shard_].running.fetch_sub(1, std::memory_order_release); }

Status initialize(const CK_C_INITIALIZE_ARGS* arguments) {
  if (exiting.load()) return fail(Rv::general_error, "the process is ending");
  TRY(claim_start());
  const Start leave;
  return start(arguments);
}

Status finalize() {
  auto expected = Phase::running;
  if (!phase.compare_exchange_strong(expected, Phase::stopping))
    return fail(Rv::cryptoki_not_initialized, "C_Initialize was not called");
  device_in_use.store(nullptr);
  std::unique_ptr<Mounted> mounted(std::exchange(owner, nullptr));
  // A call that hangs, or OpenSSL that is gone already: the device is left to the end of the process.
  if (!calls_ended() || exiting.load()) {
    static_cast<void>(mounted.release());
  } else {
    calls_in_use.store(nullptr);
    mounted.reset();
  }
  enter(Phase::none);
  return Done{};
}

}  // namespace p11
