#pragma once

#include <vector>

#include "cli/verb.h"
#include "kms/vpc/record.h"

// The verbs that volumes and images share: open, list, show, delete.

namespace cli {

void add_storage_verbs(std::vector<Verb>& verbs, kms::vpc::Kind kind);

/// One record a line.
void print_line(Session& session, const kms::vpc::Record& record);

}  // namespace cli
