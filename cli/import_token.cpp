#include <fmt/core.h>

#include <fstream>

#include "cli/text_file.h"
#include "cli/verb.h"

namespace cli {
using kms::client::ImportToken;

namespace {

struct Create {
  std::int64_t seconds = 600, retrievals = 1;
};
void declare(Arguments& arguments, Create& options) {
  arguments.number("--expires", options.seconds, "SECONDS", "300 to 86400")
      .number("--retrievals", options.retrievals, "N", "how often it may be fetched, 1 to 500");
}
Outcome run(Session& session, const Create& options) {
  auto kms = TRY(session.kms());
  const auto token = TRY(told(kms.create_import_token(options.seconds, options.retrievals)));
  session.out.record({{"expirationDate", token.expiration_date}, {"remainingRetrievals", token.remaining_retrievals}}, token.json);
  return hsm::Done{};
}

struct Get {
  std::string public_key;
};
void declare(Arguments& arguments, Get& options) {
  arguments.option("--public-key", options.public_key, "FILE", "write the PEM public key here");
}
Outcome run(Session& session, const Get& options) {
  auto kms = TRY(session.kms());
  const auto token = TRY(told(kms.import_token()));
  if (!options.public_key.empty()) {
    const auto pem = hsm::from_base64(token.payload);
    if (!pem) return refused("the KMS sent a public key that is not base64");
    std::ofstream out(options.public_key, std::ios::binary | std::ios::trunc);
    out.write(hsm::text_of(*pem).data(), static_cast<std::streamsize>(pem->size()));
    if (!out.flush()) return unwritable(options.public_key);
  }
  session.out.record({{"nonce", token.nonce}, {"expirationDate", token.expiration_date}, {"remainingRetrievals", token.remaining_retrievals}},
                     token.json);
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> import_token_verbs() {
  return {
      verb<Create>("import-token create", "make a key pair in the HSM that a key can be encrypted to",
                   "  keymantle import-token create --expires 3600 --retrievals 2", declare, run),
      verb<Get>("import-token get", "fetch the public key and the nonce; uses up one retrieval",
                "  NONCE=$(keymantle import-token get --public-key token.pem | cut -f1)\n"
                "  openssl pkeyutl -encrypt -pubin -inkey token.pem -pkeyopt rsa_padding_mode:oaep \\\n"
                "    -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -in key.bin -out key.enc\n"
                "  then encrypt the nonce under the key itself (AES-GCM) and: keymantle key import --help",
                declare, run),
  };
}

}  // namespace cli
