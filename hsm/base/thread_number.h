#pragma once

namespace hsm {

/// A number of the calling thread, from 0 on, the same for as long as it lives: by it, what all threads count or take can lie apart, so
/// that they do not wait for each other's cache lines.
unsigned thread_number();

/// Into how many parts such things are divided, and which one is this thread's.
inline constexpr unsigned kThreadParts = 16;
inline unsigned thread_part() { return thread_number() % kThreadParts; }

}  // namespace hsm
