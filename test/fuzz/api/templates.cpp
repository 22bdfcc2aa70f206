#include "test/fuzz/api/templates.h"

namespace fuzz {
namespace {

using hsm::Kind;

constexpr auto kAnyType = std::to_array<CK_ATTRIBUTE_TYPE>({
#define ROW(name, number) name,
    CK_ATTRIBUTE_TYPES(ROW)
#undef ROW
});

constexpr auto kUses = std::to_array<CK_ATTRIBUTE_TYPE>({CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
                                                         CKA_SIGN_RECOVER, CKA_VERIFY_RECOVER, CKA_ENCAPSULATE, CKA_DECAPSULATE});

// A key pair of P-256 made for the tests alone.
const Octets kP256 = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
const Octets kP384 = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
const Octets kEd25519 = {0x06, 0x03, 0x2b, 0x65, 0x70};
const Octets kX25519 = {0x06, 0x03, 0x2b, 0x65, 0x6e};
const Octets kGostCurve = {0x06, 0x07, 0x2a, 0x85, 0x03, 0x02, 0x02, 0x23, 0x01};
const Octets kGostHash = {0x06, 0x07, 0x2a, 0x85, 0x03, 0x02, 0x02, 0x1e, 0x01};
const Octets kScalar = {0x5f, 0x10, 0x4d, 0x47, 0xdb, 0x15, 0xf8, 0x5a, 0xf2, 0x6e, 0x75, 0x7e, 0xcf, 0x09, 0x38, 0x4b,
                        0xad, 0xfd, 0xdb, 0xc0, 0x24, 0xf6, 0x41, 0x84, 0xcb, 0x71, 0xb3, 0xa8, 0xc8, 0xd7, 0x9a, 0x0b};
const Octets kPoint = {0x04, 0x41, 0x04, 0x41, 0x3f, 0x98, 0x7e, 0x10, 0x47, 0x85, 0x7c, 0xf9, 0x52, 0xb0, 0xff, 0x1c, 0x46,
                       0xca, 0xaa, 0x83, 0xae, 0x7f, 0x9b, 0x1e, 0x7e, 0xbe, 0x1e, 0x00, 0xef, 0x5d, 0xfc, 0xfa, 0x78, 0xd1,
                       0xaa, 0x67, 0xe4, 0x7d, 0x60, 0x4e, 0x32, 0xc5, 0x06, 0xf0, 0x65, 0x81, 0xb0, 0x22, 0xdc, 0x1a, 0xee,
                       0x45, 0xad, 0x55, 0x1d, 0xd2, 0x97, 0x77, 0xd1, 0x00, 0x25, 0x35, 0x25, 0xc0, 0x7a, 0x36, 0xa4};

constexpr int kDeepest = 5;  // deeper than the module goes

}  // namespace

CK_ATTRIBUTE TemplateMaker::boolean(CK_ATTRIBUTE_TYPE type, bool yes) { return octets(type, {static_cast<CK_BBOOL>(yes)}); }

CK_ATTRIBUTE TemplateMaker::number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  return {type, memory_.place_for(value, Memory::Alignment::any), sizeof value};
}

CK_ATTRIBUTE TemplateMaker::octets(CK_ATTRIBUTE_TYPE type, const Octets& value) {
  const auto in = memory_.input(value);
  return {type, in.data, in.size};
}

void TemplateMaker::add_uses(std::vector<CK_ATTRIBUTE>& to, Half half) {
  if (choices_.once_in(2)) {  // one use, which may fit
    to.push_back(boolean(kUses[choices_.below(kUses.size())], true));
  } else if (choices_.once_in(8)) {
    const auto chosen = choices_.two_octets();
    for (std::size_t i = 0; i < kUses.size(); ++i)
      if ((chosen >> i & 1) != 0) to.push_back(boolean(kUses[i], true));
  }
  if (half == Half::open) return;
  if (choices_.once_in(2)) to.push_back(boolean(CKA_SENSITIVE, choices_.once_in(2)));
  if (choices_.once_in(2)) to.push_back(boolean(CKA_EXTRACTABLE, choices_.once_in(2)));
}

