#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "pkcs11/cryptoki.h"

// For test/clients/import_softhsm: objects of every kind that SoftHSM2 keeps, with every flag, of which some share label and id.
//
//   softhsm_objects make MODULE LABEL PIN SECRETS   makes them; writes into SECRETS, in hexadecimal, what must not be seen in clear
//   softhsm_objects compare OLD LABEL PIN NEW LABEL PIN
//                                                   each object of the old token has one in the new that is the same but for its history

namespace {

using Octets = std::string;
using Attributes = std::vector<std::pair<CK_ATTRIBUTE_TYPE, Octets>>;

Octets number(CK_ULONG value) { return Octets(reinterpret_cast<const char*>(&value), sizeof value); }
const Octets kYes(1, '\1'), kNo(1, '\0');
Octets random_octets(std::size_t size);

void must(CK_RV rv, const std::string& what) {
  char code[32];
  std::snprintf(code, sizeof code, " gave 0x%lx", rv);
  if (rv != CKR_OK) throw std::runtime_error(what + code);
}

std::string hex(const Octets& octets) {
  std::string text;
  char digits[3];
  for (const char c : octets) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += digits;
  }
  return text;
}

class Token {
 public:
  Token(const std::string& module, const std::string& label, std::string pin) {
    void* library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    CK_C_GetFunctionList get = nullptr;
    *reinterpret_cast<void**>(&get) = ::dlsym(library, "C_GetFunctionList");
    must(get(&p11), "C_GetFunctionList");
    must(p11->C_Initialize(nullptr), "C_Initialize");
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    must(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; ++i) {
      CK_TOKEN_INFO info{};
      if (p11->C_GetTokenInfo(slots[i], &info) != CKR_OK || std::memcmp(info.label, (label + " ").data(), label.size() + 1) != 0) continue;
      must(p11->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
      must(p11->C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()), "C_Login");
    }
    if (session == 0) throw std::runtime_error("no token " + label);
  }
  ~Token() { p11->C_Finalize(nullptr); }
  Token(const Token&) = delete;

  static std::vector<CK_ATTRIBUTE> raw(Attributes& attributes) {
    std::vector<CK_ATTRIBUTE> made;
    for (auto& [type, value] : attributes) made.push_back({type, value.data(), value.size()});
    return made;
  }
  CK_OBJECT_HANDLE create(Attributes attributes) const {
    auto given = raw(attributes);
    CK_OBJECT_HANDLE made = 0;
    must(p11->C_CreateObject(session, given.data(), given.size(), &made), "C_CreateObject of " + attributes.at(0).second);
    return made;
  }
  std::optional<Octets> read(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    Octets room(4096, '\0');
    CK_ATTRIBUTE wanted{type, room.data(), room.size()};
    if (p11->C_GetAttributeValue(session, object, &wanted, 1) != CKR_OK || wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION) return {};
    room.resize(wanted.ulValueLen);
    return room;
  }
  std::vector<CK_OBJECT_HANDLE> all() const {
    must(p11->C_FindObjectsInit(session, nullptr, 0), "C_FindObjectsInit");
    std::vector<CK_OBJECT_HANDLE> found(256);
    CK_ULONG count = 0;
    must(p11->C_FindObjects(session, found.data(), found.size(), &count), "C_FindObjects");
    p11->C_FindObjectsFinal(session);
    found.resize(count);
    return found;
  }

  CK_FUNCTION_LIST* p11 = nullptr;
  CK_SESSION_HANDLE session = 0;
};

Octets random_octets(std::size_t size) {
  Octets made;
  std::ifstream("/dev/urandom", std::ios::binary).read((made.resize(size), made.data()), static_cast<std::streamsize>(size));
  return made;
}

