#pragma once

#include <cstdint>

/// How many writes to files this process has begun: what changes a file's content, length or name, and what waits for the disk.
std::uint64_t writes_begun();