void TemplateMaker::add_object(std::vector<CK_ATTRIBUTE>& to) {
  const auto kind = [&](CK_OBJECT_CLASS object_class, CK_KEY_TYPE type) {
    to.push_back(number(CKA_CLASS, object_class));
    to.push_back(number(CKA_KEY_TYPE, type));
    add_uses(to, object_class == CKO_PUBLIC_KEY ? Half::open : Half::closed);
  };
  static constexpr auto kLengths = std::to_array<std::size_t>({16, 32, 24, 64, 1, 0, 65, 20, 8});
  static constexpr auto kSecrets = std::to_array<CK_KEY_TYPE>({CKK_AES, CKK_GENERIC_SECRET, CKK_CHACHA20, CKK_AES_XTS, CKK_SHA256_HMAC, CKK_HKDF, CKK_HOTP, CKK_SEED, CKK_DES2, CKK_DES});
  const auto some = [this] {
    const auto length = choices_.one_of(kLengths);
    return Octets(length, choices_.octet());
  };
  const auto private_or_public = [this] { return choices_.once_in(2) ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY; };
  switch (choices_.below(16)) {
    case 0: case 1: case 2: case 3: {
      const auto type = choices_.one_of(kSecrets);
      kind(type == CKK_HOTP ? CKO_OTP_KEY : CKO_SECRET_KEY, type);
      to.push_back(octets(CKA_VALUE, some()));
      break;
    }
    case 4:
      kind(CKO_PRIVATE_KEY, CKK_EC);
      to.push_back(octets(CKA_EC_PARAMS, kP256));
      to.push_back(octets(CKA_VALUE, choices_.once_in(4) ? some() : kScalar));
      break;
    case 5:
      kind(CKO_PUBLIC_KEY, CKK_EC);
      to.push_back(octets(CKA_EC_PARAMS, choices_.once_in(4) ? choices_.octets(choices_.octet()) : kP256));
      to.push_back(octets(CKA_EC_POINT, choices_.once_in(4) ? choices_.octets(choices_.octet()) : kPoint));
      break;
    case 6: {
      const bool edwards = choices_.once_in(2);
      kind(CKO_PRIVATE_KEY, edwards ? CKK_EC_EDWARDS : CKK_EC_MONTGOMERY);
      to.push_back(octets(CKA_EC_PARAMS, edwards ? kEd25519 : kX25519));
      to.push_back(octets(CKA_VALUE, choices_.once_in(4) ? some() : kScalar));
      break;
    }
    case 7: {
      auto modulus = Octets(choices_.once_in(4) ? choices_.octet() : 128, 0xD1);
      if (!modulus.empty() && choices_.once_in(2)) modulus.back() = choices_.octet();
      kind(CKO_PUBLIC_KEY, CKK_RSA);
      to.push_back(octets(CKA_MODULUS, modulus));
      to.push_back(octets(CKA_PUBLIC_EXPONENT, choices_.once_in(4) ? some() : Octets{1, 0, 1}));
      break;
    }
    case 8:
      if (choices_.once_in(2)) {
        kind(private_or_public(), CKK_DH);
      } else {
        kind(private_or_public(), CKK_DSA);
      }
      for (const auto type : {CKA_PRIME, CKA_SUBPRIME, CKA_BASE, CKA_VALUE}) to.push_back(octets(type, some()));
      break;
    case 9:
      kind(CKO_PRIVATE_KEY, CKK_RSA);
      for (const auto type : {CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT})
        to.push_back(octets(type, some()));
      break;
    case 10:
      to.push_back(number(CKA_CLASS, CKO_CERTIFICATE));
      to.push_back(number(CKA_CERTIFICATE_TYPE, choices_.below(4)));
      for (const auto type : {CKA_SUBJECT, CKA_VALUE, CKA_ID}) to.push_back(octets(type, some()));
      break;
    case 11:
      to.push_back(number(CKA_CLASS, choices_.below(16)));
      break;
    case 12: {
      const auto type = CKK_ML_KEM + choices_.below(3);
      kind(private_or_public(), type);
      to.push_back(number(CKA_PARAMETER_SET, choices_.below(16)));
      const auto part = choices_.once_in(2) ? CKA_SEED : CKA_VALUE;
      to.push_back(octets(part, some()));
      break;
    }
    case 13:
      kind(private_or_public(), CKK_GOSTR3410);
      to.push_back(octets(CKA_GOSTR3410_PARAMS, choices_.once_in(8) ? some() : kGostCurve));
      to.push_back(octets(CKA_GOSTR3411_PARAMS, choices_.once_in(8) ? some() : kGostHash));
      to.push_back(octets(CKA_VALUE, choices_.once_in(4) ? some() : kScalar));
      break;
    default:
      to.push_back(number(CKA_CLASS, CKO_DATA));
      to.push_back(octets(CKA_VALUE, some()));
      to.push_back(octets(CKA_LABEL, some()));
  }
}

