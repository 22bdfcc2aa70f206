#include "pkcs11/entry.h"

#include <fmt/core.h>

#include <exception>
#include <string_view>

#include "hsm/base/log.h"

namespace p11 {
namespace {

/// What an administrator must look at, as against what an application got wrong.
bool is_trouble(Rv rv) {
  return rv == Rv::device_error || rv == Rv::general_error || rv == Rv::device_removed || rv == Rv::device_memory ||
         rv == Rv::host_memory || rv == Rv::function_failed;
}

}  // namespace

void log_refusal(const char* function, const hsm::Error& error) noexcept try {
  // A module that does not start is a setting that somebody must mend; one that runs already is not.
  const bool does_not_start = std::string_view(function) == "C_Initialize" && error.rv != Rv::cryptoki_already_initialized;
  const auto level = is_trouble(error.rv) || does_not_start ? hsm::log::Level::error : hsm::log::Level::info;
  if (!hsm::log::enabled(level)) return;
  hsm::log::write(level, fmt::format("{}: {}: {} ({}:{})", function, hsm::name_of(error.rv), error.text(), error.place.file,
                                     error.place.line));
} catch (const std::exception&) {
  // A log line that cannot be made is not worth failing a call for.
}

void log_bug(const char* function) noexcept try {
  if (!hsm::log::enabled(hsm::log::Level::error)) return;
  try {
    throw;
  } catch (const std::exception& bug) {
    hsm::log::error(fmt::format("{}: {}", function, bug.what()));
  } catch (...) {
    hsm::log::error(fmt::format("{}: an unknown exception", function));
  }
} catch (const std::exception&) {
  // As above.
}

}  // namespace p11
