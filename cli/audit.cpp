#include <fmt/core.h>

#include <fstream>

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
    if (!file) return refused(fmt::format("the file cannot be written: {}", options.file));
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
  if (chain.lines() != 0) put(chain.end_line());
  if (options.file.empty()) return hsm::Done{};
  if (!file.flush()) return refused(fmt::format("the file cannot be written: {}", options.file));
  session.out.record({{"file", options.file}, {"records", static_cast<std::int64_t>(chain.lines())}});
  return hsm::Done{};
}

struct Verify {
  std::string file;
};
void declare(Arguments& arguments, Verify& options) { arguments.required("FILE", options.file, "as audit export or hsm audit wrote it"); }

std::uint64_t records_of(const hsm::ceremony::AuditChain& chain) { return chain.lines(); }
std::uint64_t records_of(const hsm::ceremony::KeystoreChain& chain) { return chain.records(); }

/// Every line from `line` on is a record of this chain, the last one its head.
template <class Chain>
hsm::Status follow(Chain& chain, std::istream& file, std::string line) {
  do {
    TRY(chain.add(line));
  } while (std::getline(file, line));
  return chain.end();
}

template <class Chain>
Outcome verify_as(Session& session, const std::string& name, std::istream& file, std::string line) {
  Chain chain;
  if (auto good = told(follow(chain, file, std::move(line))); !good) {
    auto failure = good.error();
    failure.message = fmt::format("{}: {}", name, failure.message);
    failure.hint = "compare it with another copy of the log";
    return failure;
  }
  session.out.record({{"verdict", std::string("unbroken")},
                      {"records", static_cast<std::int64_t>(records_of(chain))},
                      {"first", static_cast<std::int64_t>(chain.first())},
                      {"head", chain.head()}});
  return hsm::Done{};
}

Outcome run(Session& session, const Verify& options) {
  std::ifstream file(options.file, std::ios::binary);
  if (!file) return refused(fmt::format("the file cannot be read: {}", options.file));
  std::string line;
  if (!std::getline(file, line)) return refused(fmt::format("the file holds no record: {}", options.file));
  if (line.starts_with(R"({"v":)")) return verify_as<hsm::ceremony::KeystoreChain>(session, options.file, file, std::move(line));
  return verify_as<hsm::ceremony::AuditChain>(session, options.file, file, std::move(line));
}

}  // namespace

std::vector<Verb> audit_verbs() {
  return {
      verb<Export>("audit export", "fetch the audit log, one record a line", "  keymantle audit export audit.log", declare, run),
      verb<Verify>("audit verify", "check an exported log of the KMS or the HSM offline: any change, gap, swap or cut is found",
                   "  keymantle audit verify audit.log", declare, run),
  };
}

}  // namespace cli
