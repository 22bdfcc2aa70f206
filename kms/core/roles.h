#pragma once

#include <array>

#include "kms/core/types.h"

namespace kms {

enum class Action {
  create, list, head, read, read_metadata, list_versions, destroy, disable, enable, rotate, wrap, unwrap, rewrap,
  create_import_token, read_import_token, list_registrations, write_registration, delete_registration, read_jobs, expire,
};

enum class Severity { normal, warning, critical };

/// One row per action: its name in audit events, who may do it, how grave it is, and whether it only uses keys
/// (recorded in groups) or changes them (recorded in the transaction of the act).
struct ActionRow {
  Action action;
  std::string_view name;
  bool reader, reader_plus, writer, manager;
  bool data_event;
  Severity severity = Severity::normal;
};

inline constexpr auto kActions = std::to_array<ActionRow>({
    {Action::create, "kms.secrets.create", false, false, true, true, false},
    {Action::list, "kms.secrets.list", true, true, true, true, true},
    {Action::head, "kms.secrets.head", true, true, true, true, true},
    {Action::read, "kms.secrets.read", false, true, true, true, true},
    {Action::read_metadata, "kms.secrets-metadata.read", true, true, true, true, true},
    {Action::list_versions, "kms.secrets-key-versions.list", true, true, true, true, true},
    {Action::destroy, "kms.secrets.delete", false, false, false, true, false, Severity::critical},
    {Action::disable, "kms.secrets.disable", false, false, false, true, false, Severity::warning},
    {Action::enable, "kms.secrets.enable", false, false, false, true, false, Severity::warning},
    {Action::rotate, "kms.secrets.rotate", false, false, true, true, false, Severity::warning},
    {Action::wrap, "kms.secrets.wrap", true, true, true, true, true},
    {Action::unwrap, "kms.secrets.unwrap", true, true, true, true, true},
    {Action::rewrap, "kms.secrets.rewrap", true, true, true, true, true},
    {Action::create_import_token, "kms.import-token.create", false, false, true, true, false},
    {Action::read_import_token, "kms.import-token.read", false, false, true, true, false},
    {Action::list_registrations, "kms.registrations.list", true, true, true, true, true},
    {Action::write_registration, "kms.registrations.write", true, true, true, true, false},
    {Action::delete_registration, "kms.registrations.delete", true, true, true, true, false, Severity::critical},
    {Action::read_jobs, "kms.secrets-rewrap-jobs.list", true, true, true, true, true},
    {Action::expire, "kms.secrets.expire", false, false, false, false, false},
});

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (static_cast<std::size_t>(kActions[i].action) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order());

constexpr const ActionRow& row_of(Action action) { return kActions[static_cast<std::size_t>(action)]; }

constexpr bool allows(Role role, Action action) {
  const auto& row = row_of(action);
  switch (role) {
    case Role::reader: return row.reader;
    case Role::reader_plus: return row.reader_plus;
    case Role::writer: return row.writer;
    case Role::manager: return row.manager;
  }
  return false;
}

}  // namespace kms
