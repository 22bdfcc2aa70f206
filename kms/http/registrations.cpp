#include "kms/http/fields.h"
#include "kms/http/render.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

const std::string& resource_of(const Exchange& exchange) { return exchange.captures.at(1); }

Answer list(Exchange& exchange, std::optional<std::string> key) {
  const auto page_request = TRY(page_parameters(exchange.query));
  RegistrationQuery query{.key = std::move(key), .limit = page_request.limit, .offset = page_request.offset};
  query.prevent_key_deletion = TRY(bool_parameter(exchange.query, "preventKeyDeletion"));
  if (const auto text = exchange.query.value("urlEncodedResourceCRNQuery"); text && !text->empty()) {
    // The value is itself percent-encoded; clients that do not encode the query a second time have sent it plain.
    auto decoded = percent_decode(*text, Plus::is_plus);
    if (!decoded) {
      return refuse(Fault::invalid_query_parameter, "this is not a percent-encoded CRN").in_field("urlEncodedResourceCRNQuery");
    }
    query.resource = std::move(*decoded);
  }
  const auto page = TRY(exchange.core().list_registrations(exchange.call, query));
  return collection("registration", page.items, TRY(total_if_wanted(exchange.query, page.total)), write_listed);
}

}  // namespace

Answer list_registrations(Exchange& exchange) { return list(exchange, std::nullopt); }
Answer list_key_registrations(Exchange& exchange) { return list(exchange, exchange.key()); }

Answer get_registration(Exchange& exchange) {
  return single("registration",
                TRY(exchange.core().get_registration(exchange.call, exchange.key(), resource_of(exchange))),
                [](JsonWriter& json, const Registration& r) { write(json, r); });
}

Answer put_registration(Exchange& exchange) {
  const auto resource = TRY(only_resource(exchange.body));
  PutRegistration wanted;
  wanted.description = TRY(text_field(resource, "description"));
  wanted.metadata = TRY(text_field(resource, "registrationMetadata"));
  wanted.prevent_key_deletion = TRY(bool_field(resource, "preventKeyDeletion"));
  wanted.version = TRY(text_field(resource, "keyVersionId"));
  wanted.wdek = TRY(text_field(resource, "wdek"));
  if (!resource.member("aad").is_null()) wanted.aad = TRY(texts_field(resource, "aad"));
  return single("registration",
                TRY(exchange.core().put_registration(exchange.call, exchange.key(), resource_of(exchange), wanted)),
                [](JsonWriter& json, const Registration& r) { write(json, r); });
}

Answer delete_registration(Exchange& exchange) {
  TRY(exchange.core().delete_registration(exchange.call, exchange.key(), resource_of(exchange)));
  return Response{.status = 204};
}

}  // namespace kms::http
