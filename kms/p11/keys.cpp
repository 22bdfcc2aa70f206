// Token objects: made, read, destroyed.

#include "kms/p11/connection.h"
#include "kms/p11/secret_access.h"
#include "kms/p11/wrapping_key.h"

namespace kms::p11 {
namespace {

void name_into(Template& wanted, const ObjectName& name) {
  wanted.bytes(CKA_ID, name.id).bytes(CKA_LABEL, hsm::view(name.label));
}

void readable_into(Template& wanted, const ObjectName& name) {
  wanted.number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
      .flag(CKA_TOKEN, true)
      .flag(CKA_PRIVATE, true)
      .flag(CKA_SENSITIVE, false)
      .flag(CKA_EXTRACTABLE, true);
  name_into(wanted, name);
}

Status generate(const Session& session, CK_MECHANISM_TYPE type, Template& wanted) {
  CK_MECHANISM mechanism{type, nullptr, 0};
  CK_OBJECT_HANDLE made = 0;
  return verdict(session.call().C_GenerateKey(session.handle(), &mechanism, wanted.data(), wanted.size(), &made),
                 "generate a key");
}

Status create(const Session& session, Template& wanted) {
  CK_OBJECT_HANDLE made = 0;
  return verdict(session.call().C_CreateObject(session.handle(), wanted.data(), wanted.size(), &made),
                 "create a key object");
}

Result<Bytes> attribute(const Session& session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  Bytes value(1024);
  CK_ATTRIBUTE wanted{type, value.data(), value.size()};
  TRY(verdict(session.call().C_GetAttributeValue(session.handle(), object, &wanted, 1), "read an attribute"));
  value.resize(wanted.ulValueLen);
  return value;
}

}  // namespace

Result<std::unique_ptr<Token>> Token::open(Settings settings, Secret pin) {
  return std::unique_ptr<Token>(new Token(TRY(Connection::open(std::move(settings), std::move(pin)))));
}
Token::Token(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Token::~Token() = default;

const Capabilities& Token::offers() const { return connection_->offers(); }

Status Token::ping() {
  return connection_->with_session([&](const Session& session) -> Status {
    CK_SESSION_INFO info{};
    TRY(verdict(session.call().C_GetSessionInfo(session.handle(), &info), "ask for the session"));
    if (info.state != CKS_RW_USER_FUNCTIONS) return hsm::fail(hsm::Rv::user_not_logged_in, "no longer logged in");
    return hsm::Done{};
  });
}

Status Token::generate_wrapping_key(const ObjectName& name) {
  return connection_->with_session([&](const Session& session) -> Status {
    WrappingKeyTemplate wanted(name);
    wanted.all().number(CKA_VALUE_LEN, 32);
    return generate(session, CKM_AES_KEY_GEN, wanted.all());
  });
}

Status Token::create_wrapping_key(const ObjectName& name, const Secret& material) {
  return connection_->with_session([&](const Session& session) -> Status {
    WrappingKeyTemplate wanted(name);
    wanted.all().bytes(CKA_VALUE, SecretAccess::bytes(material));
    return create(session, wanted.all());
  });
}

Status Token::generate_mac_key(const ObjectName& name) {
  return connection_->with_session([&](const Session& session) -> Status {
    Template wanted;
    wanted.number(CKA_CLASS, CKO_SECRET_KEY)
        .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
        .number(CKA_VALUE_LEN, 32)
        .flag(CKA_TOKEN, true)
        .flag(CKA_PRIVATE, true)
        .flag(CKA_SENSITIVE, true)
        .flag(CKA_EXTRACTABLE, false)
        .flag(CKA_SIGN, true)
        .flag(CKA_VERIFY, true);
    name_into(wanted, name);
    return generate(session, CKM_GENERIC_SECRET_KEY_GEN, wanted);
  });
}

Status Token::generate_readable(const ObjectName& name, std::size_t size) {
  return connection_->with_session([&](const Session& session) -> Status {
    Template wanted;
    readable_into(wanted, name);
    wanted.number(CKA_VALUE_LEN, size);
    return generate(session, CKM_GENERIC_SECRET_KEY_GEN, wanted);
  });
}

Status Token::create_readable(const ObjectName& name, const Secret& material) {
  return connection_->with_session([&](const Session& session) -> Status {
    Template wanted;
    readable_into(wanted, name);
    wanted.bytes(CKA_VALUE, SecretAccess::bytes(material));
    return create(session, wanted);
  });
}

Result<Secret> Token::read(const KeyRef& key) {
  return connection_->with_session([&](const Session& session) -> Result<Secret> {
    const auto handle = TRY(session.find(key));
    CK_ATTRIBUTE wanted{CKA_VALUE, nullptr, 0};
    TRY(verdict(session.call().C_GetAttributeValue(session.handle(), handle, &wanted, 1), "read a key's value"));
    Secret value(wanted.ulValueLen);
    wanted.pValue = SecretAccess::room(value).data();
    TRY(verdict(session.call().C_GetAttributeValue(session.handle(), handle, &wanted, 1), "read a key's value"));
    return value;
  });
}

Result<bool> Token::exists(const KeyRef& key) {
  return connection_->with_session([&](const Session& session) -> Result<bool> {
    Connection::forget(key);
    const auto handle = session.find(key);
    if (handle) return true;
    if (handle.error().rv == hsm::Rv::key_handle_invalid) return false;
    return handle.error();
  });
}

Status Token::destroy(const Bytes& id) {
  return connection_->with_session([&](const Session& session) -> Status {
    for (const auto handle : TRY(session.find_all(id))) {
      const auto rv = session.call().C_DestroyObject(session.handle(), handle);
      if (rv != CKR_OBJECT_HANDLE_INVALID) TRY(verdict(rv, "destroy a key object"));
    }
    return hsm::Done{};
  });
}

Result<PublicKey> Token::generate_import_pair(const ObjectName& name, std::size_t bits) {
  return connection_->with_session([&](const Session& session) -> Result<PublicKey> {
    static constexpr std::array<std::uint8_t, 3> kExponent = {1, 0, 1};
    Template open_half;
    open_half.flag(CKA_TOKEN, false)
        .flag(CKA_PRIVATE, false)
        .flag(CKA_WRAP, true)
        .flag(CKA_ENCRYPT, false)
        .flag(CKA_VERIFY, false)
        .number(CKA_MODULUS_BITS, bits)
        .bytes(CKA_PUBLIC_EXPONENT, kExponent);
    Template private_half;
    private_half.flag(CKA_TOKEN, true)
        .flag(CKA_PRIVATE, true)
        .flag(CKA_SENSITIVE, true)
        .flag(CKA_EXTRACTABLE, false)
        .flag(CKA_DECRYPT, false)
        .flag(CKA_SIGN, false)
        .flag(CKA_UNWRAP, true);
    name_into(private_half, name);
    CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE private_key = 0;
    TRY(verdict(session.call().C_GenerateKeyPair(session.handle(), &mechanism, open_half.data(), open_half.size(),
                                                 private_half.data(), private_half.size(), &public_key, &private_key),
                "generate the import key pair"));
    const Passing passing(session, public_key);
    auto modulus = TRY(attribute(session, public_key, CKA_MODULUS));
    auto exponent = TRY(attribute(session, public_key, CKA_PUBLIC_EXPONENT));
    return PublicKey{std::move(modulus), std::move(exponent)};
  });
}

}  // namespace kms::p11
