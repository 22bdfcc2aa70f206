#include <fmt/core.h>

#include <fstream>

#include "cli/verb.h"
#include "hsm/ceremony/audit_chain.h"

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
  std::int64_t lines = 0;
  TRY(told(kms.export_audit([&](std::string_view line) {
    ++lines;
    if (options.file.empty()) {
      session.out.line(line);
      return true;
    }
    file << line << '\n';
    return file.good();
  })));
  if (options.file.empty()) return hsm::Done{};
  if (!file.flush()) return refused(fmt::format("the file cannot be written: {}", options.file));
  session.out.record({{"file", options.file}, {"records", lines}});
  return hsm::Done{};
}

struct Verify {
  std::string file;
};
void declare(Arguments& arguments, Verify& options) { arguments.required("FILE", options.file, "as audit export wrote it"); }
Outcome run(Session& session, const Verify& options) {
  std::ifstream file(options.file, std::ios::binary);
  if (!file) return refused(fmt::format("the file cannot be read: {}", options.file));
  hsm::ceremony::AuditChain chain;
  for (std::string line; std::getline(file, line);) {
    auto good = told(chain.add(line));
    if (!good) {
      auto failure = good.error();
      failure.message = fmt::format("{}: {}", options.file, failure.message);
      failure.hint = "compare it with another copy of the log";
      return failure;
    }
  }
  if (chain.lines() == 0) return refused(fmt::format("the file holds no record: {}", options.file));
  session.out.record({{"verdict", std::string("unbroken")},
                      {"records", static_cast<std::int64_t>(chain.lines())},
                      {"first", static_cast<std::int64_t>(chain.first())},
                      {"head", chain.head()}});
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> audit_verbs() {
  return {
      verb<Export>("audit export", "fetch the audit log, one record a line", "  keymantle audit export audit.log", declare, run),
      verb<Verify>("audit verify", "check an exported log offline: any change, gap or swap is found",
                   "  keymantle audit verify audit.log", declare, run),
  };
}

}  // namespace cli
