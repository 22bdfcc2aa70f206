// Data keys pass through the token as session objects: in by C_CreateObject, C_GenerateKey or C_UnwrapKey, out by
// C_WrapKey or, when the caller asked for the plaintext, by CKA_VALUE.

#include "kms/p11/connection.h"
#include "kms/p11/secret_access.h"
#include "kms/p11/template.h"

namespace kms::p11 {
namespace {

/// The C form of a WrapMechanism; the parameters live as long as this object.
class Mechanism {
 public:
  explicit Mechanism(const WrapMechanism& mechanism) {
    if (const auto* gcm = std::get_if<Gcm>(&mechanism)) {
      parameters_.pIv = const_cast<CK_BYTE*>(gcm->iv.data());
      parameters_.ulIvLen = gcm->iv.size();
      parameters_.ulIvBits = gcm->iv.size() * 8;
      parameters_.pAAD = const_cast<CK_BYTE*>(gcm->aad.data());
      parameters_.ulAADLen = gcm->aad.size();
      parameters_.ulTagBits = 128;
      mechanism_ = {CKM_AES_GCM, &parameters_, sizeof parameters_};
    } else {
      mechanism_ = {CKM_AES_KEY_WRAP_PAD, nullptr, 0};
    }
  }
  Mechanism(const Mechanism&) = delete;
  CK_MECHANISM* get() { return &mechanism_; }

 private:
  CK_GCM_PARAMS parameters_{};
  CK_MECHANISM mechanism_{};
};

/// Readable: what a root key unwraps is what its holder may read. A re-wrap does not read it.
void data_key_into(Template& wanted) {
  wanted.number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
      .flag(CKA_TOKEN, false)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, false)
      .flag(CKA_EXTRACTABLE, true);
}

/// Looks the key up and calls; a stale handle (the object was made anew behind our back) is looked up once more.
template <class Call>
CK_RV with_key(const Session& session, const KeyRef& key, Call&& call) {
  for (int attempt = 0;; ++attempt) {
    const auto handle = session.find(key);
    if (!handle) return static_cast<CK_RV>(handle.error().rv);
    const CK_RV rv = call(*handle);
    const bool stale = rv == CKR_KEY_HANDLE_INVALID || rv == CKR_WRAPPING_KEY_HANDLE_INVALID ||
                       rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID;
    if (!stale || attempt == 1) return rv;
    Connection::forget(key);
  }
}

Result<Bytes> wrap_object(const Session& session, const KeyRef& key, const WrapMechanism& mechanism,
                          CK_OBJECT_HANDLE data, std::size_t room) {
  Mechanism parameters(mechanism);
  Bytes wrapped(room);
  CK_ULONG length = 0;
  TRY(verdict(with_key(session, key,
                       [&](CK_OBJECT_HANDLE handle) {
                         length = wrapped.size();
                         return session.call().C_WrapKey(session.handle(), parameters.get(), handle, data,
                                                         wrapped.data(), &length);
                       }),
              "wrap a data key"));
  wrapped.resize(length);
  return wrapped;
}

Result<CK_OBJECT_HANDLE> unwrap_object(const Session& session, const KeyRef& key, const WrapMechanism& mechanism,
                                       ByteView wrapped) {
  Mechanism parameters(mechanism);
  Template wanted;
  data_key_into(wanted);
  CK_OBJECT_HANDLE made = 0;
  TRY(verdict(with_key(session, key,
                       [&](CK_OBJECT_HANDLE handle) {
                         return session.call().C_UnwrapKey(session.handle(), parameters.get(), handle,
                                                           const_cast<CK_BYTE*>(wrapped.data()), wrapped.size(),
                                                           wanted.data(), wanted.size(), &made);
                       }),
              "unwrap a data key"));
  return made;
}

Result<Secret> value_of(const Session& session, CK_OBJECT_HANDLE object, std::size_t at_most) {
  Secret value(at_most);
  CK_ATTRIBUTE wanted{CKA_VALUE, SecretAccess::room(value).data(), at_most};
  TRY(verdict(session.call().C_GetAttributeValue(session.handle(), object, &wanted, 1), "read a data key"));
  value.shrink(wanted.ulValueLen);
  return value;
}

// Both mechanisms add at most 16 octets: GCM's tag, or RFC 5649's header and padding.
std::size_t wrapped_room(std::size_t size) { return size + 32; }

}  // namespace

Result<Bytes> Token::wrap(const KeyRef& key, const WrapMechanism& mechanism, const Secret& data) {
  return connection_->with_session([&](const Session& session) -> Result<Bytes> {
    Template wanted;
    data_key_into(wanted);
    wanted.bytes(CKA_VALUE, SecretAccess::bytes(data));
    CK_OBJECT_HANDLE made = 0;
    TRY(verdict(session.call().C_CreateObject(session.handle(), wanted.data(), wanted.size(), &made),
                "take in a data key"));
    const Passing passing(session, made);
    return wrap_object(session, key, mechanism, made, wrapped_room(data.size()));
  });
}

Result<Token::Drawn> Token::wrap_new(const KeyRef& key, const WrapMechanism& mechanism, std::size_t size) {
  return connection_->with_session([&](const Session& session) -> Result<Drawn> {
    Template wanted;
    data_key_into(wanted);
    wanted.number(CKA_VALUE_LEN, size);
    CK_MECHANISM generator{CKM_GENERIC_SECRET_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE made = 0;
    TRY(verdict(session.call().C_GenerateKey(session.handle(), &generator, wanted.data(), wanted.size(), &made),
                "draw a data key"));
    const Passing passing(session, made);
    auto wrapped = TRY(wrap_object(session, key, mechanism, made, wrapped_room(size)));
    return Drawn{TRY(value_of(session, made, size)), std::move(wrapped)};
  });
}

Result<Secret> Token::unwrap(const KeyRef& key, const WrapMechanism& mechanism, ByteView wrapped) {
  return connection_->with_session([&](const Session& session) -> Result<Secret> {
    const Passing passing(session, TRY(unwrap_object(session, key, mechanism, wrapped)));
    return value_of(session, passing.handle(), wrapped.size());
  });
}

Result<Bytes> Token::rewrap(const KeyRef& from, const WrapMechanism& mechanism, ByteView wrapped, const KeyRef& to,
                            const WrapMechanism& new_mechanism) {
  return connection_->with_session([&](const Session& session) -> Result<Bytes> {
    const Passing passing(session, TRY(unwrap_object(session, from, mechanism, wrapped)));
    return wrap_object(session, to, new_mechanism, passing.handle(), wrapped_room(wrapped.size()));
  });
}

Status Token::check(const KeyRef& key, const WrapMechanism& mechanism, ByteView wrapped) {
  return connection_->with_session([&](const Session& session) -> Status {
    const Passing passing(session, TRY(unwrap_object(session, key, mechanism, wrapped)));
    return hsm::Done{};
  });
}

}  // namespace kms::p11
