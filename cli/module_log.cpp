#include "cli/module_log.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace cli {
namespace {

/// "keymantle-pkcs11: error: C_Initialize: CKR_DEVICE_ERROR: REASON (FILE:LINE)"
std::string reason_in(const std::string& line) {
  const auto code = line.find(": CKR_");
  const auto begin = code == std::string::npos ? code : line.find(": ", code + 2);
  if (begin == std::string::npos) return {};
  const auto end = line.ends_with(')') ? line.rfind(" (") : std::string::npos;
  return line.substr(begin + 2, end == std::string::npos ? end : end - begin - 2);
}

}  // namespace

ModuleLog::ModuleLog() {
  if (const char* own = std::getenv("KEYMANTLE_LOG"); own != nullptr && *own != '\0') return;
  std::error_code error;
  auto pattern = (std::filesystem::temp_directory_path(error) / "keymantle-log-XXXXXX").string();
  const int descriptor = mkstemp(pattern.data());
  if (descriptor < 0) return;  // then the codes must do
  close(descriptor);
  file_ = pattern;
  setenv("KEYMANTLE_LOG", file_.c_str(), 1);
}

ModuleLog::~ModuleLog() {
  if (file_.empty()) return;
  unsetenv("KEYMANTLE_LOG");
  unlink(file_.c_str());
}

std::string ModuleLog::last_reason() const {
  std::ifstream in(file_);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (auto reason = reason_in(line); !reason.empty()) last = std::move(reason);
  }
  return last;
}

}  // namespace cli
