#include <fmt/core.h>

#include "cli/secret_input.h"
#include "cli/verb.h"
#include "kms/client/base64.h"

namespace cli {
using kms::client::Key;

namespace {

Fields line_of(const Key& key) {
  return {{"id", key.id},
          {"state", std::string(name_of(key.state))},
          {"kind", std::string(key.extractable ? "standard" : "root")},
          {"name", key.name}};
}

struct Create {
  std::string name, description;
  std::vector<std::string> aliases;
  bool standard = false;
};
void declare(Arguments& arguments, Create& options) {
  arguments.required("NAME", options.name, "2 to 90 characters")
      .option("--description", options.description, "TEXT", "what it is for")
      .list("--alias", options.aliases, "ALIAS", "another name for it; up to five")
      .flag("--standard", options.standard, "a stored secret instead of a root key");
}
Outcome run(Session& session, const Create& options) {
  auto kms = TRY(session.kms());
  kms::client::NewKey wanted;
  wanted.name = options.name;
  wanted.description = options.description;
  wanted.aliases = options.aliases;
  wanted.extractable = options.standard;
  const auto key = TRY(told(kms.create_key(wanted)));
  session.out.record(line_of(key), key.json);
  return hsm::Done{};
}

struct Import {
  std::string name, description, material, encrypted, nonce, iv;
  std::string algorithm = "RSAES_OAEP_SHA_256";
  std::vector<std::string> aliases;
  bool standard = false;
};
void declare(Arguments& arguments, Import& options) {
  arguments.required("NAME", options.name, "2 to 90 characters")
      .option("--material-file", options.material, "FILE", "raw key bytes (16, 24 or 32), also /dev/fd/N")
      .option("--encrypted-file", options.encrypted, "FILE", "key bytes encrypted to the import token, raw")
      .option("--encrypted-nonce", options.nonce, "BASE64", "the token's nonce, encrypted under the new key")
      .option("--iv", options.iv, "BASE64", "IV of that encryption")
      .option("--algorithm", options.algorithm, "NAME", "RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1")
      .option("--description", options.description, "TEXT", "what it is for")
      .list("--alias", options.aliases, "ALIAS", "another name for it; up to five")
      .flag("--standard", options.standard, "a stored secret instead of a root key");
}
Outcome run(Session& session, const Import& options) {
  if (options.material.empty() == options.encrypted.empty()) {
    return usage("name one file with the key", "--encrypted-file FILE (with an import token) or --material-file FILE");
  }
  if (!options.encrypted.empty() && (options.nonce.empty() || options.iv.empty())) {
    return usage("an encrypted key needs --encrypted-nonce and --iv", "see keymantle import-token get --help");
  }
  const auto material = TRY(read_secret_file(options.material.empty() ? options.encrypted : options.material,
                                             hsm::Secret::Ends::at_eof));
  auto kms = TRY(session.kms());
  kms::client::NewKey wanted;
  wanted.name = options.name;
  wanted.description = options.description;
  wanted.aliases = options.aliases;
  wanted.extractable = options.standard;
  wanted.payload = kms::client::to_base64(material);
  wanted.encrypted_nonce = options.nonce;
  wanted.iv = options.iv;
  wanted.encryption_algorithm = options.algorithm;
  const auto key = TRY(told(kms.create_key(wanted)));
  session.out.record(line_of(key), key.json);
  return hsm::Done{};
}

struct List {
  bool all = false;
};
void declare(Arguments& arguments, List& options) { arguments.flag("--all", options.all, "deleted keys too"); }
Outcome run(Session& session, const List& options) {
  auto kms = TRY(session.kms());
  for (const auto& key : TRY(told(kms.list_keys(options.all)))) session.out.record(line_of(key), key.json);
  return hsm::Done{};
}

struct Show {
  std::string key;
};
void declare(Arguments& arguments, Show& options) { arguments.required("KEY", options.key, "id or alias"); }
Outcome run(Session& session, const Show& options) {
  auto kms = TRY(session.kms());
  const auto key = TRY(told(kms.key(options.key)));
  Fields fields = line_of(key);
  fields.insert(fields.end(), {{"crn", key.crn}, {"imported", key.imported}, {"created", key.creation_date}});
  if (!key.version.id.empty()) fields.push_back({"version", key.version.id});
  if (!key.last_rotate_date.empty()) fields.push_back({"rotated", key.last_rotate_date});
  if (!key.description.empty()) fields.push_back({"description", key.description});
  session.out.details(fields, key.json);
  return hsm::Done{};
}

struct Versions {
  std::string key;
};
void declare(Arguments& arguments, Versions& options) { arguments.required("KEY", options.key, "id or alias"); }
Outcome run(Session& session, const Versions& options) {
  auto kms = TRY(session.kms());
  for (const auto& version : TRY(told(kms.versions(options.key)))) {
    session.out.record({{"id", version.id}, {"creationDate", version.creation_date}});
  }
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> key_verbs() {
  return {
      verb<Create>("key create", "make a root key in the HSM",
                   "  keymantle key create vol-root --alias volumes\n"
                   "  prints: ID, state, kind, name; with --json the record of the API",
                   declare, run),
      verb<Import>("key import", "bring a key made elsewhere into the HSM",
                   "  keymantle key import bank-root --encrypted-file key.enc --encrypted-nonce \"$NONCE\" --iv \"$IV\"\n"
                   "  keymantle key import test-root --material-file /dev/fd/3 3< <(head -c 32 /dev/urandom)",
                   declare, run),
      verb<List>("key list", "list the keys", "  keymantle key list --json | jq -r .id", declare, run),
      verb<Show>("key show", "show one key", "  keymantle key show volumes", declare, run),
      verb<Versions>("key versions", "list a key's versions, newest first", "  keymantle key versions volumes", declare, run),
  };
}

}  // namespace cli