Attributes dsa_domain() {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  std::size_t bits = 2048, q_bits = 224;
  const OSSL_PARAM sizes[]{OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_FFC_PBITS, &bits), OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_FFC_QBITS, &q_bits),
                           OSSL_PARAM_construct_end()};
  if (EVP_PKEY_paramgen_init(context.get()) <= 0 || EVP_PKEY_CTX_set_params(context.get(), sizes) <= 0 || EVP_PKEY_generate(context.get(), &made) <= 0)
    throw std::runtime_error("no DSA domain");
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> domain(made, &EVP_PKEY_free);
  Attributes all;
  for (const auto& [type, name] : {std::pair{CKA_PRIME, OSSL_PKEY_PARAM_FFC_P}, std::pair{CKA_SUBPRIME, OSSL_PKEY_PARAM_FFC_Q},
                                   std::pair{CKA_BASE, OSSL_PKEY_PARAM_FFC_G}}) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(domain.get(), name, &value);
    Octets octets(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(octets.data()));
    BN_free(value);
    all.emplace_back(type, octets);
  }
  return all;
}
Attributes dh_domain() {
  BIGNUM* prime = BN_get_rfc3526_prime_2048(nullptr);
  Octets octets(static_cast<std::size_t>(BN_num_bytes(prime)), '\0');
  BN_bn2bin(prime, reinterpret_cast<unsigned char*>(octets.data()));
  BN_free(prime);
  return {{CKA_PRIME, octets}, {CKA_BASE, Octets(1, '\2')}};
}

/// Makes objects and keeps what is secret of them.
class Maker {
 public:
  Maker(const Token& token, const std::string& secrets) : token_(token), secrets_(secrets) {}

  void secret_key(const std::string& label, CK_KEY_TYPE type, const Octets& value, const Attributes& flags) {
    keep(value);
    Attributes all{{CKA_LABEL, label}, {CKA_CLASS, number(CKO_SECRET_KEY)}, {CKA_KEY_TYPE, number(type)}, {CKA_TOKEN, kYes},
                   {CKA_PRIVATE, kYes}, {CKA_SENSITIVE, kYes}, {CKA_ID, "\x21"}, {CKA_VALUE, value}};
    add(all, flags);
    if (type != CKK_GENERIC_SECRET) add(all, {{CKA_WRAP, kNo}, {CKA_UNWRAP, kNo}});
    token_.create(all);
  }

  /// A pair of SoftHSM2's making, whose private half is written down and made again as a sensitive key.
  void pair(const std::string& label, CK_MECHANISM_TYPE mechanism, const Attributes& domain, const std::vector<CK_ATTRIBUTE_TYPE>& secrets,
            CK_ATTRIBUTE_TYPE open_use, CK_ATTRIBUTE_TYPE secret_use, const Attributes& flags) {
    Attributes open{{CKA_LABEL, label}, {CKA_ID, "\x31"}, {CKA_TOKEN, kYes}, {CKA_PRIVATE, kNo}, {CKA_WRAP, kNo}, {CKA_ENCRYPT, kNo},
                    {CKA_VERIFY, kNo}};
    std::erase_if(open, [&](const auto& item) { return item.first == open_use; });
    if (open_use != 0) open.emplace_back(open_use, kYes);
    add(open, domain);
    Attributes session_key{{CKA_LABEL, label}, {CKA_TOKEN, kNo}, {CKA_SENSITIVE, kNo}, {CKA_EXTRACTABLE, kYes}};
    auto open_raw = Token::raw(open), secret_raw = Token::raw(session_key);
    CK_MECHANISM made_by{mechanism, nullptr, 0};
    CK_OBJECT_HANDLE open_key = 0, secret_key = 0;
    must(token_.p11->C_GenerateKeyPair(token_.session, &made_by, open_raw.data(), open_raw.size(), secret_raw.data(), secret_raw.size(), &open_key,
                                       &secret_key),
         "C_GenerateKeyPair of " + label);
    Attributes all{{CKA_LABEL, label}, {CKA_CLASS, number(CKO_PRIVATE_KEY)}, {CKA_KEY_TYPE, *token_.read(secret_key, CKA_KEY_TYPE)},
                   {CKA_ID, "\x31"}, {CKA_TOKEN, kYes}, {CKA_PRIVATE, kYes}, {CKA_SENSITIVE, kYes}, {CKA_DECRYPT, kNo}, {CKA_UNWRAP, kNo},
                   {CKA_SIGN, kNo}, {CKA_SIGN_RECOVER, kNo}};
    std::erase_if(all, [&](const auto& item) { return item.first == secret_use; });
    all.emplace_back(secret_use, kYes);
    for (const auto type : {CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_PRIME, CKA_SUBPRIME, CKA_BASE})
      if (const auto value = token_.read(secret_key, type); value && std::ranges::find(secrets, type) == secrets.end()) all.emplace_back(type, *value);
    for (const auto type : secrets) {
      all.emplace_back(type, token_.read(secret_key, type).value());
      keep(all.back().second);
    }
    add(all, flags);
    token_.create(all);
    must(token_.p11->C_DestroyObject(token_.session, secret_key), "C_DestroyObject");
  }

