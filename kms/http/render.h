#pragma once

#include <optional>

#include "kms/core/types.h"
#include "kms/http/json_writer.h"
#include "kms/http/message.h"

namespace kms::http {

/// Writes {"metadata":{...},"resources":[...]} around what `each` writes for every item. `type` is the middle of
/// "application/vnd.ibm.kms.TYPE+json"; `total`, when given, is the count that ignores limit and offset.
template <class Items, class Each>
Response collection(std::string_view type, const Items& items, std::optional<std::uint64_t> total, Each&& each,
                    unsigned status = 200) {
  Response response{.status = status};
  JsonWriter json(response.body);
  json.begin_object().name("metadata").begin_object();
  json.member("collectionType", "application/vnd.ibm.kms." + std::string(type) + "+json");
  json.member("collectionTotal", std::size(items));
  if (total) json.member("totalCount", *total);
  json.end_object().name("resources").begin_array();
  for (const auto& item : items) each(json, item);
  json.end_array().end_object();
  return response;
}

/// A collection of one.
template <class Item, class Each>
Response single(std::string_view type, const Item& item, Each&& each, unsigned status = 200) {
  return collection(type, std::span<const Item>(&item, 1), std::nullopt, std::forward<Each>(each), status);
}

void write(JsonWriter& json, const Key& key);
/// With `payload` for standard keys.
void write(JsonWriter& json, const KeyWithPayload& key);
/// What `Prefer: return=minimal` leaves.
void write_minimal(JsonWriter& json, const Key& key);
void write(JsonWriter& json, const KeyVersion& version);
/// `wdek` and its additional data only where one registration is asked for.
void write(JsonWriter& json, const Registration& registration);
void write_listed(JsonWriter& json, const Registration& registration);
void write(JsonWriter& json, const RewrapJob& job);

}  // namespace kms::http
