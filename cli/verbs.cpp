#include <map>

#include "cli/verb.h"

namespace cli {

std::vector<Verb> verbs() {
  std::vector<Verb> all;
  for (auto* group : {dev_verbs, key_verbs, key_state_verbs, data_key_verbs, registration_verbs, import_token_verbs, volume_verbs,
                      image_verbs, audit_verbs, token_verbs, import_softhsm_verbs, hsm_verbs, ceremony_verbs, completion_verbs}) {
    auto rows = group();
    all.insert(all.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  }
  return all;
}

std::string summary_of_noun(const std::string& noun) {
  static const std::map<std::string, std::string> kSummaries{
      {"key", "keys of the KMS: root keys wrap data keys, standard keys are stored secrets"},
      {"import-token", "bring your own key: the token it is encrypted to"},
      {"volume", "LUKS volumes whose passphrase the KMS wraps"},
      {"image", "encrypted QCOW2 images of your own"},
      {"audit", "audit logs: the KMS's is fetched, that of either is verified"},
      {"token", "PKCS#11 tokens of the HSM: list, make, set PINs"},
      {"hsm", "the HSM unit: its state and its audit log"},
      {"ceremony", "make a master key and its shares"},
      {"share", "share files of a master key"},
  };
  const auto found = kSummaries.find(noun);
  return found == kSummaries.end() ? std::string() : found->second;
}

Failure failure_from(const kms::client::Error& error) {
  const auto exit = error.kind == kms::client::Kind::unreachable ? Exit::unreachable : Exit::refused;
  auto message = error.message;
  if (!error.code.empty() && message.find(error.code) == std::string::npos &&
      (error.kind == kms::client::Kind::refused)) {
    message += " (" + error.code + ")";
  }
  return {exit, std::move(message), error.hint};
}

Failure failure_from(const hsm::Error& error) {
  return {error.rv == hsm::Rv::device_removed ? Exit::unreachable : Exit::refused, error.text(), {}};
}

}  // namespace cli
