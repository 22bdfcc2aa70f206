#pragma once

#include <cstdint>

/// How many writes to files this process has begun: what changes a file's content, length or name, and what waits for the disk.
std::uint64_t writes_begun();
/// From now on every write fails with this errno; 0 for none. With EIO what is written arrives, but not on the disk.
void let_writes_fail(int error);
/// The next write stops the process, as SIGSTOP does: in the middle of a transaction, if it is one's.
void stop_at_next_write();
