#pragma once

#include <atomic>

struct sqlite3;

// SQLite keeps the locks of a file once per process, in memory that a forked child inherits although it has none of the locks. A child
// that opened a database beside its parent's connections would believe it holds them: others could then remove the write-ahead log it
// writes to. So all connections are known here, and a child closes its parent's before it opens the first of its own; nothing of that
// reaches the parent.

namespace hsm::sqlite {

/// Held by a thread while it is inside SQLite or between the BEGIN and the end of a transaction: a child forked at such a moment
/// inherits what can neither be used nor closed.
class Inside {
 public:
  Inside() { threads_.fetch_add(1); }
  Inside(const Inside&) = delete;
  ~Inside() { threads_.fetch_sub(1); }

 private:
  friend void leave_parents_connections();
  static std::atomic<unsigned> threads_;
};

/// To be called before a connection is opened. Costs one load but for the first time in a forked child. Throws Failure when the child
/// was forked while another thread was Inside.
void leave_parents_connections();

/// An open connection; throws Failure when there are more than 256.
void remember(sqlite3* connection);
void forget(sqlite3* connection);

}  // namespace hsm::sqlite
