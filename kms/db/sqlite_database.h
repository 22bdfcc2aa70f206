#pragma once

#include <memory>
#include <string>

#include "kms/db/database.h"

namespace kms::db {

/// The embedded database: one file (0600, made if missing), WAL, durable at each commit. Throws hsm::sqlite::Failure.
std::unique_ptr<Database> open_sqlite(const std::string& path);

}  // namespace kms::db
