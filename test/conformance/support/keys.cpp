// Keys made for these tests alone; nobody else may use them.
#include "keys.h"

#include <ctime>

namespace conformance {

static constexpr std::string_view kModulus =
    "9339a3d3a91776a19135f9d47f83c2ce314f1ac40e28a38d0f104f46dbd6bc53b086a9160491075cd02cfcd5ae63b1095311"
    "68e6bb87fcce3b2f52db5d870cb59b502586f88bf3cf355111d0b7a2fcf3d792884cb89214bdcc50a188c44ec511e183600e"
    "66c0d8d2a9ceb16206e973b0fdaac1d6b85df3284225f667ca8247985564cc9099df5258ee2640e57c5195bb19e68522d39e"
    "3c7081333795aa9829aedabdb0176583802e54d758cb13f9b5d8d8304e373bd40b7da54dc5af845ae94c309ca90d53ccd7c6"
    "f65039f4760041637ba004f29d4f9022291fb65436333de669fed32398e5d977a1c0c3188622dfa4aae3d9b3c0ea339a28b1"
    "bcef89809d11";
static constexpr std::string_view kPrivateExponent =
    "0db2ccc3ffbfdfa40bd5fe5a0a72a6386237ce869472028f0d94ed136b96bb82269d78f3c4015732886a24824b4e1a50584a"
    "ce91bd66db4663150afc148e8c1d0507a6de3bed105be4c59771edf6e686026104ce97fe7b9b3ca74f48619f99fade6ff20a"
    "ea53a23903b4bd7b75fcd86cb79ae0f0a0c9ee65d360788b52b934290660c662266bbc717bbcd180b55e131494f12d561551"
    "95f17248863d2d12e5f779855d96200140c4928c6dad8dd6b10d08ea1ecefa61c60123a3b2a12b6dbea2b20a0ade2e14529a"
    "a24f7b03217e9e2415918d80f4fad72bea7c292e4ec647fb219cefa894ca6e889e6de1973580eeafe9e80fca52ccb37edc91"
    "ba9ff72ce64b";
static constexpr std::string_view kPrime1 =
    "cae12af6cde0b3d74f28a723317cecfa7394312a60b1095ca965cc7180d3319f644139403ef02d98b57401bb10fa5cb73d12"
    "db9db217f6b00f7e98bf5eff8670f43c008e1ce4f511cafd34eb5fc54dcccd5e6dc2740738b4fb01a081d7999f11296c13cf"
    "5b39758c8e77c42b76166c00c99d5a3cfdee22b2d9c1c61916b007cb";
static constexpr std::string_view kPrime2 =
    "b9c6020d049cbe58f98a57b4b9398d29e974424567149c182dba2075ec992c453fdc332fc7327c82cd243b400814ba8c5c64"
    "eb7bb00f9146d832655fe65f96b328154dde8255652ed647171712d71cc1f1041acf05b61390cb9fcd942e8fd2255610b40e"
    "5eec35e3c5a1d7d8085df1ebfe8d4cab9d0656d9a229c229b6e4fb13";
static constexpr std::string_view kExponent1 =
    "b5e026241b6cd5ccafaa422bcab1b3c0d2dc8736f677bf6cd26ff057d0a58456e00998c97fa2d13d956dea1f499928851cbb"
    "4b269401e7a4ee3f0fb07ff9930cafe71a984c4ef5647e1580db817fdfbf3a5ced08e5fb935aabab49b91d0f1b0ac7979c2a"
    "c81d3ac446f41768def43ade79e01685971f64fbf13b45dc37fa9701";
static constexpr std::string_view kExponent2 =
    "11ee91081ca7dc9fce06928cb94c5ad9eed4f008aef88850b5294034e1cfaf3c47fbc35d1b473e4989efb3606ce743528520"
    "a0b261be3ef1adb0bfa450226df3812cfd453b236f0ee4541c6077cb17d588a432ca44ecdc5a9fad1f34ec81a9713d2b8395"
    "d787c973e101cc49e814d9634440f363a556954f909da3464f872ecd";
static constexpr std::string_view kCoefficient =
    "a64c46f1d116661a7575c03baf2d0fbffd27079b7c2cb3c35a4a627d322802e3ea71ce3503c52c106483c67e312d4aef8bba"
    "f1d3b81b759e8c9d47227f7f307a3ff22ea8a5218cbb690e9d12b2566c21f04ed497804c9f18469e074e0b2fdeefe5985b2e"
    "ab138e392e5b0095804bd8382ed362d1d68c434054c1ea561b167c7d";
static constexpr std::string_view kEcPoint =
    "04413f987e1047857cf952b0ff1c46caaa83ae7f9b1e7ebe1e00ef5dfcfa78d1aa67e47d604e32c506f06581b022dc1aee45"
    "ad551dd29777d100253525c07a36a4";
static constexpr std::string_view kEcScalar = "5f104d47db15f85af26e757ecf09384badfddbc024f64184cb71b3a8c8d79a0b";

Template roles(std::initializer_list<CK_ATTRIBUTE_TYPE> allowed) {
  Template given;
  for (CK_ATTRIBUTE_TYPE type : allowed) given = given.with(Attribute(type, true));
  return given;
}

Template readable_key() { return {{CKA_SENSITIVE, false}, {CKA_EXTRACTABLE, true}}; }

Template opens_readable_keys() {
  return roles({CKA_WRAP, CKA_UNWRAP})
      .with({CKA_WRAP_TEMPLATE, Template{{CKA_SENSITIVE, false}}})
      .with({CKA_UNWRAP_TEMPLATE, readable_key()});
}

Template data_object(std::string_view label) {
  return {{CKA_CLASS, CKO_DATA}, {CKA_TOKEN, false}, {CKA_PRIVATE, false}, {CKA_LABEL, label},
          {CKA_APPLICATION, "conformance"}, {CKA_VALUE, "value of a data object"}};
}

Template certificate(std::string_view label) {
  return {{CKA_CLASS, CKO_CERTIFICATE}, {CKA_CERTIFICATE_TYPE, CKC_X_509}, {CKA_TOKEN, false}, {CKA_PRIVATE, false},
          {CKA_LABEL, label}, {CKA_SUBJECT, from_hex("300f310d300b06035504030c0474657374")},
          {CKA_ID, from_hex("01")}, {CKA_VALUE, from_hex("3003020101")}};
}

Template secret_key(CK_KEY_TYPE type, ByteView value) {
  return {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, type}, {CKA_TOKEN, false}, {CKA_VALUE, value}};
}

