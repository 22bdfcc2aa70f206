#include <fmt/core.h>

#include <exception>

#include "cli/command_line.h"
#include "cli/verb.h"

#ifndef KEYMANTLE_VERSION
#define KEYMANTLE_VERSION "0.1.0"
#endif

namespace {

int tell(const cli::Failure& failure) {
  if (failure.passed_on != 0) return failure.passed_on;
  fmt::print(stderr, "keymantle: {}\n", failure.message);
  if (!failure.hint.empty()) fmt::print(stderr, "hint: {}\n", failure.hint);
  return static_cast<int>(failure.exit);
}

int run(int argc, char** argv) {
  const auto verbs = cli::verbs();
  cli::Session session;
  cli::CommandLine line(verbs, session, "keymantle " KEYMANTLE_VERSION);
  const auto parsed = line.parse({argv + 1, argv + argc}, session);
  if (parsed.verb == nullptr) return parsed.exit_code;
  const auto outcome = parsed.verb->run(session);
  session.out.end_progress();
  return outcome ? 0 : tell(outcome.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "keymantle: {}\n", error.what());
    return 1;
  }
}
