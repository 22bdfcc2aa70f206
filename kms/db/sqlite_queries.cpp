// The listings, whose conditions depend on the request. Numbers are written into the text, texts are parameters.

#include <fmt/format.h>

#include "kms/db/sqlite_rows.h"

namespace kms::db {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') result += '\\';
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

const char* column_of(std::string_view property) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 9> kColumns = {{
      {"id", "k.id"},
      {"state", "k.state"},
      {"extractable", "k.extractable"},
      {"imported", "k.imported"},
      {"creationDate", "k.created"},
      {"lastUpdateDate", "k.updated"},
      {"lastRotateDate", "k.rotated"},
      {"deletionDate", "k.deleted"},
      {"expirationDate", "k.expires"},
  }};
  for (const auto& [name, column] : kColumns) {
    if (name == property) return column;
  }
  throw std::invalid_argument("a property that keys do not have");
}

std::string where(const KeyQuery& query) {
  std::string sql = "k.instance = ?1 AND (?2 IS NULL OR k.ring = ?2)";
  auto states = query.states;
  if (states.empty()) states = {KeyState::pre_active, KeyState::active, KeyState::suspended, KeyState::deactivated};
  std::string list;
  for (const auto state : states) list += fmt::format("{}{}", list.empty() ? "" : ", ", static_cast<int>(state));
  sql += fmt::format(" AND k.state IN ({})", list);
  if (query.extractable) sql += fmt::format(" AND k.extractable = {}", *query.extractable ? 1 : 0);
  static constexpr std::array<const char*, 5> kOperators = {"=", ">", ">=", "<", "<="};
  for (const auto& term : query.dates) {
    const auto* column = column_of(term.property);
    if (term.op == Comparison::Op::none) {
      sql += fmt::format(" AND {} IS NULL", column);
    } else {
      sql += fmt::format(" AND {} {} {}", column, kOperators.at(static_cast<std::size_t>(term.op)), ms(term.time));
    }
  }
  const auto named = " OR lower(k.name) LIKE ?3 ESCAPE '\\'";
  const auto aliased =
      " OR EXISTS (SELECT 1 FROM kms_alias a WHERE a.key_id = k.id AND lower(a.alias) LIKE ?3 ESCAPE '\\')";
  sql += " AND (?3 IS NULL OR ";
  if (query.search) {
    sql += fmt::format("{}(k.id = ?4{}{})", query.search->invert ? "NOT " : "", query.search->in_names ? named : "",
                       query.search->in_aliases ? aliased : "");
  } else {
    sql += "k.id = ?4";
  }
  return sql + ")";
}

std::string order(const KeyQuery& query) {
  std::string sql;
  for (const auto& key : query.sort) sql += fmt::format("{} {}, ", column_of(key.property), key.descending ? "DESC" : "ASC");
  return sql + "k.id";
}

}  // namespace

Page<Key> query_keys(Connection& connection, const std::string& instance, const KeyQuery& query, bool only_count) {
  std::optional<std::string> pattern;
  std::string id;
  if (query.search) {
    pattern = query.search->exact ? escaped(query.search->text) : "%" + escaped(query.search->text) + "%";
    id = query.search->text;
  }
  const auto conditions = where(query);
  Page<Key> page;
  auto count = connection.db().prepare("SELECT COUNT(*) FROM kms_key k WHERE " + conditions);
  if (count.bind(instance, query.ring, pattern, id).step()) page.total = count_at(count, 0);
  if (only_count) return page;
  auto rows = connection.db().prepare("SELECT " KM_KEY_COLUMNS " FROM kms_key k WHERE " + conditions + " ORDER BY " +
                                      order(query) + fmt::format(" LIMIT {} OFFSET {}", query.limit, query.offset));
  rows.bind(instance, query.ring, pattern, id);
  while (rows.step()) page.items.push_back(key_from(rows));
  for (auto& key : page.items) key.aliases = read_aliases(connection, key.id);
  return page;
}

Page<Registration> query_registrations(Connection& connection, const std::string& instance,
                                       const RegistrationQuery& query) {
  // `*` may stand for segments and end a prefix; CRNs hold no % or _ that matters less than being exact about them.
  std::optional<std::string> pattern;
  if (query.resource) {
    pattern.emplace();
    for (const char c : *query.resource) {
      if (c == '*') {
        *pattern += '%';
        continue;
      }
      if (c == '%' || c == '_' || c == '\\') *pattern += '\\';
      *pattern += c;
    }
  }
  std::string conditions =
      "r.instance = ?1 AND (?2 IS NULL OR r.key_id = ?2) AND (?3 IS NULL OR r.resource LIKE ?3 ESCAPE '\\')";
  if (query.prevent_key_deletion) {
    conditions += fmt::format(" AND r.prevent_key_deletion = {}", *query.prevent_key_deletion ? 1 : 0);
  }
  Page<Registration> page;
  auto count = connection.db().prepare("SELECT COUNT(*) FROM kms_registration r WHERE " + conditions);
  if (count.bind(instance, query.key, pattern).step()) page.total = count_at(count, 0);
  auto rows = connection.db().prepare("SELECT " KM_REGISTRATION_COLUMNS
                                      " FROM kms_registration r JOIN kms_key k ON k.id = r.key_id WHERE " +
                                      conditions + " ORDER BY r.key_id, r.resource" +
                                      fmt::format(" LIMIT {} OFFSET {}", query.limit, query.offset));
  rows.bind(instance, query.key, pattern);
  while (rows.step()) page.items.push_back(registration_from(rows));
  return page;
}

}  // namespace kms::db
