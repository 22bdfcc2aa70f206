#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/secret_input.h"
#include "cli/unit.h"
#include "cli/verb.h"
#include "hsm/base/config.h"
#include "hsm/base/socket.h"
#include "hsm/ceremony/shares.h"

namespace cli {
namespace admin = hsm::admin;
namespace fs = std::filesystem;

namespace {

struct Init {
  std::int64_t shares = 3, threshold = 2;
  std::string directory;
  std::vector<std::string> passphrases;
};
void declare(Arguments& arguments, Init& options) {
  arguments.needed("--out", options.directory, "DIR", "where the share files go; made when missing")
      .number("--shares", options.shares, "N", "how many custodians, up to 16")
      .number("--threshold", options.threshold, "K", "how many of them unseal the unit, at least 2")
      .list("--passphrase-file", options.passphrases, "FILE", "of each share in turn (also /dev/fd/N); without it they are typed");
}

Outcome write_share_file(const fs::path& file, const hsm::Bytes& bytes) {
  const hsm::Descriptor out(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = out && write(out.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(out.get()) == 0;
  if (!written) return refused(fmt::format("the share file cannot be written: {}: {}", file.string(), std::strerror(errno)));
  return hsm::Done{};
}

Result<hsm::Secret> passphrase_of(const Init& options, std::size_t share, Ask ask) {
  const auto file = share < options.passphrases.size() ? options.passphrases[share] : std::string();
  return ask_secret(fmt::format("passphrase of share {}", share + 1), file, ask);
}

/// Makes the key, writes its shares, reads every file back and checks it in the unit, and only then puts the key to use.
Outcome make(Session& session, const Init& options, bool rehearsal) {
  if (options.threshold < 2 || options.threshold > options.shares || options.shares > 16) {
    return usage(fmt::format("{} of {} shares cannot be made", options.threshold, options.shares), "2 <= threshold <= shares <= 16");
  }
  TRY(told(hsm::ensure_private_directory(options.directory)));
  const auto share_file = [&](std::size_t i) { return fs::path(options.directory) / fmt::format("share-{}", i + 1); };
  const auto count = static_cast<std::size_t>(options.shares);
  for (std::size_t i = 0; i < count; ++i) {
    if (fs::exists(share_file(i))) return refused(fmt::format("the file exists: {}", share_file(i).string()), "name an empty directory with --out");
  }
  auto unit = TRY(unit_of(session));
  admin::MakeShares request;
  request.threshold = static_cast<std::uint8_t>(options.threshold);
  request.rehearsal = rehearsal;
  for (std::size_t i = 0; i < count; ++i) request.passphrases.push_back(TRY(passphrase_of(options, i, Ask::twice)));
  const auto made = TRY(told(unit.call(request)));
  const auto finish = [&]() -> Outcome {
    for (std::size_t i = 0; i < count; ++i) TRY(write_share_file(share_file(i), made.files.at(i)));
    for (std::size_t i = 0; i < count; ++i) {
      admin::CheckShare check;
      check.file = TRY(read_share_file(share_file(i).string()));
      check.passphrase = SecretAccess::copy(request.passphrases[i]);
      TRY(told(unit.call(check)));
      session.out.say(fmt::format("share {} of {} written and checked: {}", i + 1, count, share_file(i).string()));
    }
    print_status(session, TRY(told(unit.call(admin::Activate{.fingerprint = made.fingerprint}))));
    return hsm::Done{};
  };
  auto finished = finish();
  if (!finished) {  // a key whose shares are not all safe is no key
    for (std::size_t i = 0; i < count; ++i) unlink(share_file(i).c_str());
    TRY(told(unit.call(admin::Discard{})));
  }
  return finished;
}

Outcome run(Session& session, const Init& options) { return make(session, options, false); }
Outcome rehearse(Session& session, const Init& options) { return make(session, options, true); }

struct Check {
  std::string file, passphrase;
  bool offline = false;
};
void declare(Arguments& arguments, Check& options) {
  arguments.required("FILE", options.file, "share file")
      .option("--passphrase-file", options.passphrase, "FILE", "also /dev/fd/N; without it it is typed")
      .flag("--offline", options.offline, "open the file here instead of comparing it with the unit's key");
}
Outcome run(Session& session, const Check& options) {
  const auto bytes = TRY(read_share_file(options.file));
  auto passphrase = TRY(ask_secret(fmt::format("passphrase of {}", options.file), options.passphrase, Ask::once));
  if (options.offline) {
    const auto share = TRY(told(hsm::ceremony::read_share(bytes, passphrase)));
    session.out.record({{"index", std::int64_t{share.info.index}},
                        {"shares", std::int64_t{share.info.count}},
                        {"threshold", std::int64_t{share.info.threshold}},
                        {"fingerprint", hsm::to_hex(share.info.pattern)},
                        {"rehearsal", share.info.rehearsal}});
    return hsm::Done{};
  }
  auto unit = TRY(unit_of(session));
  admin::CheckShare request;
  request.file = bytes;
  request.passphrase = std::move(passphrase);
  const auto checked = TRY(told(unit.call(request)));
  session.out.record({{"index", std::int64_t{checked.index}},
                      {"shares", std::int64_t{checked.shares}},
                      {"threshold", std::int64_t{checked.threshold}},
                      {"fingerprint", checked.fingerprint},
                      {"rehearsal", checked.rehearsal}});
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> ceremony_verbs() {
  return {
      verb<Init>("ceremony init", "make the master key of an empty unit, and its shares",
                 "  keymantle ceremony init --shares 5 --threshold 3 --out /media/ceremony", declare, run),
      verb<Init>("ceremony rehearse", "the same in seconds, for learning: its share files are weakly protected and say so",
                 "  keymantle ceremony rehearse --shares 3 --threshold 2 --out ./shares", declare, rehearse),
      verb<Check>("share check", "see that a share file opens and belongs to the unit's master key", "  keymantle share check shares/share-1",
                  declare, run),
  };
}

}  // namespace cli
