#include <cstddef>
#include <cstdint>

#include "kms/http/form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  if (const auto form = kms::http::Form::parse(text)) {
    if (form->value("grant_type").size() + form->value("apikey").size() > size) __builtin_trap();  // decoding never grows
  }
  return 0;
}
