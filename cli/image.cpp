#include <fmt/core.h>

#include "cli/storage.h"
#include "cli/text_file.h"
#include "cli/verb.h"
#include "kms/vpc/volume.h"

namespace cli {
using kms::vpc::Kind;

namespace {

struct Import {
  std::string file, key, wdek_file, name, directory = ".";
};
void declare(Arguments& arguments, Import& options) {
  arguments.required("FILE", options.file, "QCOW2 image with LUKS in it")
      .needed("--key", options.key, "KEY", "root key that wrapped its passphrase")
      .needed("--wdek-file", options.wdek_file, "FILE", "the wrapped passphrase")
      .option("--name", options.name, "NAME", "by default the file's name")
      .option("--dir", options.directory, "DIR", "where NAME.json lies; made when missing");
}
Outcome run(Session& session, const Import& options) {
  kms::vpc::NewImage wanted;
  wanted.name = options.name.empty() ? std::filesystem::path(options.file).stem().string() : options.name;
  wanted.key = options.key;
  wanted.file = options.file;
  wanted.wdek = TRY(read_text_file(options.wdek_file));
  auto kms = TRY(session.kms());
  kms::vpc::Volumes volumes(kms, options.directory);
  print_line(session, TRY(told(volumes.import_image(wanted))));
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> image_verbs() {
  std::vector<Verb> verbs{verb<Import>(
      "image import", "register an image that you encrypted; unwraps once and opens it",
      "  qemu-img create -f qcow2 --object secret,id=s,file=pass -o encrypt.format=luks,encrypt.key-secret=s disk.qcow2 64M\n"
      "  keymantle key wrap volumes --plaintext-file pass | cut -f1 > disk.wdek\n"
      "  keymantle image import disk.qcow2 --key volumes --wdek-file disk.wdek",
      declare, run)};
  add_storage_verbs(verbs, Kind::image);
  return verbs;
}

}  // namespace cli
