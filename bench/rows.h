#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Name of a row -> figure (operations per second, or the unit in the name).
using Figures = std::map<std::string, double>;

/// Measures one figure for `seconds`; again and again, if asked.
struct Row {
  std::string name;
  std::function<double(double seconds)> measure;
};

/// Rows of one PKCS#11 module with a new token in it, by one thread and by two; the environment already says where its store is.
std::vector<Row> module_rows(const std::string& path);
/// The same operations by raw OpenSSL EVP with reused contexts: the limit.
std::vector<Row> evp_rows();
/// Makes `objects` token objects in the token of module_rows() and searches among them.
Figures measure_objects(const std::string& path, int objects, double seconds);
/// dlopen to "logged in and an object found" on the store that measure_objects() left; milliseconds. Then the memory of the objects.
Figures measure_cold_start(const std::string& path, int objects);
/// Durable 4 KiB appends a second to a file in `directory`.
double measure_fdatasync(const std::string& directory, double seconds);

}  // namespace bench
