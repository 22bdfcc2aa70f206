// Import: what the client sealed to the token's public key is opened inside the token only.

#include "kms/p11/connection.h"
#include "kms/p11/secret_access.h"
#include "kms/p11/wrapping_key.h"

namespace kms::p11 {
namespace {

class Oaep {
 public:
  explicit Oaep(OaepHash hash) {
    parameters_.hashAlg = hash == OaepHash::sha1 ? CKM_SHA_1 : CKM_SHA256;
    parameters_.mgf = hash == OaepHash::sha1 ? CKG_MGF1_SHA1 : CKG_MGF1_SHA256;
    parameters_.source = CKZ_DATA_SPECIFIED;
    mechanism_ = {CKM_RSA_PKCS_OAEP, &parameters_, sizeof parameters_};
  }
  Oaep(const Oaep&) = delete;
  CK_MECHANISM* get() { return &mechanism_; }

 private:
  CK_RSA_PKCS_OAEP_PARAMS parameters_{};
  CK_MECHANISM mechanism_{};
};

Result<CK_OBJECT_HANDLE> open_sealed(const Session& session, const KeyRef& import_key, OaepHash hash, ByteView sealed,
                                     Template& wanted) {
  Oaep oaep(hash);
  const auto handle = TRY(session.find(import_key));
  CK_OBJECT_HANDLE made = 0;
  TRY(verdict(session.call().C_UnwrapKey(session.handle(), oaep.get(), handle, const_cast<CK_BYTE*>(sealed.data()),
                                         sealed.size(), wanted.data(), wanted.size(), &made),
              "unwrap the imported key"));
  return made;
}

/// Modules differ in whether they check an AES key's length when they unwrap it; a key of another length is no key.
Status check_length(const Session& session, CK_OBJECT_HANDLE key) {
  CK_ULONG length = 0;
  CK_ATTRIBUTE wanted{CKA_VALUE_LEN, &length, sizeof length};
  const auto rv = session.call().C_GetAttributeValue(session.handle(), key, &wanted, 1);
  if (rv != CKR_OK || length == 0) return hsm::Done{};  // the module does not say; its cipher will
  if (length == 16 || length == 24 || length == 32) return hsm::Done{};
  return hsm::fail(hsm::Rv::key_size_range, "an AES key has 16, 24 or 32 octets");
}

}  // namespace

Status Token::unwrap_wrapping_key(const KeyRef& import_key, OaepHash hash, ByteView sealed, const ObjectName& name) {
  return connection_->with_session([&](const Session& session) -> Status {
    WrappingKeyTemplate wanted(name);
    TRY(open_sealed(session, import_key, hash, sealed, wanted.all()));
    return hsm::Done{};
  });
}

Result<Token::Opened> Token::open_nonce(const KeyRef& import_key, OaepHash hash, ByteView sealed, NonceCipher cipher,
                                        ByteView iv, ByteView nonce) {
  return connection_->with_session([&](const Session& session) -> Result<Opened> {
    Template wanted;
    wanted.number(CKA_CLASS, CKO_SECRET_KEY)
        .number(CKA_KEY_TYPE, CKK_AES)
        .flag(CKA_TOKEN, false)
        .flag(CKA_PRIVATE, true)
        .flag(CKA_SENSITIVE, true)
        .flag(CKA_EXTRACTABLE, false)
        .flag(CKA_DECRYPT, true)
        .flag(CKA_ENCRYPT, false);
    const auto made = open_sealed(session, import_key, hash, sealed, wanted);
    if (!made) {
      if (Connection::is_loss(made.error().rv)) return made.error();
      return Opened{false, std::nullopt, made.error().rv};
    }
    const Passing passing(session, *made);
    if (const auto length = check_length(session, passing.handle()); !length) {
      return Opened{false, std::nullopt, length.error().rv};
    }
    CK_GCM_PARAMS gcm{};
    gcm.pIv = const_cast<CK_BYTE*>(iv.data());
    gcm.ulIvLen = iv.size();
    gcm.ulIvBits = iv.size() * 8;
    gcm.ulTagBits = 128;
    CK_MECHANISM mechanism{CKM_AES_GCM, &gcm, sizeof gcm};
    if (cipher == NonceCipher::cbc_pad) {
      mechanism = {CKM_AES_CBC_PAD, const_cast<CK_BYTE*>(iv.data()), iv.size()};
    }
    auto rv = session.call().C_DecryptInit(session.handle(), &mechanism, passing.handle());
    if (rv != CKR_OK) return Opened{rv != CKR_KEY_SIZE_RANGE, std::nullopt, static_cast<hsm::Rv>(rv)};
    Bytes plain(nonce.size() + 16);
    CK_ULONG length = plain.size();
    rv = session.call().C_Decrypt(session.handle(), const_cast<CK_BYTE*>(nonce.data()), nonce.size(), plain.data(),
                                  &length);
    if (rv != CKR_OK) return Opened{true, std::nullopt, static_cast<hsm::Rv>(rv)};
    plain.resize(length);
    return Opened{true, std::move(plain), hsm::Rv::ok};
  });
}

}  // namespace kms::p11
