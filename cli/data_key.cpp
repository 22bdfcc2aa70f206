#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/secret_input.h"
#include "cli/text_file.h"
#include "cli/verb.h"
#include "kms/client/base64.h"

namespace cli {

Result<std::string> read_text_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return refused(fmt::format("the file cannot be read: {}: {}", file, std::strerror(errno)));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return refused(fmt::format("the file is empty: {}", file));
  return text;
}

Failure unwritable(const std::string& file) {
  return refused(fmt::format("the file cannot be written: {}: {}", file, std::strerror(errno)), "name another file, or free some space");
}

namespace {

struct Wrap {
  std::string key, plaintext;
  std::vector<std::string> aad;
  std::int64_t descriptor = -1;
  bool show = false;
};
void declare(Arguments& arguments, Wrap& options) {
  arguments.required("KEY", options.key, "id or alias of a root key")
      .option("--plaintext-file", options.plaintext, "FILE", "the data key, raw, also /dev/fd/N; without it the KMS draws one")
      .list("--aad", options.aad, "TEXT", "additional authenticated data; order counts")
      .number("--plaintext-fd", options.descriptor, "N", "write the drawn data key to this descriptor, raw")
      .flag("--show-plaintext", options.show, "print the drawn data key, base64, behind the WDEK");
}
Outcome run(Session& session, const Wrap& options) {
  auto kms = TRY(session.kms());
  if (!options.plaintext.empty()) {
    const auto plaintext = kms::client::to_base64(TRY(read_secret_file(options.plaintext, hsm::Secret::Ends::at_eof)));
    const auto wrapped = TRY(told(kms.wrap(options.key, plaintext, options.aad)));
    session.out.record({{"ciphertext", wrapped.wdek}, {"version", wrapped.key_version}});
    return hsm::Done{};
  }
  const auto wrapped = TRY(told(kms.wrap(options.key, options.aad)));
  if (options.descriptor >= 0) {
    const auto raw = TRY(told(hsm::Secret::from_base64(hsm::text_of(SecretAccess::bytes(wrapped.plaintext)))));
    TRY(give_secret(static_cast<int>(options.descriptor), raw, false));
  }
  session.out.record({{"ciphertext", wrapped.wdek}, {"version", wrapped.key_version}});
  if (options.show) {
    TRY(give_secret(STDOUT_FILENO, wrapped.plaintext, true));
    session.out.line("");
  }
  return hsm::Done{};
}

/// What the KMS cannot even read as a WDEK is told with the file it came from.
template <class T>
Result<T> told_of_wdek(kms::client::Result<T> result, const std::string& file) {
  auto outcome = told(std::move(result));
  if (outcome || !outcome.error().hint.empty()) return outcome;
  auto failure = outcome.error();
  failure.hint = fmt::format("{} does not hold a WDEK as key wrap printed it", file);
  return failure;
}

struct Unwrap {
  std::string key, wdek_file;
  std::vector<std::string> aad;
  std::int64_t descriptor = STDOUT_FILENO;
  bool base64 = false;
};
void declare(Arguments& arguments, Unwrap& options) {
  arguments.required("KEY", options.key, "id or alias of a root key")
      .needed("--wdek-file", options.wdek_file, "FILE", "the wrapped data key")
      .list("--aad", options.aad, "TEXT", "what was given to wrap")
      .number("--plaintext-fd", options.descriptor, "N", "where the data key goes")
      .flag("--base64", options.base64, "as base64 text instead of raw bytes");
}
Outcome run(Session& session, const Unwrap& options) {
  const auto wdek = TRY(read_text_file(options.wdek_file));
  auto kms = TRY(session.kms());
  const auto unwrapped = TRY(told_of_wdek(kms.unwrap(options.key, wdek, options.aad), options.wdek_file));
  const bool anywhere = options.descriptor == STDOUT_FILENO;
  const auto descriptor = static_cast<int>(options.descriptor);
  if (options.base64) {
    TRY(give_secret(descriptor, unwrapped.plaintext, anywhere));
  } else {
    const auto raw = TRY(told(hsm::Secret::from_base64(hsm::text_of(SecretAccess::bytes(unwrapped.plaintext)))));
    TRY(give_secret(descriptor, raw, anywhere));
  }
  if (unwrapped.rewrapped) session.out.say("the key was rotated: run keymantle key rewrap and keep the new WDEK");
  return hsm::Done{};
}

struct Rewrap {
  std::string key, wdek_file;
  std::vector<std::string> aad;
};
void declare(Arguments& arguments, Rewrap& options) {
  arguments.required("KEY", options.key, "id or alias of a root key")
      .needed("--wdek-file", options.wdek_file, "FILE", "the wrapped data key")
      .list("--aad", options.aad, "TEXT", "what was given to wrap");
}
Outcome run(Session& session, const Rewrap& options) {
  const auto wdek = TRY(read_text_file(options.wdek_file));
  auto kms = TRY(session.kms());
  const auto rewrapped = TRY(told_of_wdek(kms.rewrap(options.key, wdek, options.aad), options.wdek_file));
  session.out.record({{"ciphertext", rewrapped.wdek}, {"version", rewrapped.new_version}, {"from", rewrapped.old_version}});
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> data_key_verbs() {
  return {
      verb<Wrap>("key wrap", "wrap a data key; prints the WDEK and the key version",
                 "  keymantle key wrap volumes --plaintext-file /dev/fd/3 3< <(printf %s \"$PASSPHRASE\") | cut -f1 > wdek",
                 declare, run),
      verb<Unwrap>("key unwrap", "give back a data key", "  keymantle key unwrap volumes --wdek-file wdek | program", declare, run),
      verb<Rewrap>("key rewrap", "bring a WDEK to the current key version; nobody sees the data key",
                   "  keymantle key rewrap volumes --wdek-file wdek | cut -f1 > wdek.new && mv wdek.new wdek", declare, run),
  };
}

}  // namespace cli
