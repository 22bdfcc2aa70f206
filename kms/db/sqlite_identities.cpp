#include "kms/db/sqlite_change.h"

namespace kms::db {
namespace {

constexpr auto kPutInstance =
    "INSERT INTO kms_instance (id, name, account, created) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, account = excluded.account";
constexpr auto kPutIdentity =
    "INSERT INTO kms_identity (iam_id, name, account, service, created) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (iam_id) DO UPDATE SET name = excluded.name, account = excluded.account, service = excluded.service";
constexpr auto kDropGrants = "DELETE FROM kms_grant WHERE iam_id = ?1";
constexpr auto kAddGrant =
    "INSERT INTO kms_grant (iam_id, instance, role) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
constexpr auto kIdentities = "SELECT iam_id, name, account, service, created FROM kms_identity ORDER BY iam_id";
constexpr auto kIdentity = "SELECT iam_id, name, account, service, created FROM kms_identity WHERE iam_id = ?1";
constexpr auto kGrants = "SELECT instance, role FROM kms_grant WHERE iam_id = ?1 ORDER BY instance, role";
constexpr auto kAddApiKey = "INSERT INTO kms_api_key (id, iam_id, salt, mac) VALUES (?1, ?2, ?3, ?4)";
constexpr auto kDropApiKeys = "DELETE FROM kms_api_key WHERE iam_id = ?1";
constexpr auto kPutToken =
    "INSERT INTO kms_import_token (" KM_TOKEN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
    "ON CONFLICT (instance) DO UPDATE SET id = excluded.id, created = excluded.created, expires = excluded.expires, "
    "expiration = excluded.expiration, max_retrievals = excluded.max_retrievals, remaining = excluded.remaining, "
    "object = excluded.object, public_key = excluded.public_key, nonce = excluded.nonce";
constexpr auto kToken = "SELECT " KM_TOKEN_COLUMNS " FROM kms_import_token WHERE instance = ?1";
constexpr auto kDropToken = "DELETE FROM kms_import_token WHERE instance = ?1";

Identity identity_from(const hsm::sqlite::Statement& row) {
  Identity identity;
  identity.iam_id = row.text(0);
  identity.name = row.text(1);
  identity.account = row.text(2);
  identity.service = row.integer(3) != 0;
  identity.created = time_at(row.integer(4));
  return identity;
}

void read_grants(Connection& connection, Identity& identity) {
  auto rows = connection.query(kGrants, identity.iam_id);
  while (rows->step()) {
    if (const auto role = role_named(rows->text(1))) identity.grants.push_back({rows->text(0), *role});
  }
}

}  // namespace

void SqliteChange::put_instance(const Instance& instance) {
  connection_.run(kPutInstance, instance.id, instance.name, instance.account, ms(instance.created));
}

void SqliteChange::put_identity(const Identity& identity) {
  connection_.run(kPutIdentity, identity.iam_id, identity.name, identity.account, identity.service,
                  ms(identity.created));
  connection_.run(kDropGrants, identity.iam_id);
  for (const auto& grant : identity.grants) {
    connection_.run(kAddGrant, identity.iam_id, grant.instance, name_of(grant.role));
  }
}

std::optional<Identity> SqliteChange::identity(const std::string& iam_id) {
  std::optional<Identity> found;
  {
    auto row = connection_.query(kIdentity, iam_id);
    if (row->step()) found = identity_from(*row);
  }
  if (found) read_grants(connection_, *found);
  return found;
}

std::vector<Identity> read_identities(Connection& connection) {
  std::vector<Identity> all;
  {
    auto rows = connection.query(kIdentities);
    while (rows->step()) all.push_back(identity_from(*rows));
  }
  for (auto& identity : all) read_grants(connection, identity);
  return all;
}

void SqliteChange::insert_api_key(const ApiKeyRow& row) {
  connection_.run(kAddApiKey, row.id, row.iam_id, row.salt, row.mac);
}
void SqliteChange::remove_api_keys(const std::string& iam_id) { connection_.run(kDropApiKeys, iam_id); }

ImportTokenRow import_token_from(const hsm::sqlite::Statement& row) {
  ImportTokenRow result;
  result.instance = row.text(0);
  result.token.id = row.text(1);
  result.token.created = time_at(row.integer(2));
  result.token.expires = time_at(row.integer(3));
  result.token.expiration = static_cast<std::uint32_t>(row.integer(4));
  result.token.max_retrievals = static_cast<std::uint32_t>(row.integer(5));
  result.token.remaining_retrievals = static_cast<std::uint32_t>(row.integer(6));
  result.object = hsm::bytes_of(row.blob(7));
  result.public_key_pem = row.text(8);
  result.nonce = hsm::bytes_of(row.blob(9));
  return result;
}

std::optional<ImportTokenRow> read_import_token(Connection& connection, const std::string& instance) {
  auto row = connection.query(kToken, instance);
  if (!row->step()) return std::nullopt;
  return import_token_from(*row);
}

void SqliteChange::put_import_token(const ImportTokenRow& row) {
  const auto& token = row.token;
  connection_.run(kPutToken, row.instance, token.id, ms(token.created), ms(token.expires), token.expiration,
                  token.max_retrievals, token.remaining_retrievals, row.object, row.public_key_pem, row.nonce);
}
std::optional<ImportTokenRow> SqliteChange::import_token(const std::string& instance) {
  return read_import_token(connection_, instance);
}
void SqliteChange::remove_import_token(const std::string& instance) { connection_.run(kDropToken, instance); }

}  // namespace kms::db
