#include "pkcs11/reserved.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace p11 {

using hsm::fail;
using hsm::Rv;

hsm::Result<hsm::Config::Overrides> read_reserved(const char* reserved) {
  hsm::Config::Overrides overrides;
  if (reserved == nullptr) return overrides;
  std::string_view rest = reserved;
  if (rest.empty()) return fail(Rv::arguments_bad, "pReserved is not a list of name=value");
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return fail(Rv::arguments_bad, "pReserved is not a list of name=value");
    const auto name = item.substr(0, equals);
    const std::string value(item.substr(equals + 1));
    if (name == "store") {
      overrides.store = value;
    } else if (name == "hsm") {
      overrides.hsm = value;
    } else if (name == "config") {
      overrides.config_file = value;
    } else {
      return fail(Rv::arguments_bad, "pReserved has a name that is none of store, hsm, config");
    }
  }
  return overrides;
}

}  // namespace p11
