#include <fmt/core.h>

#include <fstream>

#include "cli/secret_input.h"
#include "cli/text_file.h"
#include "cli/unit.h"
#include "cli/verb.h"

namespace cli {
namespace admin = hsm::admin;

std::string_view name_of(admin::State state) {
  switch (state) {
    case admin::State::empty: return "empty";
    case admin::State::staged: return "staged";
    case admin::State::sealed: return "sealed";
    case admin::State::operational: return "operational";
  }
  return "unknown";
}

static Failure unreachable_unit(const hsm::Error& error) {
  return {Exit::unreachable, error.text(),
          "start keymantle-hsmd with --admin-socket PATH, and name the same PATH with --admin-socket or KEYMANTLE_ADMIN"};
}

Result<admin::Client> unit_of(const Session& session) {
  auto client = admin::Client::connect(TRY(session.admin_socket()));
  if (client) return std::move(client).value();
  return unreachable_unit(client.error());
}

void print_status(Session& session, const admin::UnitStatus& status) {
  Fields fields{{"state", std::string(name_of(status.state))},
                {"profile", std::string(status.profile == admin::Profile::development ? "development" : "isolated")},
                {"fingerprint", status.fingerprint},
                {"threshold", std::int64_t{status.threshold}},
                {"shares", std::int64_t{status.shares}},
                {"collected", std::int64_t{status.collected}},
                {"confirmed", std::int64_t{status.confirmed}},
                {"tokens", static_cast<std::int64_t>(status.tokens)},
                {"applications", static_cast<std::int64_t>(status.applications)},
                {"memory_locked", status.memory_locked},
                {"store", status.store},
                {"version", status.version}};
  if (!status.next.empty()) fields.push_back({"next", status.next});
  session.out.details(fields);
}

Result<hsm::Bytes> read_share_file(const std::string& file) {
  constexpr std::size_t kLargest = 64 * 1024;
  std::ifstream in(file, std::ios::binary);
  if (!in) return refused(fmt::format("the share file cannot be read: {}", file));
  hsm::Bytes bytes(kLargest + 1);
  in.read(static_cast<char*>(static_cast<void*>(bytes.data())), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.empty() || bytes.size() > kLargest) return refused(fmt::format("not a share file: {}", file));
  return bytes;
}

namespace {

struct Status {};
void declare(Arguments&, Status&) {}
Outcome run(Session& session, const Status&) {
  auto unit = TRY(unit_of(session));
  print_status(session, TRY(told(unit.call(admin::GetStatus{}))));
  return hsm::Done{};
}

struct Seal {};
void declare(Arguments&, Seal&) {}
Outcome run(Session& session, const Seal&) {
  auto unit = TRY(unit_of(session));
  print_status(session, TRY(told(unit.call(admin::Seal{}))));
  return hsm::Done{};
}

struct Unseal {
  std::vector<std::string> files, passphrases;
};
void declare(Arguments& arguments, Unseal& options) {
  arguments.several("FILE", options.files, "share files")
      .list("--passphrase-file", options.passphrases, "FILE", "of each share in turn; without it they are typed");
}
Outcome run(Session& session, const Unseal& options) {
  auto unit = TRY(unit_of(session));
  admin::UnitStatus status;
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    admin::Unseal request;
    request.file = TRY(read_share_file(options.files[i]));
    const auto file = i < options.passphrases.size() ? options.passphrases[i] : std::string();
    request.passphrase = TRY(ask_secret(fmt::format("passphrase of {}", options.files[i]), file, Ask::once));
    status = TRY(told(unit.call(request)));
    if (status.state == admin::State::operational) break;
    session.out.say(fmt::format("{} of {} shares given", status.collected, status.threshold));
  }
  print_status(session, status);
  return hsm::Done{};
}

struct Audit {
  std::string file;
};
void declare(Arguments& arguments, Audit& options) { arguments.optional("FILE", options.file, "where to write it; without it stdout"); }
Outcome run(Session& session, const Audit& options) {
  auto unit = TRY(unit_of(session));
  std::ofstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary | std::ios::trunc);
    if (!file) return unwritable(options.file);
  }
  for (admin::ExportAudit request; request.from != 0;) {
    const auto page = TRY(told(unit.call(request)));
    for (const auto& line : page.lines) {
      if (options.file.empty()) {
        session.out.line(line);
      } else {
        file << line << '\n';
      }
    }
    request.from = page.next;
  }
  if (!options.file.empty() && !file.flush()) return unwritable(options.file);
  return hsm::Done{};
}

struct VerifyAudit {};
void declare(Arguments&, VerifyAudit&) {}
Outcome run(Session& session, const VerifyAudit&) {
  auto unit = TRY(unit_of(session));
  TRY(told(unit.call(admin::VerifyAudit{})));
  session.out.record({{"verdict", std::string("unbroken")}});
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> hsm_verbs() {
  return {
      verb<Status>("hsm status", "what the unit can do now, and what to do next", "  keymantle hsm status --admin-socket /run/keymantle/admin.sock",
                   declare, run),
      verb<Seal>("hsm seal", "erase the keys from memory; applications wait until it is unsealed", "  keymantle hsm seal", declare, run),
      verb<Unseal>("hsm unseal", "give shares until the unit serves again", "  keymantle hsm unseal share-1 share-3", declare, run),
      verb<Unseal>("unseal", "the same as hsm unseal", "  keymantle unseal share-1 share-3", declare, run),
      verb<Audit>("hsm audit", "fetch the unit's own audit chain: one record a line, and at the end its head", "  keymantle hsm audit hsm-audit.log", declare, run),
      verb<VerifyAudit>("hsm verify-audit", "let the unit check its audit chain", "  keymantle hsm verify-audit", declare, run),
  };
}

}  // namespace cli
