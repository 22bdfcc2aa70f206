#include "kms/client/envelope.h"

#include <fmt/core.h>

namespace kms::client {
namespace json = boost::json;

namespace {

Error bad_answer() {
  return {Kind::unusable, 0, "bad_answer", "the answer lacks what the API promises",
          "is this address really a key-management service?"};
}

}  // namespace

std::string_view name_of(KeyState state) {
  switch (state) {
    case KeyState::preactive: return "preactive";
    case KeyState::active: return "active";
    case KeyState::suspended: return "disabled";
    case KeyState::deactivated: return "deactivated";
    case KeyState::destroyed: return "deleted";
  }
  return "unknown";
}

hsm::WipedString enveloped(std::string_view type, json::object resource) {
  const auto storage = wiping_storage();
  json::object envelope(storage);
  json::object metadata(storage);
  metadata["collectionType"] = fmt::format("application/vnd.ibm.kms.{}+json", type);
  metadata["collectionTotal"] = 1;
  envelope["metadata"] = std::move(metadata);
  json::array resources(storage);
  resources.emplace_back(std::move(resource));
  envelope["resources"] = std::move(resources);
  return to_text(json::value(std::move(envelope)));
}

Result<std::vector<json::object>> resources_of(std::string_view body) {
  auto answer = TRY(parse_object(body));
  auto* member = answer.if_contains("resources");
  if (member == nullptr || !member->is_array()) return bad_answer();
  std::vector<json::object> resources;
  for (auto& item : member->as_array()) {
    if (!item.is_object()) return bad_answer();
    resources.push_back(std::move(item.as_object()));
  }
  return resources;
}

Result<json::object> resource_of(std::string_view body) {
  auto resources = TRY(resources_of(body));
  if (resources.size() != 1) return bad_answer();
  return std::move(resources.front());
}

KeyVersion version_from(const json::object& object) {
  return {.id = text_at(object, "id"), .creation_date = text_at(object, "creationDate")};
}

Key key_from(json::object resource) {
  resource.erase("payload");
  Key key;
  key.id = text_at(resource, "id");
  key.name = text_at(resource, "name");
  key.crn = text_at(resource, "crn");
  key.description = text_at(resource, "description");
  key.creation_date = text_at(resource, "creationDate");
  key.last_rotate_date = text_at(resource, "lastRotateDate");
  key.state = static_cast<KeyState>(integer_at(resource, "state"));
  key.extractable = flag_at(resource, "extractable");
  key.imported = flag_at(resource, "imported");
  if (const auto* version = object_at(resource, "keyVersion")) key.version = version_from(*version);
  key.json = to_public_text(json::value(std::move(resource)));
  return key;
}

Registration registration_from(const json::object& resource) {
  Registration registration;
  registration.key_id = text_at(resource, "keyId");
  registration.resource_crn = text_at(resource, "resourceCrn");
  registration.description = text_at(resource, "description");
  registration.creation_date = text_at(resource, "creationDate");
  registration.last_updated = text_at(resource, "lastUpdated");
  registration.wdek = text_at(resource, "wdek");
  registration.prevent_key_deletion = flag_at(resource, "preventKeyDeletion");
  if (const auto* version = object_at(resource, "keyVersion")) registration.version = version_from(*version);
  registration.json = to_public_text(resource);
  return registration;
}

RewrapJob job_from(const json::object& resource) {
  RewrapJob job;
  job.id = text_at(resource, "id");
  job.key_id = text_at(resource, "keyId");
  job.state = text_at(resource, "state");
  job.total = integer_at(resource, "total");
  job.done = integer_at(resource, "done");
  job.failed = integer_at(resource, "failed");
  job.creation_date = text_at(resource, "creationDate");
  job.json = to_public_text(resource);
  return job;
}

ImportToken import_token_from(const json::object& object) {
  ImportToken token;
  token.creation_date = text_at(object, "creationDate");
  token.expiration_date = text_at(object, "expirationDate");
  token.max_allowed_retrievals = integer_at(object, "maxAllowedRetrievals");
  token.remaining_retrievals = integer_at(object, "remainingRetrievals");
  token.payload = text_at(object, "payload");
  token.nonce = text_at(object, "nonce");
  token.json = to_public_text(object);
  return token;
}

}  // namespace kms::client