CK_ATTRIBUTE_TYPE TemplateMaker::any_type() {
  if (choices_.once_in(16)) return choices_.number();
  if (choices_.once_in(8)) return choices_.one_of(kAnyType);
  return choices_.one_of(hsm::all_shapes()).type;
}

CK_ATTRIBUTE TemplateMaker::any(int depth) {
  const auto type = any_type();
  const auto* shape = hsm::shape_of(type);
  const bool nested = shape != nullptr && shape->kind == Kind::templates;
  if (choices_.once_in(8)) {  // a value of another kind, or none
    if (!nested) {
      const auto in = memory_.input(Limit::value);
      return {type, in.data, in.size};
    }
    // Octets here would be read as pointers.
    if (choices_.once_in(2)) return {type, nullptr, choices_.number()};
    const auto size = choices_.octet();
    return {type, memory_.place(size), choices_.once_in(4) ? ~CK_ULONG{0} / sizeof(CK_ATTRIBUTE) * sizeof(CK_ATTRIBUTE) : size};
  }
  if (shape == nullptr) return octets(type, choices_.octets(choices_.octet()));
  switch (shape->kind) {
    case Kind::boolean: return octets(type, {static_cast<CK_BBOOL>(choices_.once_in(16) ? choices_.octet() : choices_.below(2))});
    case Kind::number: return number(type, choices_.number());
    case Kind::date: {
      static constexpr std::string_view kDates[] = {"20250101", "20991231", "19700101", "20250230", "99999999", "        "};
      const auto& date = choices_.one_of(kDates);
      return octets(type, {date.begin(), date.end()});
    }
    case Kind::mechanisms: {
      const auto count = choices_.below(8);
      auto* at = memory_.place(count * sizeof(CK_MECHANISM_TYPE), Memory::Alignment::any);
      for (std::size_t i = 0; i < count; ++i) {
        const CK_MECHANISM_TYPE mechanism = choices_.number();
        std::memcpy(at + i * sizeof mechanism, &mechanism, sizeof mechanism);
      }
      return {type, at, count * sizeof(CK_MECHANISM_TYPE)};
    }
    case Kind::templates: {
      std::vector<CK_ATTRIBUTE> inner;
      if (depth < kDeepest)
        for (auto count = choices_.below(4); count > 0; --count) inner.push_back(any(depth + 1));
      const auto at = placed(inner);
      return {type, at.data, at.count * sizeof(CK_ATTRIBUTE)};
    }
    default: return octets(type, choices_.octets(choices_.once_in(4) ? choices_.octet() : 8));
  }
}

Attributes TemplateMaker::placed(const std::vector<CK_ATTRIBUTE>& all) {
  const auto size = all.size() * sizeof(CK_ATTRIBUTE);
  auto* at = memory_.place(size);
  if (size != 0) std::memcpy(at, all.data(), size);
  return {static_cast<CK_ATTRIBUTE_PTR>(static_cast<void*>(at)), all.size()};
}

