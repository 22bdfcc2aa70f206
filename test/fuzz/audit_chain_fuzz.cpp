#include "hsm/base/bytes.h"
#include "hsm/ceremony/audit_chain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = hsm::text_of({data, size});
  hsm::ceremony::AuditChain chain;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (!chain.add(text.substr(0, end)) || end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  static_cast<void>(chain.end());
  return 0;
}
