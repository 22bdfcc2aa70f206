#include <fmt/core.h>

#include <chrono>
#include <thread>

#include "cli/rewrap_progress.h"
#include "cli/secret_input.h"
#include "cli/verb.h"
#include "kms/client/base64.h"

namespace cli {

namespace {

struct Rotate {
  std::string key, material, encrypted, nonce, iv;
  std::string algorithm = "RSAES_OAEP_SHA_256";
  bool watch = false;
};
void declare(Arguments& arguments, Rotate& options) {
  arguments.required("KEY", options.key, "id or alias")
      .flag("--watch", options.watch, "wait until every stored WDEK is re-wrapped, with progress")
      .option("--material-file", options.material, "FILE", "imported keys: raw bytes of the new version")
      .option("--encrypted-file", options.encrypted, "FILE", "imported keys: encrypted to the import token")
      .option("--encrypted-nonce", options.nonce, "BASE64", "the token's nonce, encrypted under the new key")
      .option("--iv", options.iv, "BASE64", "IV of that encryption")
      .option("--algorithm", options.algorithm, "NAME", "RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1");
}
Outcome run(Session& session, const Rotate& options) {
  if (!options.material.empty() && !options.encrypted.empty()) return usage("name one file with the new key, not two");
  kms::client::NewVersion material;
  if (const auto& file = options.material.empty() ? options.encrypted : options.material; !file.empty()) {
    material.payload = kms::client::to_base64(TRY(read_secret_file(file, hsm::Secret::Ends::at_eof)));
  }
  material.encrypted_nonce = options.nonce;
  material.iv = options.iv;
  material.encryption_algorithm = options.algorithm;
  auto kms = TRY(session.kms());
  TRY(told(kms.rotate(options.key, material)));
  if (options.watch) TRY(watch_rewrap(session, kms, options.key));
  const auto key = TRY(told(kms.key(options.key)));
  session.out.record({{"id", key.id}, {"version", key.version.id}}, key.json);
  return hsm::Done{};
}

struct Disable {
  std::string key;
};
void declare(Arguments& arguments, Disable& options) { arguments.required("KEY", options.key, "id or alias"); }
Outcome run(Session& session, const Disable& options) {
  auto kms = TRY(session.kms());
  TRY(told(kms.disable(options.key)));
  session.out.record({{"key", options.key}, {"state", std::string("disabled")}});
  return hsm::Done{};
}

struct Enable {
  std::string key;
};
void declare(Arguments& arguments, Enable& options) { arguments.required("KEY", options.key, "id or alias"); }
Outcome run(Session& session, const Enable& options) {
  auto kms = TRY(session.kms());
  TRY(told(kms.enable(options.key)));
  session.out.record({{"key", options.key}, {"state", std::string("active")}});
  return hsm::Done{};
}

struct Delete {
  std::string key;
  bool force = false, yes = false;
};
void declare(Arguments& arguments, Delete& options) {
  arguments.required("KEY", options.key, "id or alias")
      .flag("--force", options.force, "although resources are registered with it")
      .flag("--yes", options.yes, "do not ask");
}
Outcome run(Session& session, const Delete& options) {
  auto kms = TRY(session.kms());
  const auto key = TRY(told(kms.key(options.key)));
  const auto registrations = TRY(told(kms.registrations(key.id)));
  // A delete that the KMS will refuse is not worth a question.
  if (registrations.empty() || options.force) {
    TRY(confirm_loss(fmt::format("key {} and everything it wraps become unreadable ({} resources are registered)", key.name,
                                 registrations.size()),
                     key.name, options.yes));
  }
  TRY(told(kms.delete_key(key.id, options.force)));
  session.out.record({{"key", key.id}, {"state", std::string("deleted")}});
  return hsm::Done{};
}

}  // namespace

Outcome watch_rewrap(Session& session, kms::client::Client& kms, const std::string& key) {
  for (;;) {
    std::int64_t total = 0, done = 0, failed = 0;
    bool running = false;
    for (const auto& job : TRY(told(kms.rewrap_jobs(key)))) {
      if (job.state != "pending" && job.state != "running") continue;
      running = true;
      total += job.total;
      done += job.done;
      failed += job.failed;
    }
    if (!running) break;
    session.out.progress("re-wrapping", done + failed, total);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  session.out.end_progress();
  const auto jobs = TRY(told(kms.rewrap_jobs(key)));
  if (!jobs.empty() && jobs.front().failed > 0) {
    return refused(fmt::format("{} stored WDEKs could not be re-wrapped", jobs.front().failed),
                   fmt::format("see which: keymantle key registrations {} --json", key));
  }
  return hsm::Done{};
}

std::vector<Verb> key_state_verbs() {
  return {
      verb<Rotate>("key rotate", "make a new version; stored WDEKs are re-wrapped by the KMS",
                   "  keymantle key rotate volumes --watch", declare, run),
      verb<Disable>("key disable", "stop every use of a key", "  keymantle key disable volumes", declare, run),
      verb<Enable>("key enable", "allow its use again", "  keymantle key enable volumes", declare, run),
      verb<Delete>("key delete", "destroy a key; refused while resources are registered",
                   "  keymantle key delete volumes\n  keymantle key delete volumes --force --yes", declare, run),
  };
}

}  // namespace cli
