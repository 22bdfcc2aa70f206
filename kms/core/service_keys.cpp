// Keys: created, imported, listed, read.

#include <fmt/format.h>

#include "kms/core/parts.h"

namespace kms {
namespace {

constexpr std::size_t kMostStandardImport = 7500;

Error bad(std::string field, hsm::Literal why) { return refuse(Fault::invalid_field, why).in_field(std::move(field)); }

Status check_alias(const std::string& alias) {
  static constexpr std::array<std::string_view, 16> kReserved = {
      "allowed_ip", "key", "keys", "metadata", "policy", "policies", "registration", "registrations",
      "ring", "rings", "rotate", "wrap", "unwrap", "rewrap", "version", "versions"};
  const bool spelled = std::all_of(alias.begin(), alias.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!spelled || alias.size() < 2 || alias.size() > 90) return bad("aliases", "an alias is 2 to 90 of A-Z a-z 0-9 - _");
  if (is_uuid(alias)) return bad("aliases", "an alias does not look like a key id");
  if (std::find(kReserved.begin(), kReserved.end(), alias) != kReserved.end()) return bad("aliases", "the alias is a reserved word");
  return Done{};
}

Status check(const CreateKey& request, Time now) {
  if (request.name.size() < 2 || request.name.size() > 90) return bad("name", "a name has 2 to 90 characters");
  if (request.description.size() == 1 || request.description.size() > 240) return bad("description", "a description has 2 to 240 characters");
  if (request.tags.size() > 30) return bad("tags", "at most 30 tags");
  for (const auto& tag : request.tags) {
    if (tag.size() > 30 || tag.find_first_of("<>,:&|") != std::string::npos) return bad("tags", "a tag has at most 30 characters, none of < > , : & |");
  }
  if (request.aliases.size() > 5) return refuse(Fault::alias_quota, "a key has at most 5 aliases").in_field("aliases");
  for (const auto& alias : request.aliases) TRY(check_alias(alias));
  if (request.expires && *request.expires <= now) return bad("expirationDate", "the expiration lies in the past");
  if (!request.import) return Done{};
  const auto& import = *request.import;
  if (request.extractable) {
    if (import.sealed) return bad("encryptedNonce", "standard keys are not imported with an import token");
    if (import.material.empty() || import.material.size() > kMostStandardImport) return bad("payload", "a standard key has 1 to 7500 octets");
  }
  return Done{};
}

}  // namespace

Result<KeyWithPayload> Service::create_key(const Call& call, CreateKey request) {
  auto& p = *parts_;
  return p.perform(Action::create, call, [&](AuditSubject& subject) -> Result<KeyWithPayload> {
    subject.key_name = request.name;
    TRY(check(request, p.now()));
    if (call.ring && *call.ring != "default") return refuse(Fault::key_ring_not_found, "the instance has no such key ring").about(*call.ring);
    Key key;
    key.instance = call.instance;
    key.id = TRY(random_uuid(p.token));
    key.crn = fmt::format("crn:v1:bluemix:public:{}:{}:a/{}:{}:key:{}", p.settings.crn_service, p.settings.region,
                          call.caller.account, call.instance, key.id);
    key.name = request.name;
    key.description = request.description;
    key.aliases = request.aliases;
    key.tags = request.tags;
    key.extractable = request.extractable;
    key.imported = request.import.has_value();
    key.expires = request.expires;
    key.created_by = call.caller.iam_id;
    key.created = p.now();
    if (!key.extractable) key.version = KeyVersion{TRY(random_uuid(p.token)), key.created};
    const auto& object = key.extractable ? key.id : key.version->id;
    const p11::ObjectName name{object_id(object), key.extractable ? key.id : key.id + "/" + object};

    PlannedObject planned(p, name.id);
    std::optional<Secret> payload;
    if (!key.extractable) {
      if (request.import) {
        TRY(p.import_root(call.instance, *request.import, name));
      } else {
        TRY(lift(p.token.generate_wrapping_key(name)));
      }
    } else {
      if (request.import) {
        TRY(lift(p.token.create_readable(name, request.import->material)));
      } else {
        TRY(lift(p.token.generate_readable(name, 32)));
      }
      payload = TRY(lift(p.token.read(p11::KeyRef(name.id))));
    }

    const auto change = p.database.begin();
    for (std::size_t i = 0; i < key.aliases.size(); ++i) {
      const auto& alias = key.aliases[i];
      const bool repeated = std::find(key.aliases.begin(), key.aliases.begin() + static_cast<std::ptrdiff_t>(i), alias) !=
                            key.aliases.begin() + static_cast<std::ptrdiff_t>(i);
      if (repeated || change->alias_taken(call.instance, alias)) {
        return refuse(Fault::alias_not_unique, "the instance has this alias already").about(alias);
      }
    }
    change->insert_key(key);
    subject = subject_of(key);
    subject.response.emplace_back("keyState", "1");
    if (key.version) subject.response.emplace_back("keyVersionId", key.version->id);
    TRY(p.record(*change, Action::create, call, subject));
    planned.commit_with(*change);
    return KeyWithPayload{std::move(key), std::move(payload)};
  });
}

Result<Page<Key>> Service::list_keys(const Call& call, const KeyQuery& query) {
  auto& p = *parts_;
  return p.perform(Action::list, call, [&](AuditSubject& subject) -> Result<Page<Key>> {
    if (query.limit < 1 || query.limit > 5000) return refuse(Fault::invalid_query_parameter, "a limit is 1 to 5000").in_field("limit");
    auto wanted = query;
    if (!wanted.ring) wanted.ring = call.ring;
    if (query.search) {
      auto everything = wanted;
      everything.search.reset();
      if (p.database.count_keys(call.instance, everything) > 5000) return refuse(Fault::search_too_broad, "more than 5000 keys to search");
    }
    auto page = p.database.list_keys(call.instance, wanted);
    subject.response.emplace_back("totalResources", std::to_string(page.items.size()));
    return page;
  });
}

Result<std::uint64_t> Service::count_keys(const Call& call, const KeyQuery& query) {
  auto& p = *parts_;
  return p.perform(Action::head, call, [&](AuditSubject& subject) -> Result<std::uint64_t> {
    auto wanted = query;
    if (!wanted.ring) wanted.ring = call.ring;
    const auto count = p.database.count_keys(call.instance, wanted);
    subject.response.emplace_back("totalResources", std::to_string(count));
    return count;
  });
}

Result<KeyWithPayload> Service::get_key(const Call& call, const std::string& key) {
  auto& p = *parts_;
  return p.perform(Action::read, call, [&](AuditSubject& subject) -> Result<KeyWithPayload> {
    const auto entry = TRY(p.find(call, key, subject));
    KeyWithPayload result{entry->key, std::nullopt};
    result.key.state = state_of(entry->key, p.now());
    if (entry->key.extractable && result.key.state == KeyState::active) result.payload = TRY(lift(p.token.read(*entry->readable)));
    return result;
  });
}

Result<Key> Service::get_metadata(const Call& call, const std::string& key) {
  auto& p = *parts_;
  return p.perform(Action::read_metadata, call, [&](AuditSubject& subject) -> Result<Key> {
    auto result = TRY(p.find(call, key, subject))->key;
    result.state = state_of(result, p.now());
    return result;
  });
}

Result<Page<KeyVersion>> Service::list_versions(const Call& call, const std::string& key, PageRequest page,
                                                bool all_key_states) {
  auto& p = *parts_;
  return p.perform(Action::list_versions, call, [&](AuditSubject& subject) -> Result<Page<KeyVersion>> {
    const auto entry = TRY(p.find(call, key, subject));
    if (entry->key.extractable) return refuse(Fault::root_key_required, "only root keys have versions").about(entry->key.id);
    if (!all_key_states) TRY(p.state_allows(entry->key, {KeyState::active}));
    Page<KeyVersion> result;
    result.total = entry->versions.size();
    for (std::size_t i = page.offset; i < entry->versions.size() && result.items.size() < page.limit; ++i) {
      result.items.push_back(entry->versions[i].version);
    }
    subject.response.emplace_back("totalResources", std::to_string(result.items.size()));
    return result;
  });
}

}  // namespace kms
