#pragma once

#include <map>
#include <string>

namespace bench {

/// Name of a row -> figure (operations per second, or the unit in the name).
using Figures = std::map<std::string, double>;

struct Plan {
  double seconds = 1.0;   ///< of each timed row
  int objects = 10000;    ///< for find and cold start
};

/// Every row for one PKCS#11 module; the environment already says where its store is.
Figures measure_module(const std::string& path, const Plan& plan);
/// dlopen to "logged in and an object found" on the store that measure_module() left; milliseconds.
Figures measure_cold_start(const std::string& path, const Plan& plan);
/// The same operations by raw OpenSSL EVP with reused contexts: the limit.
Figures measure_evp(const Plan& plan);
/// Durable 4 KiB appends a second to a file in `directory`.
double measure_fdatasync(const std::string& directory, double seconds);

}  // namespace bench
