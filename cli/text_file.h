#pragma once

#include <string>

#include "cli/failure.h"

namespace cli {

/// A whole text file, without the newlines at its end.
Result<std::string> read_text_file(const std::string& file);

/// For a file whose opening or writing has just failed: errno says why.
Failure unwritable(const std::string& file);

}  // namespace cli
