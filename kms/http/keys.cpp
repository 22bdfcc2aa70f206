#include "kms/http/fields.h"
#include "kms/http/render.h"
#include "kms/http/routes.h"

namespace kms::http {
namespace {

Result<KeyState> state_named(std::string_view text) {
  for (const auto state : {KeyState::pre_active, KeyState::active, KeyState::suspended, KeyState::deactivated,
                           KeyState::destroyed}) {
    if (text == std::to_string(static_cast<int>(state))) return state;
  }
  return refuse(Fault::invalid_query_parameter, "states are 0, 1, 2, 3 and 5").in_field("state");
}

/// What GET and HEAD of /keys have in common.
Result<KeyQuery> key_query(const Exchange& exchange) {
  KeyQuery query;
  for (const auto text : exchange.query.list("state")) query.states.push_back(TRY(state_named(text)));
  query.extractable = TRY(bool_parameter(exchange.query, "extractable"));
  query.ring = exchange.call.ring;
  if (const auto filter = exchange.query.value("filter"); filter && !filter->empty()) {
    const bool states = !query.states.empty();
    const bool extractable = query.extractable.has_value();
    const bool again = (states && filter->find("state=") != std::string_view::npos) ||
                       (extractable && filter->find("extractable=") != std::string_view::npos);
    if (again) {
      return refuse(Fault::invalid_query_parameter, "state and extractable stand in filter or by themselves, not both")
          .in_field("filter");
    }
    TRY(parse_filter(*filter, query));
  }
  return query;
}

Response search_collection(const Page<Key>& page, const Search& search, std::optional<std::uint64_t> total) {
  Response response;
  JsonWriter json(response.body);
  json.begin_object().name("metadata").begin_object();
  json.member("collectionType", "application/vnd.ibm.kms.key+json").member("collectionTotal", page.items.size());
  if (total) json.member("totalCount", *total);
  json.name("searchQuery").begin_object().member("query", search.text).name("scopes").begin_array();
  if (search.in_names) json.text("name");
  if (search.in_aliases) json.text("alias");
  json.end_array().member("not", search.invert).member("exact", search.exact).end_object();
  json.end_object().name("resources").begin_array();
  for (const auto& key : page.items) write(json, key);
  json.end_array().end_object();
  return response;
}

}  // namespace

Answer create_key(Exchange& exchange) {
  const auto resource = TRY(only_resource(exchange.body));
  CreateKey key;
  key.name = TRY(text_field(resource, "name")).value_or("");
  key.description = TRY(text_field(resource, "description")).value_or("");
  key.aliases = TRY(texts_field(resource, "aliases"));
  key.tags = TRY(texts_field(resource, "tags"));
  key.extractable = TRY(bool_field(resource, "extractable")).value_or(true);
  key.expires = TRY(time_field(resource, "expirationDate"));
  key.import = TRY(import_fields(resource));
  const auto made = TRY(exchange.core().create_key(exchange.call, std::move(key)));
  if (preferred(exchange.request.prefer) == Return::minimal) return single("key", made.key, write_minimal, 201);
  return single("key", made, [](JsonWriter& json, const KeyWithPayload& k) { write(json, k); }, 201);
}

Answer list_keys(Exchange& exchange) {
  auto query = TRY(key_query(exchange));
  const auto page_request = TRY(page_parameters(exchange.query));
  query.limit = page_request.limit;
  query.offset = page_request.offset;
  if (const auto sort = exchange.query.value("sort"); sort && !sort->empty()) TRY(parse_sort(*sort, query));
  if (const auto search = exchange.query.value("search"); search && !search->empty()) TRY(parse_search(*search, query));
  const auto page = TRY(exchange.core().list_keys(exchange.call, query));
  const auto total = TRY(total_if_wanted(exchange.query, page.total));
  if (query.search) return search_collection(page, *query.search, total);
  return collection("key", page.items, total, [](JsonWriter& json, const Key& key) { write(json, key); });
}

Answer count_keys(Exchange& exchange) {
  const auto query = TRY(key_query(exchange));
  const auto count = TRY(exchange.core().count_keys(exchange.call, query));
  return Response{.headers = "Key-Total: " + std::to_string(count) + "\r\n"};
}

Answer get_key(Exchange& exchange) {
  return single("key", TRY(exchange.core().get_key(exchange.call, exchange.key())),
                [](JsonWriter& json, const KeyWithPayload& key) { write(json, key); });
}

Answer get_metadata(Exchange& exchange) {
  return single("key", TRY(exchange.core().get_metadata(exchange.call, exchange.key())),
                [](JsonWriter& json, const Key& key) { write(json, key); });
}

Answer delete_key(Exchange& exchange) {
  const bool force = TRY(bool_parameter(exchange.query, "force", false));
  const auto key = TRY(exchange.core().delete_key(exchange.call, exchange.key(), force));
  if (preferred(exchange.request.prefer) != Return::representation) return Response{.status = 204};
  return single("key", key, [](JsonWriter& json, const Key& k) { write(json, k); });
}

Answer list_versions(Exchange& exchange) {
  const bool all_states = TRY(bool_parameter(exchange.query, "allKeyStates", false));
  const auto page_request = TRY(page_parameters(exchange.query));
  const auto page = TRY(exchange.core().list_versions(exchange.call, exchange.key(), page_request, all_states));
  return collection("key.version", page.items, TRY(total_if_wanted(exchange.query, page.total)),
                    [](JsonWriter& json, const KeyVersion& version) { write(json, version); });
}

/// No key has a policy yet; clients that read them after a create (Terraform) must see that, not a 404.
Answer list_policies(Exchange& exchange) {
  TRY(exchange.core().get_metadata(exchange.call, exchange.key()));
  return collection("policy", std::span<const Key>(), std::nullopt, [](JsonWriter&, const Key&) {});
}

}  // namespace kms::http