Attributes TemplateMaker::make(What what) {
  asked_for_token_ = false;
  if (choices_.once_in(64)) return {nullptr, choices_.once_in(2) ? 0 : choices_.number()};
  if (choices_.once_in(64)) return {placed({}).data, ~CK_ULONG{0}};
  std::vector<CK_ATTRIBUTE> all;
  switch (what) {
    case What::object: add_object(all); break;
    case What::new_secret: {
      static constexpr auto kLengths = std::to_array<CK_ULONG>({32, 16, 24, 64, 0, 1, 65536, 1UL << 31, ~CK_ULONG{0}});
      static constexpr auto kTypes = std::to_array<CK_KEY_TYPE>({CKK_AES, CKK_GENERIC_SECRET, CKK_CHACHA20, CKK_EC, CKK_AES_XTS, CKK_RSA});
      if (choices_.once_in(2)) {
        all.push_back(number(CKA_CLASS, choices_.once_in(8) ? CKO_PRIVATE_KEY : CKO_SECRET_KEY));
        all.push_back(number(CKA_KEY_TYPE, choices_.one_of(kTypes)));
      }
      if (!choices_.once_in(4)) all.push_back(number(CKA_VALUE_LEN, choices_.once_in(2) ? 32 : choices_.one_of(kLengths)));
      add_uses(all, Half::closed);
      break;
    }
    case What::new_public:
      switch (choices_.below(8)) {
        case 6:
          all.push_back(octets(CKA_GOSTR3410_PARAMS, kGostCurve));
          all.push_back(octets(CKA_GOSTR3411_PARAMS, kGostHash));
          break;
        case 0: all.push_back(octets(CKA_EC_PARAMS, kEd25519)); break;
        case 1: all.push_back(octets(CKA_EC_PARAMS, kX25519)); break;
        case 2: all.push_back(octets(CKA_EC_PARAMS, kP384)); break;
        case 3: all.push_back(number(CKA_PARAMETER_SET, choices_.below(16))); break;
        case 4: all.push_back(number(CKA_MODULUS_BITS, choices_.number() % 2049)); break;
        case 5: all.push_back(octets(CKA_EC_PARAMS, choices_.octets(choices_.octet()))); break;
        default: all.push_back(octets(CKA_EC_PARAMS, kP256));
      }
      add_uses(all, Half::open);
      break;
    case What::new_private: add_uses(all, Half::closed); break;
    case What::changes: case What::search: break;
  }
  if (what == What::changes || what == What::search || choices_.once_in(4))
    for (auto more = choices_.below(4); more > 0; --more) all.push_back(any(0));
  if (!all.empty() && choices_.once_in(16)) all.erase(all.begin() + static_cast<std::ptrdiff_t>(choices_.below(all.size())));
  if (!all.empty() && choices_.once_in(16)) all.push_back(all[choices_.below(all.size())]);
  for (const auto& one : all) asked_for_token_ |= one.type == CKA_TOKEN;
  return placed(all);
}

CK_ATTRIBUTE TemplateMaker::question(int depth) {
  CK_ATTRIBUTE asked{.type = any_type(), .pValue = nullptr, .ulValueLen = 0};
  const auto* shape = hsm::shape_of(asked.type);
  if (choices_.once_in(4)) return asked.ulValueLen = choices_.number(), asked;  // asks for the length
  if (shape != nullptr && shape->kind == Kind::templates && depth < kDeepest && !choices_.once_in(4)) {
    std::vector<CK_ATTRIBUTE> inner;
    for (auto count = choices_.below(6); count > 0; --count) inner.push_back(question(depth + 1));
    const auto at = placed(inner);
    return asked.pValue = at.data, asked.ulValueLen = at.count * sizeof(CK_ATTRIBUTE), asked;
  }
  // Zeros: where attributes are expected, they have no places.
  static constexpr auto kRooms = std::to_array<std::size_t>({4096, 8, 1, 0, 16, 32, 24, 48, 256, 7, 65});
  asked.ulValueLen = choices_.one_of(kRooms);
  asked.pValue = memory_.room(asked.ulValueLen);
  return asked;
}

Attributes TemplateMaker::questions() {
  if (choices_.once_in(64)) return {nullptr, choices_.once_in(2) ? 0 : choices_.number()};
  if (choices_.once_in(64)) return {placed({}).data, ~CK_ULONG{0}};
  std::vector<CK_ATTRIBUTE> all;
  for (auto count = choices_.below(8); count > 0; --count) all.push_back(question(0));
  return placed(all);
}

}  // namespace fuzz
