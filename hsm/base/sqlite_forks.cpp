#include "hsm/base/sqlite_forks.h"

#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>

#include <array>

#include "hsm/base/sqlite.h"

namespace hsm::sqlite {
namespace {

enum class Ours { unwatched, yes, inherited, settling };

// No destructors, no locks: children and exit handlers come at any moment.
constinit std::atomic<Ours> ours{Ours::unwatched};
constinit std::array<std::atomic<sqlite3*>, 256> connections{};

void inherited_by_child() { ours.store(Ours::inherited); }

void close_silently(sqlite3* connection) {
  // No checkpoint: it belongs to the processes that hold the locks.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  while (auto* statement = sqlite3_next_stmt(connection, nullptr)) sqlite3_finalize(statement);
  sqlite3_close(connection);
}

}  // namespace

constinit std::atomic<unsigned> Inside::threads_{0};

void leave_parents_connections() {
  for (auto seen = ours.load(); seen != Ours::yes; seen = ours.load()) {
    if (seen == Ours::settling) {
      ::sched_yield();
      continue;
    }
    if (!ours.compare_exchange_strong(seen, Ours::settling)) continue;
    if (seen == Ours::unwatched) {
      ::pthread_atfork(nullptr, nullptr, inherited_by_child);
    } else if (Inside::threads_.load() != 0) {
      ours.store(Ours::inherited);
      throw Failure(SQLITE_MISUSE, "forked while the parent was inside");
    } else {
      for (auto& slot : connections)
        if (auto* connection = slot.exchange(nullptr)) close_silently(connection);
    }
    ours.store(Ours::yes);
  }
}

void remember(sqlite3* connection) {
  for (auto& slot : connections) {
    sqlite3* none = nullptr;
    if (slot.compare_exchange_strong(none, connection)) return;
  }
  throw Failure(SQLITE_NOMEM, "too many databases are open");
}

void forget(sqlite3* connection) {
  if (connection == nullptr) return;
  for (auto& slot : connections) {
    auto* expected = connection;
    if (slot.compare_exchange_strong(expected, nullptr)) return;
  }
}

}  // namespace hsm::sqlite
