#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cli {

struct Field {
  std::string name;
  std::variant<std::string, std::int64_t, bool> value;
};
using Fields = std::vector<Field>;

/// Results on stdout, talk on stderr. One record is one line: values joined by a tab, or an object with --json.
class Output {
 public:
  void use_json(bool json) { json_ = json; }
  bool json() const { return json_; }

  /// `raw` is printed instead of `fields` with --json when it is not empty: the server's own record.
  void record(const Fields& fields, std::string_view raw = {});
  /// For one thing shown to a person: a line per field; with --json the same as record().
  void details(const Fields& fields, std::string_view raw = {});
  void line(std::string_view text);
  void say(std::string_view text);  ///< to stderr, "keymantle: " in front
  /// A bar that overwrites itself, on a terminal only.
  void progress(std::string_view what, std::int64_t done, std::int64_t total);
  void end_progress();

 private:
  bool json_ = false;
  bool bar_ = false;
};

}  // namespace cli
