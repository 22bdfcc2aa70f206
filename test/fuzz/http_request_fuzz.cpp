#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kms/http/fields.h"
#include "kms/http/json_body.h"
#include "kms/http/routes.h"
#include "kms/http/uri.h"

// A path, a query and a JSON body, separated by newlines.

using namespace kms::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  const auto cut = [&text] {
    const auto end = text.find('\n');
    const auto part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    return part;
  };
  const auto path = cut();
  const auto query_text = cut();

  if (const auto segments = split_path(path)) {
    for (const auto method : {Method::get, Method::post, Method::put, Method::del}) find_route(method, *segments, "wrap");
  }
  if (const auto query = Query::parse(query_text)) {
    (void)query->list("state");
    (void)page_parameters(*query);
    (void)bool_parameter(*query, "force", false);
  }
  if (const auto body = JsonBody::parse(text)) {
    if (const auto resource = only_resource(*body)) {
      (void)text_field(*resource, "name");
      (void)time_field(*resource, "expirationDate");
      (void)texts_field(*resource, "aliases");
      (void)import_fields(*resource);
    }
    if (const auto object = bare_object(*body)) {
      (void)secret_field(*object, "plaintext", Empty::refused);
      (void)number_field(*object, "expiration");
    }
  }
  return 0;
}
