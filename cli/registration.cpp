#include <fmt/core.h>

#include "cli/rewrap_progress.h"
#include "cli/verb.h"

namespace cli {

namespace {

struct Registrations {
  std::string key;
};
void declare(Arguments& arguments, Registrations& options) {
  arguments.optional("KEY", options.key, "id or alias; without it those of all keys");
}
Outcome run(Session& session, const Registrations& options) {
  auto kms = TRY(session.kms());
  for (const auto& registration : TRY(told(kms.registrations(options.key)))) {
    session.out.record({{"keyId", registration.key_id},
                        {"version", registration.version.id},
                        {"resourceCrn", registration.resource_crn},
                        {"description", registration.description}},
                       registration.json);
  }
  return hsm::Done{};
}

struct Jobs {
  std::string key;
  bool watch = false;
};
void declare(Arguments& arguments, Jobs& options) {
  arguments.required("KEY", options.key, "id or alias").flag("--watch", options.watch, "wait until none is running, with progress");
}
Outcome run(Session& session, const Jobs& options) {
  auto kms = TRY(session.kms());
  if (options.watch) TRY(watch_rewrap(session, kms, options.key));
  for (const auto& job : TRY(told(kms.rewrap_jobs(options.key)))) {
    session.out.record({{"id", job.id}, {"state", job.state}, {"done", job.done}, {"failed", job.failed}, {"total", job.total}},
                       job.json);
  }
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> registration_verbs() {
  return {
      verb<Registrations>("key registrations", "list what is encrypted under a key, and under which version",
                          "  keymantle key registrations volumes", declare, run),
      verb<Jobs>("key jobs", "show the re-wrapping that rotations started, newest first", "  keymantle key jobs volumes --watch",
                 declare, run),
  };
}

}  // namespace cli
