#include "cli/storage.h"

#include <fmt/core.h>

#include "cli/secret_input.h"
#include "kms/vpc/child.h"
#include "kms/vpc/passphrase_file.h"
#include "kms/vpc/volume.h"

namespace cli {
using kms::vpc::Kind;
using kms::vpc::Record;

namespace {

struct Named {
  std::string name, directory = ".";
  bool yes = false;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
  return text;
}

Outcome open_storage(Session& session, Kind kind, const Named& options) {
  auto kms = TRY(session.kms());
  kms::vpc::Volumes volumes(kms, options.directory);
  const auto opened = TRY(told(volumes.open(kind, options.name)));
  if (opened.rewrapped) session.out.say("the key was rotated: the new WDEK is kept");
  if (session.exec.empty()) {
    session.out.record({{"name", opened.record.name}, {"state", std::string("opens")}, {"version", opened.record.key_version}});
    return hsm::Done{};
  }
  const auto passphrase = TRY(told(kms::vpc::PassphraseFile::make(opened.passphrase)));
  kms::vpc::Command command;
  for (const auto& word : session.exec) {
    command.arguments.push_back(
        replaced(replaced(word, "{passphrase}", kms::vpc::kPassphrasePath), "{file}", opened.record.file.string()));
  }
  command.passphrase = &passphrase;
  command.environment = {{"KEYMANTLE_PASSPHRASE_FILE", std::string(kms::vpc::kPassphrasePath)},
                         {"KEYMANTLE_FILE", opened.record.file.string()}};
  const auto ended = TRY(told(kms::vpc::run(command)));
  if (ended.exit_code != 0) return Failure{.passed_on = ended.exit_code};
  return hsm::Done{};
}

Outcome show_storage(Session& session, Kind kind, const Named& options) {
  const auto record = TRY(told(kms::vpc::Records(options.directory).read(kind, options.name)));
  session.out.details({{"name", record.name},
                       {"crn", record.crn},
                       {"encryption", std::string("user_managed")},
                       {"key", record.key_id},
                       {"version", record.key_version},
                       {"file", record.file.string()},
                       {"format", record.format},
                       {"size", static_cast<std::int64_t>(record.size)},
                       {"created", record.created}},
                      kms::vpc::to_json(record));
  return hsm::Done{};
}

Outcome delete_storage(Session& session, Kind kind, const Named& options) {
  const auto record = TRY(told(kms::vpc::Records(options.directory).read(kind, options.name)));
  if (kind == Kind::volume) TRY(confirm_loss(fmt::format("the data of {} will be lost", record.file.string()), record.name, options.yes));
  auto kms = TRY(session.kms());
  TRY(told(kms::vpc::Volumes(kms, options.directory).remove(kind, options.name)));
  session.out.record({{"name", record.name}, {"state", std::string("deleted")}});
  return hsm::Done{};
}

Outcome list_storage(Session& session, Kind kind, const Named& options) {
  for (const auto& record : TRY(told(kms::vpc::Records(options.directory).list(kind)))) print_line(session, record);
  return hsm::Done{};
}

Verb row(Kind kind, std::string_view act, std::string summary, std::string example,
         Outcome (*run)(Session&, Kind, const Named&), bool named, bool asks) {
  auto options = std::make_shared<Named>();
  Verb verb;
  verb.path = fmt::format("{} {}", name_of(kind), act);
  verb.summary = std::move(summary);
  verb.example = std::move(example);
  verb.declare = [options, named, asks](Arguments& arguments) {
    if (named) arguments.required("NAME", options->name, "as list shows it");
    if (asks) arguments.flag("--yes", options->yes, "do not ask");
    arguments.option("--dir", options->directory, "DIR", "where NAME.json lies");
  };
  verb.run = [options, kind, run](Session& session) { return run(session, kind, *options); };
  return verb;
}

}  // namespace

void print_line(Session& session, const Record& record) {
  session.out.record({{"name", record.name},
                      {"format", record.format},
                      {"size", static_cast<std::int64_t>(record.size)},
                      {"key", record.key_id},
                      {"version", record.key_version},
                      {"file", record.file.string()}},
                     kms::vpc::to_json(record));
}

void add_storage_verbs(std::vector<Verb>& verbs, Kind kind) {
  const bool volume = kind == Kind::volume;
  auto open = row(kind, "open", fmt::format("unwrap the passphrase of one {} for a program", name_of(kind)),
                  volume ? "  keymantle volume open data-1 --exec cryptsetup open --test-passphrase --key-file {passphrase} {file}\n"
                           "  {passphrase} is /dev/fd/3, {file} the container; without --exec it is only tried"
                         : "  keymantle image open disk --exec qemu-img convert -O raw --object secret,id=s,file={passphrase} \\\n"
                           "    --image-opts driver=qcow2,encrypt.key-secret=s,file.filename={file} disk.raw",
                  open_storage, true, false);
  open.takes_exec = true;
  verbs.push_back(std::move(open));
  verbs.push_back(row(kind, "list", fmt::format("list the {}s of a directory", name_of(kind)),
                      fmt::format("  keymantle {} list --dir DIR", name_of(kind)), list_storage, false, false));
  verbs.push_back(row(kind, "show", fmt::format("show one {}", name_of(kind)),
                      fmt::format("  keymantle {} show data-1", name_of(kind)), show_storage, true, false));
  verbs.push_back(row(kind, "delete", volume ? "unregister a volume and delete its file" : "unregister an image; its file stays",
                      fmt::format("  keymantle {} delete data-1", name_of(kind)), delete_storage, true, volume));
}

}  // namespace cli
