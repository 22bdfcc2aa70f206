#include "kms/vpc/volume.h"

#include <fmt/core.h>

#include "cli/secret_input.h"
#include "cli/size_text.h"
#include "cli/storage.h"
#include "cli/verb.h"

namespace cli {
using kms::vpc::Kind;

namespace {

struct Create {
  std::string name, key, size, from, directory = ".", format = "luks2";
};
void declare(Arguments& arguments, Create& options) {
  arguments.required("NAME", options.name, "lower-case letters, digits, hyphens")
      .needed("--key", options.key, "KEY", "root key, id or alias")
      .option("--size", options.size, "SIZE", "of the data, such as 64M")
      .option("--from", options.from, "IMAGE", "fill it with this raw filesystem or disk image")
      .option("--format", options.format, "FORMAT", "luks2, or luks1 for programs that read nothing newer")
      .option("--dir", options.directory, "DIR", "where NAME.luks and NAME.json lie; made when missing");
}
Outcome run(Session& session, const Create& options) {
  kms::vpc::NewVolume wanted;
  wanted.name = options.name;
  wanted.key = options.key;
  wanted.from = options.from;
  if (!options.size.empty()) {
    const auto size = size_from(options.size);
    if (!size) return usage(fmt::format("not a size: {}", options.size), "such as 64M or 2G");
    wanted.size = *size;
  }
  if (options.format != "luks2" && options.format != "luks1") return usage(fmt::format("not a format: {}", options.format), "luks2 or luks1");
  wanted.version = options.format == "luks1" ? kms::vpc::LuksVersion::one : kms::vpc::LuksVersion::two;
  auto kms = TRY(session.kms());
  kms::vpc::Volumes volumes(kms, options.directory);
  print_line(session, TRY(told(volumes.create(wanted))));
  return hsm::Done{};
}

struct Passphrase {
  std::string name, directory = ".";
  std::int64_t descriptor = 1;
};
void declare(Arguments& arguments, Passphrase& options) {
  arguments.required("NAME", options.name, "of the volume")
      .number("--fd", options.descriptor, "N", "an open descriptor: a pipe, not a file or terminal")
      .option("--dir", options.directory, "DIR", "where NAME.json lies");
}
Outcome run(Session& session, const Passphrase& options) {
  auto kms = TRY(session.kms());
  kms::vpc::Volumes volumes(kms, options.directory);
  const auto opened = TRY(told(volumes.open(Kind::volume, options.name)));
  return give_secret(static_cast<int>(options.descriptor), opened.passphrase, false);
}

}  // namespace

std::vector<Verb> volume_verbs() {
  std::vector<Verb> verbs{
      verb<Create>("volume create", "make an encrypted volume; the KMS draws its passphrase",
                   "  mke2fs -q -t ext4 -d ./files fs.img 64M\n"
                   "  keymantle volume create data-1 --key volumes --from fs.img",
                   declare, run),
      verb<Passphrase>("volume passphrase-fd", "write a volume's passphrase into a pipe",
                       "  keymantle volume passphrase-fd data-1 | cryptsetup open --key-file=- data-1.luks data-1", declare, run),
  };
  add_storage_verbs(verbs, Kind::volume);
  return verbs;
}

}  // namespace cli
