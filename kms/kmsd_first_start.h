#pragma once

#include <string>

#include "kms/core/service.h"
#include "kms/kmsd_options.h"

namespace kmsd {

/// Makes, once, the instance and the identities manager, writer and reader, and hands out their API keys. A start that
/// was cut short is completed by the next one. Gives the instance's id.
kms::Result<std::string> first_start(kms::Service& service, const Options& options);

/// Replaces a small file that anybody may read.
bool write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace kmsd
