#include "kms/http/fields.h"
#include "kms/http/json_writer.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

void write_members(JsonWriter& json, const ImportToken& token) {
  json.member("id", token.id).name("creationDate").plain(rfc3339(token.created));
  json.name("expirationDate").plain(rfc3339(token.expires)).member("expiration", token.expiration);
  json.member("maxAllowedRetrievals", token.max_retrievals).member("remainingRetrievals", token.remaining_retrievals);
}

}  // namespace

Answer create_import_token(Exchange& exchange) {
  const auto body = TRY(bare_object(exchange.body));
  ImportTokenRequest wanted;
  wanted.expiration = TRY(number_field(body, "expiration")).value_or(wanted.expiration);
  wanted.retrievals = TRY(number_field(body, "maxAllowedRetrievals")).value_or(wanted.retrievals);
  const auto token = TRY(exchange.core().create_import_token(exchange.call, wanted));
  Response response;
  JsonWriter json(response.body);
  json.begin_object();
  write_members(json, token);
  json.end_object();
  return response;
}

Answer get_import_token(Exchange& exchange) {
  const auto token = TRY(exchange.core().get_import_token(exchange.call));
  Response response;
  JsonWriter json(response.body);
  json.begin_object();
  write_members(json, token.token);
  json.name("payload").base64(hsm::view(token.public_key_pem));
  json.name("nonce").base64(token.nonce);
  json.end_object();
  return response;
}

}  // namespace kms::http
