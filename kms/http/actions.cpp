#include "kms/core/secret_access.h"
#include "kms/http/fields.h"
#include "kms/http/json_writer.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

void write_version(JsonWriter& json, std::string_view name, const std::string& id) {
  json.name(name).begin_object().name("id").plain(id).end_object();
}

struct Ciphertext {
  std::string text;
  Aad aad;
};

/// The body of unwrap and rewrap.
Result<Ciphertext> ciphertext_of(const Exchange& exchange) {
  const auto body = TRY(bare_object(exchange.body));
  if (body.is_null()) return refuse(Fault::no_body, "a body with a ciphertext is needed");
  auto ciphertext = TRY(text_field(body, "ciphertext"));
  if (!ciphertext || ciphertext->empty()) {
    return refuse(Fault::invalid_field, "a ciphertext is needed").in_field("ciphertext");
  }
  auto aad = TRY(texts_field(body, "aad"));
  return Ciphertext{.text = std::move(*ciphertext), .aad = std::move(aad)};
}

}  // namespace

Answer wrap(Exchange& exchange) {
  const auto body = TRY(bare_object(exchange.body));
  const auto plaintext = TRY(secret_field(body, "plaintext", Empty::refused));
  const auto aad = TRY(texts_field(body, "aad"));
  const auto wrapped = TRY(exchange.core().wrap(exchange.call, exchange.key(), plaintext, aad));
  Response response;
  response.body.reserve(512);
  JsonWriter json(response.body);
  json.begin_object();
  if (wrapped.plaintext) json.name("plaintext").base64(SecretAccess::bytes(*wrapped.plaintext));
  json.name("ciphertext").plain(wrapped.ciphertext);
  write_version(json, "keyVersion", wrapped.version);
  json.end_object();
  return response;
}

Answer unwrap(Exchange& exchange) {
  const auto sent = TRY(ciphertext_of(exchange));
  const auto unwrapped = TRY(exchange.core().unwrap(exchange.call, exchange.key(), sent.text, sent.aad));
  Response response;
  response.body.reserve(512);
  JsonWriter json(response.body);
  json.begin_object().name("plaintext").base64(SecretAccess::bytes(unwrapped.plaintext));
  write_version(json, "keyVersion", unwrapped.version);
  if (unwrapped.renewed) {
    json.name("ciphertext").plain(unwrapped.renewed->ciphertext);
    write_version(json, "rewrappedKeyVersion", unwrapped.renewed->version);
  }
  json.end_object();
  return response;
}

Answer rewrap(Exchange& exchange) {
  const auto sent = TRY(ciphertext_of(exchange));
  const auto rewrapped = TRY(exchange.core().rewrap(exchange.call, exchange.key(), sent.text, sent.aad));
  Response response;
  JsonWriter json(response.body);
  json.begin_object().name("ciphertext").plain(rewrapped.ciphertext);
  write_version(json, "keyVersion", rewrapped.old_version);
  write_version(json, "rewrappedKeyVersion", rewrapped.version);
  json.end_object();
  return response;
}

Answer rotate(Exchange& exchange) {
  const auto body = TRY(bare_object(exchange.body));
  auto import = TRY(import_fields(body));
  TRY(exchange.core().rotate(exchange.call, exchange.key(), std::move(import)));
  return Response{.status = 204};
}

Answer disable(Exchange& exchange) {
  TRY(bare_object(exchange.body));
  TRY(exchange.core().disable(exchange.call, exchange.key()));
  return Response{.status = 204};
}

Answer enable(Exchange& exchange) {
  TRY(bare_object(exchange.body));
  TRY(exchange.core().enable(exchange.call, exchange.key()));
  return Response{.status = 204};
}

}  // namespace kms::http
