// Import tokens, and key material that comes from outside.

#include "kms/core/parts.h"
#include "kms/core/public_key_pem.h"

namespace kms {
namespace {

constexpr std::size_t kImportKeyBits = 4096;

Result<p11::OaepHash> hash_of(const SealedImport& sealed) {
  if (sealed.algorithm == "RSAES_OAEP_SHA_256") return p11::OaepHash::sha256;
  if (sealed.algorithm == "RSAES_OAEP_SHA_1") return p11::OaepHash::sha1;
  if (sealed.algorithm.empty()) return sealed.iv.size() == 12 ? p11::OaepHash::sha256 : p11::OaepHash::sha1;
  return refuse(Fault::invalid_field, "RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1").in_field("encryptionAlgorithm");
}

bool means_unsupported(hsm::Rv rv) {
  return rv == hsm::Rv::arguments_bad || rv == hsm::Rv::mechanism_invalid || rv == hsm::Rv::mechanism_param_invalid;
}

Error not_unwrapped(hsm::Rv rv) {
  if (means_unsupported(rv)) {
    return refuse(Fault::invalid_field, "this HSM does not take the algorithm").in_field("encryptionAlgorithm");
  }
  return refuse(Fault::invalid_field, "the payload does not open with the import token's key, or is no AES key").in_field("payload");
}

}  // namespace

Status Service::Parts::import_root(const std::string& instance, const Import& import, const p11::ObjectName& name) {
  if (!import.sealed) {
    const auto size = import.material.size();
    if (size != 16 && size != 24 && size != 32) {
      return refuse(Fault::invalid_field, "a root key has 16, 24 or 32 octets").in_field("payload");
    }
    return lift(token.create_wrapping_key(name, import.material));
  }
  const auto& sealed = *import.sealed;
  const auto row = database.import_token(instance);
  if (!row) return refuse(Fault::import_token_not_found, "the instance has no import token");
  if (row->token.expires <= now() || row->object.empty()) return refuse(Fault::import_token_expired, "the import token has expired");
  if (sealed.iv.size() != 12 && sealed.iv.size() != 16) {
    return refuse(Fault::invalid_field, "an iv has 12 octets (GCM) or 16 (CBC)").in_field("iv");
  }
  if (sealed.nonce.empty()) return refuse(Fault::invalid_field, "the encrypted nonce is missing").in_field("encryptedNonce");
  const auto hash = TRY(hash_of(sealed));
  const p11::KeyRef import_key(row->object, p11::KeyRef::Class::private_key);
  // RSA ciphertext is not secret; it came in the place of key material.
  const auto material = SecretAccess::bytes(import.material);
  const auto cipher = sealed.iv.size() == 12 ? p11::NonceCipher::gcm : p11::NonceCipher::cbc_pad;
  const auto opened = TRY(lift(token.open_nonce(import_key, hash, material, cipher, sealed.iv, sealed.nonce)));
  if (!opened.unwrapped) return not_unwrapped(opened.rv);
  if (!opened.nonce) return refuse(Fault::incorrect_nonce_iv, "the nonce cannot be decrypted with this key and iv");
  if (!hsm::equal_in_constant_time(*opened.nonce, row->nonce)) return refuse(Fault::incorrect_nonce, "the nonce is not that of the import token");
  const auto made = token.unwrap_wrapping_key(import_key, hash, material, name);
  if (!made) return not_unwrapped(made.error().rv);
  return Done{};
}

Result<ImportToken> Service::create_import_token(const Call& call, ImportTokenRequest request) {
  auto& p = *parts_;
  return p.perform(Action::create_import_token, call, [&](AuditSubject& subject) -> Result<ImportToken> {
    const Seconds lifetime(request.expiration);
    if (lifetime < p.settings.import_token_min || lifetime > p.settings.import_token_max) {
      return refuse(Fault::invalid_field, "an import token lives 300 to 86400 seconds").in_field("expiration");
    }
    if (request.retrievals < 1 || request.retrievals > 500) {
      return refuse(Fault::invalid_field, "1 to 500 retrievals").in_field("maxAllowedRetrievals");
    }
    db::ImportTokenRow row;
    row.instance = call.instance;
    row.token.id = TRY(random_uuid(p.token));
    row.object = object_id(row.token.id);
    row.nonce = TRY(lift(p.token.random(12)));
    PlannedObject planned(p, row.object);
    row.public_key_pem = public_key_pem(TRY(lift(p.token.generate_import_pair({row.object, "import/" + row.token.id}, kImportKeyBits))));
    row.token.created = p.now();
    row.token.expires = row.token.created + lifetime;
    row.token.expiration = request.expiration;
    row.token.max_retrievals = row.token.remaining_retrievals = request.retrievals;

    auto change = p.database.begin();
    const auto old = change->import_token(call.instance);
    change->put_import_token(row);
    const bool replaces = old && !old->object.empty();
    // The replaced private key is doomed with this commit, whatever happens to this process afterwards.
    if (replaces) change->insert_pending({old->object, p.now() - p.settings.orphan_age});
    subject.response.emplace_back("expirationDate", rfc3339(row.token.expires));
    subject.response.emplace_back("maxAllowedRetrievals", std::to_string(row.token.max_retrievals));
    TRY(p.record(*change, Action::create_import_token, call, subject));
    planned.commit_with(*change);
    change.reset();
    if (replaces && p.token.destroy(old->object)) {
      const auto cleanup = p.database.begin();
      cleanup->remove_pending(old->object);
      cleanup->commit();
    }
    return row.token;
  });
}

Result<ImportTokenWithKey> Service::get_import_token(const Call& call) {
  auto& p = *parts_;
  return p.perform(Action::read_import_token, call, [&](AuditSubject& subject) -> Result<ImportTokenWithKey> {
    const auto change = p.database.begin();
    auto row = change->import_token(call.instance);
    if (!row) return refuse(Fault::import_token_not_found, "the instance has no import token");
    if (row->token.expires <= p.now()) return refuse(Fault::import_token_expired, "the import token has expired");
    if (row->token.remaining_retrievals == 0) return refuse(Fault::import_token_expired, "the import token's retrievals are used up");
    --row->token.remaining_retrievals;
    change->put_import_token(*row);
    subject.response.emplace_back("remainingRetrievals", std::to_string(row->token.remaining_retrievals));
    TRY(p.record(*change, Action::read_import_token, call, subject));
    change->commit();
    return ImportTokenWithKey{row->token, row->public_key_pem, row->nonce};
  });
}

}  // namespace kms
