#pragma once

#include <filesystem>
#include <string>

namespace cli {

/// Why our PKCS#11 module refused: only codes cross its C interface, the reason goes to its log. While this lives and
/// the user names no log of his own (KEYMANTLE_LOG), the module of this process writes it to a private file that goes
/// afterwards.
class ModuleLog {
 public:
  ModuleLog();
  ModuleLog(const ModuleLog&) = delete;
  ~ModuleLog();
  /// The reason of the last trouble, without the names of function and source file; empty when there is none.
  std::string last_reason() const;

 private:
  std::filesystem::path file_;
};

}  // namespace cli
