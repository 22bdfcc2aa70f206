#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/model/ids.h"

// The requests of keymantle-hsmd's admin socket: plain values, each with one list of fields and the type of its reply, as in
// hsm/model/requests.h. A refusal says why; its text is fit to be shown to a person.

namespace hsm::admin {

using Profile = CeremonyProfile;

/// The requests below say in which state they work. Empty: MakeShares. Staged: CheckShare, Activate, Discard. Sealed: Unseal.
/// Operational: Seal.
using State = CeremonyState;

struct GetStatus {
  using Reply = struct UnitStatus;
  static constexpr std::tuple<> fields{};
};
struct UnitStatus {
  std::string version;      ///< of the daemon
  std::string store;        ///< directory
  Profile profile = Profile::isolated;
  State state = State::empty;
  std::string fingerprint;  ///< of the master key staged or in use, hexadecimal; empty when there is none
  std::uint8_t threshold = 0, shares = 0;  ///< K of N of the master key; 0 when it is not split
  std::uint8_t collected = 0;  ///< sealed: shares given so far
  std::uint8_t confirmed = 0;  ///< staged: different shares checked so far
  std::uint64_t tokens = 0, applications = 0;
  bool memory_locked = false;
  std::string next;         ///< what to do now, in one sentence; empty when nothing is needed
  static constexpr auto fields =
      std::tuple{&UnitStatus::version,   &UnitStatus::store,        &UnitStatus::profile,   &UnitStatus::state,
                 &UnitStatus::fingerprint, &UnitStatus::threshold,  &UnitStatus::shares,    &UnitStatus::collected,
                 &UnitStatus::confirmed, &UnitStatus::tokens,       &UnitStatus::applications,
                 &UnitStatus::memory_locked, &UnitStatus::next};
};

/// Makes a master key in the unit and splits it; each passphrase encrypts one share. Needs `empty`; leaves `staged`. The shares
/// are given out once and kept nowhere.
struct MakeShares {
  using Reply = struct ShareFiles;
  std::uint8_t threshold = 2;
  std::vector<Secret> passphrases;  ///< one per share, 2 to 16
  /// Protects the files at the cost of a rehearsal, and marks them so: seconds less for each, and not for a key that matters.
  bool rehearsal = false;
  static constexpr auto fields = std::tuple{&MakeShares::threshold, &MakeShares::passphrases, &MakeShares::rehearsal};
};
struct ShareFiles {
  std::string fingerprint;   ///< of the master key
  std::vector<Bytes> files;  ///< what to write into each share's file, in the order of the passphrases
  static constexpr auto fields = std::tuple{&ShareFiles::fingerprint, &ShareFiles::files};
};

/// Opens one share and compares it with the master key staged or in use, without collecting it. Needs any state but `empty`.
struct CheckShare {
  using Reply = struct ShareChecked;
  Bytes file;
  Secret passphrase;
  static constexpr auto fields = std::tuple{&CheckShare::file, &CheckShare::passphrase};
};
struct ShareChecked {
  std::uint8_t index = 0, threshold = 0, shares = 0;
  std::string fingerprint;
  std::uint8_t confirmed = 0;  ///< different shares of a staged key checked so far
  bool rehearsal = false;      ///< the file is protected at the cost of a rehearsal
  static constexpr auto fields = std::tuple{&ShareChecked::index, &ShareChecked::threshold, &ShareChecked::shares,
                                            &ShareChecked::fingerprint, &ShareChecked::confirmed, &ShareChecked::rehearsal};
};

/// Puts the staged master key to use. Refused until every share has been checked. Needs `staged`; leaves `operational`.
struct Activate {
  using Reply = UnitStatus;
  std::string fingerprint;  ///< of the key that the caller means
  static constexpr auto fields = std::tuple{&Activate::fingerprint};
};
/// Forgets the staged master key; its shares become worthless. Needs `staged`; leaves `empty`.
struct Discard {
  using Reply = UnitStatus;
  static constexpr std::tuple<> fields{};
};
/// Gives one share; with the K-th the unit becomes `operational`. Needs `sealed`.
struct Unseal {
  using Reply = UnitStatus;
  Bytes file;
  Secret passphrase;
  static constexpr auto fields = std::tuple{&Unseal::file, &Unseal::passphrase};
};
/// Erases the keys from memory and ends every application's sessions. Needs `operational`, not in the development profile.
struct Seal {
  using Reply = UnitStatus;
  static constexpr std::tuple<> fields{};
};

/// Lines of the audit chain from record `from` on (the first is 1), at most `most`. What all pages hold together is what
/// hsm/store's audit.h verifies without the daemon: one record a line, the sealed head last.
struct ExportAudit {
  using Reply = struct AuditPage;
  std::uint64_t from = 1;
  std::uint32_t most = 1000;
  static constexpr auto fields = std::tuple{&ExportAudit::from, &ExportAudit::most};
};
struct AuditPage {
  std::vector<std::string> lines;
  std::uint64_t next = 0;  ///< `from` of the following page; 0 behind the last
  static constexpr auto fields = std::tuple{&AuditPage::lines, &AuditPage::next};
};
struct Verified {
  static constexpr std::tuple<> fields{};
};
/// Checks the whole chain in the unit. A broken chain is a refusal that names the first bad record.
struct VerifyAudit {
  using Reply = Verified;
  static constexpr std::tuple<> fields{};
};

/// Every request, in the order of its number on the wire. Append only.
using All = std::tuple<GetStatus, MakeShares, CheckShare, Activate, Discard, Unseal, Seal, ExportAudit, VerifyAudit>;

}  // namespace hsm::admin
