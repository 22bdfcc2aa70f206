#include "hsm/daemon/unit.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "hsm/base/config.h"
#include "hsm/base/log.h"
#include "hsm/daemon/session_of_requests.h"

namespace hsm::daemon {
namespace {

Result<Descriptor> lock_store(const std::filesystem::path& store) {
  const auto file = store / "hsmd.lock";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail(Rv::device_error, "cannot make the lock file").about(fmt::format("{} ({})", file.string(), std::strerror(errno)));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Rv::device_error, "another keymantle-hsmd serves this store").about(store.string());
  return lock;
}

}  // namespace

std::string actor_of(const Peer& peer) { return fmt::format("uid {} pid {}", peer.uid, peer.pid); }

Unit::Unit(Options options, Descriptor lock, wire::ChangePage changes)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      changes_(std::move(changes)),
      applications_([this](const std::string& actor) {
        const auto running = engine();
        return running == nullptr ? nullptr : running->attach(actor);
      }) {}

Result<std::unique_ptr<Unit>> Unit::open(const Options& options) {
  TRY(ensure_private_directory(options.store));
  auto lock = TRY(lock_store(options.store));
  std::unique_ptr<Unit> unit(new Unit(options, std::move(lock), TRY(wire::ChangePage::make())));
  TRY(options.development ? unit->mount_development() : unit->look_at_store());
  return unit;
}

Status Unit::mount_development() {
  auto keystore = TRY(store::open_local(
      options_.store, {.pin_cost = options_.rehearsal_pins ? store::kRehearsalPins : crypto::Argon2Cost{}, .actor = "keymantle-hsmd"}));
  state_ = Operational{.pattern = keystore->header().pattern};
  set_engine(engine::Engine::over(std::move(keystore), "Keymantle hsmd, DEVELOPMENT: key in a file"));
  log::warning("development profile: the master key lies in a file beside the store; not for keys that matter");
  return Done{};
}

Status Unit::look_at_store() {
  const auto store = TRY(store::open_sqlite_store(options_.store));
  const auto header = TRY(store::read_header(*store));
  if (!header) {
    state_ = Empty{};
    return Done{};
  }
  if (header->profile == store::Profile::development)
    return fail(Rv::device_error, "the store is of the development profile: start with --dev, or name another store")
        .about(options_.store.string());
  state_ = Sealed{header->pattern, {}};
  return Done{};
}

Status Unit::mount(const ceremony::MasterKey& key, const ceremony::ShareInfo& from, store::Act act, const Peer& peer) {
  auto store = TRY(store::open_sqlite_store(options_.store));
  auto keystore = TRY(store::Keystore::open(std::move(store), key.key, store::Profile::production, {.actor = "keymantle-hsmd"}));
  TRY(keystore->record(std::nullopt, {.act = act, .actor = actor_of(peer)}));
  state_ = Operational{key.pattern, from.threshold, from.count};
  set_engine(engine::Engine::over(std::move(keystore), "Keymantle hsmd"));
  return Done{};
}

std::shared_ptr<engine::Engine> Unit::engine() {
  const std::scoped_lock lock(engine_mutex_);
  return engine_;
}

void Unit::set_engine(std::shared_ptr<engine::Engine> engine) {
  const std::scoped_lock lock(engine_mutex_);
  engine_.swap(engine);
}

Result<std::shared_ptr<engine::Engine>> Unit::running_engine() {
  auto running = engine();
  if (running == nullptr) return fail(Rv::token_not_present, "the unit is not operational").about(next_step());
  return running;
}

void Unit::flush_uses() {
  const auto running = engine();
  if (running == nullptr) return;
  const auto flushed = guard<Done>([&] { return running->keystore().flush_uses(); });
  if (!flushed) log::error(fmt::format("the uses of keys cannot be recorded: {}", flushed.error().text()));
}

std::string Unit::next_step() const {
  return std::visit(overloaded{
                        [](const Empty&) -> std::string { return "make a master key and split it into shares"; },
                        [](const Staged& staged) {
                          return staged.confirmed.size() < staged.shares.size()
                                     ? fmt::format("check each share alone ({} of {} are checked)", staged.confirmed.size(),
                                                   staged.shares.size())
                                     : std::string("activate the master key");
                        },
                        [](const Sealed& sealed) {
                          return sealed.collected.empty()
                                     ? std::string("unseal: give the shares, one after the other")
                                     : fmt::format("unseal: {} of {} shares are here", sealed.collected.size(),
                                                   sealed.collected.front().info.threshold);
                        },
                        [](const Operational&) { return std::string(); },
                    },
                    state_);
}

admin::UnitStatus Unit::status() {
  admin::UnitStatus status;
  status.version = kServer;
  status.store = options_.store.string();
  status.profile = options_.development ? admin::Profile::development : admin::Profile::isolated;
  status.applications = applications_.count();
  status.memory_locked = Secret::memory_is_locked();
  status.next = next_step();
  std::visit(overloaded{
                 [&](const Empty&) { status.state = admin::State::empty; },
                 [&](const Staged& staged) {
                   status.state = admin::State::staged;
                   status.fingerprint = to_hex(staged.key.pattern);
                   status.threshold = staged.shares.front().info.threshold;
                   status.shares = staged.shares.front().info.count;
                   status.confirmed = static_cast<std::uint8_t>(staged.confirmed.size());
                 },
                 [&](const Sealed& sealed) {
                   status.state = admin::State::sealed;
                   status.fingerprint = to_hex(sealed.pattern);
                   status.collected = static_cast<std::uint8_t>(sealed.collected.size());
                   if (sealed.collected.empty()) return;
                   status.threshold = sealed.collected.front().info.threshold;
                   status.shares = sealed.collected.front().info.count;
                 },
                 [&](const Operational& operational) {
                   status.state = admin::State::operational;
                   status.fingerprint = to_hex(operational.pattern);
                   status.threshold = operational.threshold;
                   status.shares = operational.shares;
                   if (const auto tokens = engine()->keystore().tokens()) status.tokens = tokens->size();
                 },
             },
             state_);
  return status;
}

request::CeremonyStatus Unit::ceremony() {
  const std::scoped_lock lock(admin_mutex_);
  const auto now = status();
  return {now.profile, now.state, now.fingerprint, now.threshold, now.shares, now.collected};
}

Result<admin::UnitStatus> Unit::call(const admin::GetStatus&, const Peer&) {
  const std::scoped_lock lock(admin_mutex_);
  return status();
}

Result<admin::UnitStatus> Unit::call(const admin::Seal&, const Peer& peer) {
  const std::scoped_lock lock(admin_mutex_);
  if (options_.development) return fail(Rv::action_prohibited, "a unit of the development profile has nothing to unseal it with");
  auto sealed = ceremony::seal(state_);
  if (!sealed) return std::move(sealed).error().about(next_step());
  TRY(engine()->keystore().record(std::nullopt, {.act = store::Act::ceremony_sealed, .actor = actor_of(peer)}));
  state_ = std::move(*sealed);
  set_engine(nullptr);
  applications_.detach_all();
  changes_.bump();
  log::info("sealed");
  return status();
}

}  // namespace hsm::daemon
