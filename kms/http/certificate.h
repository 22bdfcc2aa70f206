#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hsm/base/result.h"

namespace kms::http {

/// The three files of a server: its chain, its key (0600), and the CA that clients are told to trust.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path ca;
};

/// Makes a CA and a server certificate (P-256) in `directory` for 127.0.0.1, ::1, localhost and `hosts` (names or addresses),
/// or takes those made before while they are valid for all of these names. The CA's key is thrown away.
hsm::Result<TlsFiles> ensure_certificate(const std::filesystem::path& directory, const std::vector<std::string>& hosts);

}  // namespace kms::http
