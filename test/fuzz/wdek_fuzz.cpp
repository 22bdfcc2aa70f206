#include "kms/core/audit.h"
#include "kms/core/wdek.h"

/// A WDEK that is read is written back as the same text; audit lines likewise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = hsm::text_of({data, size});
  if (const auto wdek = kms::parse_wdek(text); wdek && kms::to_text(*wdek) != text) __builtin_trap();
  if (const auto line = kms::parse_audit_export(text)) kms::audit_export(*line);
  kms::KeyQuery query;
  (void)kms::parse_search(text, query);
  (void)kms::parse_sort(text, query);
  (void)kms::parse_filter(text, query);
  return 0;
}
