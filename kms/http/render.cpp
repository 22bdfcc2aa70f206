#include "kms/http/render.h"

#include "kms/core/secret_access.h"

namespace kms::http {
namespace {

void optional_text(JsonWriter& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.member(name, value);
}
void time(JsonWriter& json, std::string_view name, Time value) { json.name(name).plain(rfc3339(value)); }
void optional_time(JsonWriter& json, std::string_view name, const std::optional<Time>& value) {
  if (value) time(json, name, *value);
}
void texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.name(name).begin_array();
  for (const auto& value : values) json.text(value);
  json.end_array();
}

void write_members(JsonWriter& json, const Key& key) {
  json.member("type", "application/vnd.ibm.kms.key+json").member("id", key.id).member("name", key.name);
  texts(json, "aliases", key.aliases);
  optional_text(json, "description", key.description);
  texts(json, "tags", key.tags);
  json.member("state", static_cast<int>(key.state));
  if (key.nonactive_reason) json.member("nonactiveStateReason", *key.nonactive_reason);
  json.member("extractable", key.extractable).member("crn", key.crn).member("imported", key.imported);
  json.member("keyRingID", key.ring);
  time(json, "creationDate", key.created);
  json.member("createdBy", key.created_by);
  json.member("algorithmType", "AES").name("algorithmMetadata").begin_object();
  json.member("bitLength", "256").member("mode", "CBC_PAD").end_object();
  json.member("algorithmBitSize", 256).member("algorithmMode", "CBC_PAD");
  optional_time(json, "lastUpdateDate", key.updated);
  optional_time(json, "lastRotateDate", key.rotated);
  optional_time(json, "expirationDate", key.expires);
  if (!key.extractable && key.version) {
    json.name("keyVersion");
    write(json, *key.version);
  }
  json.name("dualAuthDelete").begin_object().member("enabled", false).end_object();
  json.member("deleted", key.state == KeyState::destroyed);
  optional_time(json, "deletionDate", key.deleted);
  optional_text(json, "deletedBy", key.deleted_by);
}

void write_members(JsonWriter& json, const Registration& registration) {
  json.member("keyId", registration.key);
  optional_text(json, "keyName", registration.key_name);
  json.member("resourceCrn", registration.resource);
  json.member("createdBy", registration.created_by);
  time(json, "creationDate", registration.created);
  optional_text(json, "updatedBy", registration.updated_by);
  optional_time(json, "lastUpdated", registration.updated);
  json.member("description", registration.description);
  optional_text(json, "registrationMetadata", registration.metadata);
  json.member("preventKeyDeletion", registration.prevent_key_deletion);
  json.name("keyVersion");
  write(json, registration.version);
  json.member("wdekStored", registration.wdek.has_value());
  optional_text(json, "rewrapFailure", registration.rewrap_failure);
}

}  // namespace

void write(JsonWriter& json, const Key& key) {
  json.begin_object();
  write_members(json, key);
  json.end_object();
}

void write(JsonWriter& json, const KeyWithPayload& key) {
  json.begin_object();
  write_members(json, key.key);
  if (key.payload) json.name("payload").base64(SecretAccess::bytes(*key.payload));
  json.end_object();
}

void write_minimal(JsonWriter& json, const Key& key) {
  json.begin_object().member("type", "application/vnd.ibm.kms.key+json").member("id", key.id).member("crn", key.crn);
  json.end_object();
}

void write(JsonWriter& json, const KeyVersion& version) {
  json.begin_object().member("id", version.id);
  time(json, "creationDate", version.created);
  json.end_object();
}

void write(JsonWriter& json, const Registration& registration) {
  json.begin_object();
  write_members(json, registration);
  json.member("revision", registration.revision);
  if (registration.wdek) json.member("wdek", *registration.wdek);
  texts(json, "aad", registration.aad);
  json.end_object();
}

void write_listed(JsonWriter& json, const Registration& registration) {
  json.begin_object();
  write_members(json, registration);
  json.end_object();
}

void write(JsonWriter& json, const RewrapJob& job) {
  json.begin_object().member("id", job.id).member("keyId", job.key).member("targetKeyVersionId", job.target);
  json.member("state", name_of(job.state));
  json.member("total", job.total).member("done", job.done).member("failed", job.failed);
  time(json, "creationDate", job.created);
  optional_time(json, "finishDate", job.finished);
  json.end_object();
}

}  // namespace kms::http