  void plain(const Attributes& attributes) { token_.create(attributes); }
  void keep(const Octets& secret) { secrets_ << hex(secret) << '\n'; }

 private:
  static void add(Attributes& to, const Attributes& more) { to.insert(to.end(), more.begin(), more.end()); }

  const Token& token_;
  std::ofstream secrets_;
};

const Octets kP256("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10), kEd25519("\x06\x03\x2b\x65\x70", 5), kX25519("\x06\x03\x2b\x65\x6e", 5),
    kX448("\x06\x03\x2b\x65\x6f", 5);

void make(const Token& token, const std::string& secrets) {
  Maker maker(token, secrets);
  Octets allowed = number(CKM_AES_CBC) + number(CKM_AES_GCM);
  maker.secret_key("aes", CKK_AES, random_octets(32), {{CKA_ENCRYPT, kYes}, {CKA_DECRYPT, kYes}, {CKA_EXTRACTABLE, kNo}, {CKA_ALLOWED_MECHANISMS, allowed},
                                                       {CKA_COPYABLE, kNo}, {CKA_START_DATE, "20200101"}, {CKA_END_DATE, "20991231"}});
  // The same label, id and flags; only the values differ.
  for (int i = 0; i < 2; ++i) maker.secret_key("twin", CKK_AES, random_octets(16), {{CKA_ENCRYPT, kYes}, {CKA_DECRYPT, kYes}, {CKA_EXTRACTABLE, kNo}});
  maker.secret_key("mac", CKK_GENERIC_SECRET, random_octets(40),
                   {{CKA_SIGN, kYes}, {CKA_VERIFY, kYes}, {CKA_ENCRYPT, kNo}, {CKA_DECRYPT, kNo}, {CKA_WRAP, kNo}, {CKA_UNWRAP, kNo}, {CKA_EXTRACTABLE, kNo}, {CKA_MODIFIABLE, kNo}});
  // Of any parity, as SoftHSM2 takes it.
  maker.secret_key("des3", CKK_DES3, random_octets(24), {{CKA_ENCRYPT, kNo}, {CKA_DECRYPT, kYes}, {CKA_EXTRACTABLE, kYes}, {CKA_WRAP_WITH_TRUSTED, kYes}});
  {
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_KEY_TYPE aes = CKK_AES;
    CK_ATTRIBUTE wrap[]{{CKA_KEY_TYPE, &aes, sizeof aes}, {CKA_EXTRACTABLE, &yes, 1}};
    CK_ATTRIBUTE unwrap[]{{CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_LABEL, const_cast<char*>("came"), 4}};
    auto value = random_octets(32);
    Attributes kek{{CKA_LABEL, "kek"}, {CKA_CLASS, number(CKO_SECRET_KEY)}, {CKA_KEY_TYPE, number(CKK_AES)}, {CKA_TOKEN, kYes}, {CKA_PRIVATE, kYes},
                   {CKA_SENSITIVE, kYes}, {CKA_ID, "\x22"}, {CKA_VALUE, value}, {CKA_WRAP, kYes}, {CKA_UNWRAP, kYes}, {CKA_ENCRYPT, kNo},
                   {CKA_DECRYPT, kNo}, {CKA_EXTRACTABLE, kNo},
                   {CKA_WRAP_TEMPLATE, Octets(reinterpret_cast<const char*>(wrap), sizeof wrap)},
                   {CKA_UNWRAP_TEMPLATE, Octets(reinterpret_cast<const char*>(unwrap), sizeof unwrap)}};
    maker.plain(kek);
    maker.keep(value);
  }
  maker.pair("rsa", CKM_RSA_PKCS_KEY_PAIR_GEN, {{CKA_MODULUS_BITS, number(2048)}, {CKA_PUBLIC_EXPONENT, Octets("\1\0\1", 3)}},
             {CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT}, CKA_VERIFY, CKA_SIGN,
             {{CKA_EXTRACTABLE, kNo}, {CKA_ALWAYS_AUTHENTICATE, kYes}, {CKA_END_DATE, "20991231"}});
  for (int i = 0; i < 2; ++i)
    maker.pair("curve", CKM_EC_KEY_PAIR_GEN, {{CKA_EC_PARAMS, kP256}}, {CKA_VALUE}, CKA_VERIFY, CKA_SIGN,
               {{CKA_EXTRACTABLE, kYes}, {CKA_WRAP_WITH_TRUSTED, kYes}});
  maker.pair("ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, {{CKA_EC_PARAMS, kEd25519}}, {CKA_VALUE}, CKA_VERIFY, CKA_SIGN, {{CKA_EXTRACTABLE, kNo}});
  maker.pair("x25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, {{CKA_EC_PARAMS, kX25519}}, {CKA_VALUE}, 0, CKA_DERIVE, {{CKA_EXTRACTABLE, kNo}});
  maker.pair("x448", CKM_EC_EDWARDS_KEY_PAIR_GEN, {{CKA_EC_PARAMS, kX448}}, {CKA_VALUE}, 0, CKA_DERIVE, {{CKA_EXTRACTABLE, kNo}});
  maker.pair("dsa", CKM_DSA_KEY_PAIR_GEN, dsa_domain(), {CKA_VALUE}, CKA_VERIFY, CKA_SIGN, {{CKA_EXTRACTABLE, kNo}});
  maker.pair("dh", CKM_DH_PKCS_KEY_PAIR_GEN, dh_domain(), {CKA_VALUE}, 0, CKA_DERIVE, {{CKA_EXTRACTABLE, kNo}});
  // The octets of a certificate are not looked into.
  for (const char* value : {"certificate one", "certificate two"})
    maker.plain({{CKA_LABEL, "crt"}, {CKA_CLASS, number(CKO_CERTIFICATE)}, {CKA_CERTIFICATE_TYPE, number(CKC_X_509)}, {CKA_TOKEN, kYes},
                 {CKA_PRIVATE, kNo}, {CKA_ID, "\x41"}, {CKA_SUBJECT, "subject"}, {CKA_SERIAL_NUMBER, "1"}, {CKA_VALUE, value}});
  for (const char* value : {"data one", "data two"})
    maker.plain({{CKA_LABEL, "note"}, {CKA_CLASS, number(CKO_DATA)}, {CKA_TOKEN, kYes}, {CKA_PRIVATE, kYes}, {CKA_APPLICATION, "test"}, {CKA_VALUE, value}});
}

const std::map<CK_ATTRIBUTE_TYPE, const char*> kCompared{
    {CKA_CLASS, "CLASS"}, {CKA_LABEL, "LABEL"}, {CKA_ID, "ID"}, {CKA_PRIVATE, "PRIVATE"}, {CKA_MODIFIABLE, "MODIFIABLE"}, {CKA_COPYABLE, "COPYABLE"},
    {CKA_APPLICATION, "APPLICATION"}, {CKA_SENSITIVE, "SENSITIVE"}, {CKA_EXTRACTABLE, "EXTRACTABLE"}, {CKA_ENCRYPT, "ENCRYPT"}, {CKA_DECRYPT, "DECRYPT"},
    {CKA_SIGN, "SIGN"}, {CKA_VERIFY, "VERIFY"}, {CKA_WRAP, "WRAP"}, {CKA_UNWRAP, "UNWRAP"}, {CKA_DERIVE, "DERIVE"},
    {CKA_WRAP_WITH_TRUSTED, "WRAP_WITH_TRUSTED"}, {CKA_ALWAYS_AUTHENTICATE, "ALWAYS_AUTHENTICATE"}, {CKA_START_DATE, "START_DATE"},
    {CKA_END_DATE, "END_DATE"}, {CKA_ALLOWED_MECHANISMS, "ALLOWED_MECHANISMS"}, {CKA_SUBJECT, "SUBJECT"}, {CKA_SERIAL_NUMBER, "SERIAL_NUMBER"},
    {CKA_MODULUS, "MODULUS"}, {CKA_PUBLIC_EXPONENT, "PUBLIC_EXPONENT"}, {CKA_EC_PARAMS, "EC_PARAMS"}, {CKA_EC_POINT, "EC_POINT"}, {CKA_PRIME, "PRIME"},
    {CKA_SUBPRIME, "SUBPRIME"}, {CKA_BASE, "BASE"}, {CKA_VALUE, "VALUE"}, {CKA_KEY_TYPE, "KEY_TYPE"}};

/// Why the two differ; empty when they do not.
std::string difference(const Token& before, CK_OBJECT_HANDLE old_object, const Token& after, CK_OBJECT_HANDLE new_object) {
  for (const auto& [type, name] : kCompared) {
    const auto was = before.read(old_object, type);
    auto is = after.read(new_object, type);
    // SoftHSM2 has one type for the keys of both families of curves.
    if (type == CKA_KEY_TYPE && is == number(CKK_EC_MONTGOMERY)) is = number(CKK_EC_EDWARDS);
    if (!was || was->empty() || was == is) continue;
    // It wraps the points of those curves in an OCTET STRING, as PKCS#11 3.0 had it.
    if (type == CKA_EC_POINT && is && was->size() == is->size() + 2 && was->ends_with(*is)) continue;
    return std::string(name) + ": " + hex(*was) + " became " + (is ? hex(*is) : "nothing");
  }
  return {};
}

Octets text_of(const Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) { return token.read(object, type).value_or(""); }

/// What the new token computed of private keys is what the old one told in public ones.
void compare_halves(const Token& after) {
  std::map<Octets, std::pair<std::vector<Octets>, std::vector<Octets>>> halves;
  for (const auto object : after.all()) {
    const auto object_class = text_of(after, object, CKA_CLASS);
    auto& of_label = halves[text_of(after, object, CKA_LABEL)];
    if (object_class == number(CKO_PRIVATE_KEY)) of_label.first.push_back(text_of(after, object, CKA_PUBLIC_KEY_INFO));
    if (object_class == number(CKO_PUBLIC_KEY)) of_label.second.push_back(text_of(after, object, CKA_PUBLIC_KEY_INFO));
  }
  for (auto& [label, both] : halves) {
    std::ranges::sort(both.first);
    std::ranges::sort(both.second);
    if (both.first != both.second) throw std::runtime_error("the halves of " + label + " do not fit");
    if (std::ranges::count(both.first, Octets()) != 0) throw std::runtime_error("the new token does not know the public half of " + label);
  }
}

void compare_templates(const Token& after) {
  for (const auto object : after.all()) {
    if (text_of(after, object, CKA_LABEL) != "kek") continue;
    CK_ULONG type = 0;
    CK_BBOOL extractable = 7, sensitive = 7;
    char label[8];
    CK_ATTRIBUTE wrap[]{{CKA_KEY_TYPE, &type, sizeof type}, {CKA_EXTRACTABLE, &extractable, 1}};
    CK_ATTRIBUTE asked{CKA_WRAP_TEMPLATE, wrap, sizeof wrap};
    must(after.p11->C_GetAttributeValue(after.session, object, &asked, 1), "CKA_WRAP_TEMPLATE");
    if (asked.ulValueLen != sizeof wrap || type != CKK_AES || extractable != CK_TRUE) throw std::runtime_error("another CKA_WRAP_TEMPLATE");
    CK_ATTRIBUTE unwrap[]{{CKA_LABEL, label, sizeof label}, {CKA_SENSITIVE, &sensitive, 1}, {CKA_EXTRACTABLE, &extractable, 1}};
    asked = {CKA_UNWRAP_TEMPLATE, unwrap, sizeof unwrap};
    must(after.p11->C_GetAttributeValue(after.session, object, &asked, 1), "CKA_UNWRAP_TEMPLATE");
    if (asked.ulValueLen != sizeof unwrap || sensitive != CK_TRUE || extractable != CK_FALSE || unwrap[0].ulValueLen != 4)
      throw std::runtime_error("another CKA_UNWRAP_TEMPLATE");
    return;
  }
  throw std::runtime_error("the key with templates is missing");
}

void compare(const Token& before, const Token& after) {
  auto rest = after.all();
  for (const auto object : before.all()) {
    std::string nearest = "nothing of this label";
    const auto same = std::ranges::find_if(rest, [&](CK_OBJECT_HANDLE candidate) {
      if (text_of(before, object, CKA_LABEL) != text_of(after, candidate, CKA_LABEL) ||
          text_of(before, object, CKA_CLASS) != text_of(after, candidate, CKA_CLASS))
        return false;
      const auto found = difference(before, object, after, candidate);
      if (!found.empty()) nearest = found;
      return found.empty();
    });
    if (same == rest.end()) throw std::runtime_error("not brought as it was: " + text_of(before, object, CKA_LABEL) + ": " + nearest);
    rest.erase(same);
  }
  if (!rest.empty()) throw std::runtime_error("more was brought than there was");
  compare_halves(after);
  compare_templates(after);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  try {
    if (count == 6 && words[1] == "make") {
      make(Token(words[2], words[3], words[4]), words[5]);
    } else if (count == 8 && words[1] == "compare") {
      compare(Token(words[2], words[3], words[4]), Token(words[5], words[6], words[7]));
    } else {
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