Template new_secret_key(CK_ULONG length) {
  return {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, length}};
}

Template rsa_public_key() {
  return {{CKA_CLASS, CKO_PUBLIC_KEY}, {CKA_KEY_TYPE, CKK_RSA}, {CKA_TOKEN, false}, {CKA_MODULUS, from_hex(kModulus)},
          {CKA_PUBLIC_EXPONENT, from_hex("010001")}};
}

Template rsa_private_key() {
  return {{CKA_CLASS, CKO_PRIVATE_KEY},
          {CKA_KEY_TYPE, CKK_RSA},
          {CKA_TOKEN, false},
          {CKA_MODULUS, from_hex(kModulus)},
          {CKA_PUBLIC_EXPONENT, from_hex("010001")},
          {CKA_PRIVATE_EXPONENT, from_hex(kPrivateExponent)},
          {CKA_PRIME_1, from_hex(kPrime1)},
          {CKA_PRIME_2, from_hex(kPrime2)},
          {CKA_EXPONENT_1, from_hex(kExponent1)},
          {CKA_EXPONENT_2, from_hex(kExponent2)},
          {CKA_COEFFICIENT, from_hex(kCoefficient)}};
}

Template new_rsa_public_key(CK_ULONG bits) {
  return {{CKA_TOKEN, false}, {CKA_MODULUS_BITS, bits}, {CKA_PUBLIC_EXPONENT, from_hex("010001")}};
}

Template ec_public_key() {
  return {{CKA_CLASS, CKO_PUBLIC_KEY}, {CKA_KEY_TYPE, CKK_EC}, {CKA_TOKEN, false},
          {CKA_EC_PARAMS, from_hex(kCurves[0].oid)}, {CKA_EC_POINT, wrapped_point(from_hex(kEcPoint))}};
}

Template ec_private_key() {
  return {{CKA_CLASS, CKO_PRIVATE_KEY}, {CKA_KEY_TYPE, CKK_EC}, {CKA_TOKEN, false},
          {CKA_EC_PARAMS, from_hex(kCurves[0].oid)}, {CKA_VALUE, from_hex(kEcScalar)}};
}

Bytes ec_point() { return from_hex(kEcPoint); }

KeyPair generate_ec(Session& session, const Curve& curve, const Template& public_key, const Template& private_key) {
  const Template params{{CKA_TOKEN, false}, {CKA_EC_PARAMS, from_hex(curve.oid)}};
  return session
      .generate_pair(CKM_EC_KEY_PAIR_GEN, params.with(public_key), Template{{CKA_TOKEN, false}}.with(private_key))
      .must();
}

Bytes day(int distance) {
  const std::time_t then = std::time(nullptr) + std::time_t{distance} * 86400;
  char text[9];
  std::strftime(text, sizeof text, "%Y%m%d", std::gmtime(&then));
  return from_text(text);
}

Bytes point_of(ByteView octet_string) {
  const std::size_t header = octet_string.size() > 1 && octet_string[1] == 0x81 ? 3 : 2;  // DER: length below 128, or above
  return Bytes(octet_string.subspan(std::min(header, octet_string.size())));
}

Bytes wrapped_point(ByteView point) {
  Bytes der{0x04};
  if (point.size() > 127) der.push_back(0x81);
  der.push_back(static_cast<CK_BYTE>(point.size()));
  return std::move(der) + point;
}

}  // namespace conformance
