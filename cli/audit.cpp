#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "cli/text_file.h"
#include "cli/verb.h"
#include "hsm/ceremony/audit_chain.h"
#include "hsm/ceremony/keystore_chain.h"

namespace cli {

namespace {

struct Export {
  std::string file;
};
void declare(Arguments& arguments, Export& options) {
  arguments.optional("FILE", options.file, "where to write it; without it stdout");
}
Outcome run(Session& session, const Export& options) {
  auto kms = TRY(session.kms());
  std::ofstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary | std::ios::trunc);
    if (!file) return unwritable(options.file);
  }
  const auto put = [&](std::string_view line) {
    if (options.file.empty()) {
      session.out.line(line);
    } else {
      file << line << '\n';
    }
  };
  hsm::ceremony::AuditChain chain;
  hsm::Status unbroken = hsm::Done{};
  auto exported = told(kms.export_audit([&](std::string_view line) {
    put(line);
    unbroken = chain.add(line);
    return unbroken.ok() && (options.file.empty() || file.good());
  }));
  TRY(told(std::move(unbroken)));
  TRY(std::move(exported));
  if (chain.records() != 0) put(chain.end_line());
  if (options.file.empty()) return hsm::Done{};
  if (!file.flush()) return unwritable(options.file);
  session.out.record({{"file", options.file}, {"records", static_cast<std::int64_t>(chain.records())}});
  return hsm::Done{};
}

struct Verify {
  std::string file;
};
void declare(Arguments& arguments, Verify& options) {
  arguments.required("FILE", options.file, "as audit export or hsm audit wrote it");
}

/// `line` is the first one, and read already.
template <class Chain>
Outcome verify(Session& session, const std::string& name, std::ifstream& file, std::string line, std::string_view whose) {
  const auto refuse = [&](const hsm::Error& error, std::string hint) {
    return refused(fmt::format("{}: {}", name, error.text()), std::move(hint));
  };
  Chain chain;
  do {
    if (auto good = chain.add(line); !good) return refuse(good.error(), "compare it with another copy of the log");
  } while (std::getline(file, line));
  if (auto whole = chain.end(); !whole) return refuse(whole.error(), "export it again, or compare it with another copy of the log");
  session.out.record({{"verdict", std::string("unbroken")},
                      {"log", std::string(whose)},
                      {"records", static_cast<std::int64_t>(chain.records())},
                      {"first", static_cast<std::int64_t>(chain.first())},
                      {"last", static_cast<std::int64_t>(chain.last())},
                      {"head", chain.head()}});
  return hsm::Done{};
}

Outcome run(Session& session, const Verify& options) {
  std::ifstream file(options.file, std::ios::binary);
  std::error_code error;
  if (!file || std::filesystem::is_directory(options.file, error)) return refused(fmt::format("the file cannot be read: {}", options.file));
  std::string line;
  if (!std::getline(file, line)) return refused(fmt::format("the file is empty: {}", options.file), "export the log again");
  using hsm::ceremony::AuditChain, hsm::ceremony::KeystoreChain;
  if (AuditChain::begins_with(line)) return verify<AuditChain>(session, options.file, file, std::move(line), "kms");
  if (KeystoreChain::begins_with(line)) return verify<KeystoreChain>(session, options.file, file, std::move(line), "hsm");
  return refused(fmt::format("not an audit log: {}", options.file), "a log comes from: keymantle audit export, or keymantle hsm audit");
}

}  // namespace

std::vector<Verb> audit_verbs() {
  return {
      verb<Export>("audit export", "fetch the KMS's audit log: one record a line, and at the end its head", "  keymantle audit export audit.log", declare, run),
      verb<Verify>("audit verify", "check an exported log of the KMS or the HSM offline: any change, gap, swap or cut is found",
                   "  keymantle audit export kms.log && keymantle audit verify kms.log\n"
                   "  keymantle hsm audit hsm.log && keymantle audit verify hsm.log\n"
                   "  prints: unbroken, whose log, records, first, last, head", declare, run),
  };
}

}  // namespace cli
