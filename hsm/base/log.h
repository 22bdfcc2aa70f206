#pragma once

#include <string_view>

namespace hsm::log {

enum class Level { error, warning, info, debug };

/// Where lines go: nowhere until set. A library in somebody else's process never writes to stdout or stderr, so the
/// module logs only when its configuration names a file; daemons log to stderr (journald).
void to_descriptor(int descriptor, Level most, std::string_view program);
bool enabled(Level level);

/// One line, one write(2). Never pass a secret, a template or user data.
void write(Level level, std::string_view line);
inline void error(std::string_view line) { write(Level::error, line); }
inline void warning(std::string_view line) { write(Level::warning, line); }
inline void info(std::string_view line) { write(Level::info, line); }
inline void debug(std::string_view line) { write(Level::debug, line); }

}  // namespace hsm::log
