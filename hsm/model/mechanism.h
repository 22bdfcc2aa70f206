#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
#include "hsm/base/secret.h"
#include "hsm/model/ids.h"

namespace hsm {

// Parameters of mechanisms, deep-copied by the boundary into values. Lengths are octets unless the name says bits.

struct IvParams {  ///< CBC: the IV; key wrap: an alternative initial value
  Bytes iv;
  static constexpr auto fields = std::tuple{&IvParams::iv};
};
struct CtrParams {  ///< CK_AES_CTR_PARAMS
  std::uint64_t counter_bits = 0;
  Bytes counter_block;
  static constexpr auto fields = std::tuple{&CtrParams::counter_bits, &CtrParams::counter_block};
};
struct GcmParams {  ///< CK_GCM_PARAMS
  Bytes iv;
  Bytes aad;
  std::uint64_t tag_bits = 0;
  static constexpr auto fields = std::tuple{&GcmParams::iv, &GcmParams::aad, &GcmParams::tag_bits};
};
struct PssParams {  ///< CK_RSA_PKCS_PSS_PARAMS
  std::uint64_t hash = 0;
  std::uint64_t mgf = 0;
  std::uint64_t salt_length = 0;
  static constexpr auto fields = std::tuple{&PssParams::hash, &PssParams::mgf, &PssParams::salt_length};
};
struct OaepParams {  ///< CK_RSA_PKCS_OAEP_PARAMS; `source` is CKZ_DATA_SPECIFIED (1) or 0
  std::uint64_t hash = 0;
  std::uint64_t mgf = 0;
  std::uint64_t source = 0;
  Bytes label;
  static constexpr auto fields = std::tuple{&OaepParams::hash, &OaepParams::mgf, &OaepParams::source, &OaepParams::label};
};
struct Ecdh1Params {  ///< CK_ECDH1_DERIVE_PARAMS
  std::uint64_t kdf = 0;
  Bytes shared_data;
  Bytes public_data;
  static constexpr auto fields = std::tuple{&Ecdh1Params::kdf, &Ecdh1Params::shared_data, &Ecdh1Params::public_data};
};
struct MacGeneralParams {  ///< CK_MAC_GENERAL_PARAMS: length of the MAC
  std::uint64_t length = 0;
  static constexpr auto fields = std::tuple{&MacGeneralParams::length};
};
struct CcmParams {  ///< CK_CCM_PARAMS
  std::uint64_t data_length = 0;  ///< of the plaintext
  Bytes nonce;
  Bytes aad;
  std::uint64_t mac_length = 0;
  static constexpr auto fields = std::tuple{&CcmParams::data_length, &CcmParams::nonce, &CcmParams::aad, &CcmParams::mac_length};
};
struct AeadParams {  ///< CK_SALSA20_CHACHA20_POLY1305_PARAMS
  Bytes nonce;
  Bytes aad;
  static constexpr auto fields = std::tuple{&AeadParams::nonce, &AeadParams::aad};
};
struct ChaCha20Params {  ///< CK_CHACHA20_PARAMS; the counter is little-endian
  Bytes counter;
  Bytes nonce;
  static constexpr auto fields = std::tuple{&ChaCha20Params::counter, &ChaCha20Params::nonce};
};
struct EddsaParams {  ///< CK_EDDSA_PARAMS
  bool prehash = false;
  Bytes context;
  static constexpr auto fields = std::tuple{&EddsaParams::prehash, &EddsaParams::context};
};
struct SignContextParams {  ///< CK_SIGN_ADDITIONAL_CONTEXT, CK_HASH_SIGN_ADDITIONAL_CONTEXT; `hash` is 0 where it has none
  std::uint64_t hedge = 0;
  Bytes context;
  std::uint64_t hash = 0;
  static constexpr auto fields = std::tuple{&SignContextParams::hedge, &SignContextParams::context, &SignContextParams::hash};
};
struct DataParams {  ///< CK_KEY_DERIVATION_STRING_DATA, CK_AES_CBC_ENCRYPT_DATA_PARAMS; `iv` is empty where it has none
  Bytes iv;
  Bytes data;
  static constexpr auto fields = std::tuple{&DataParams::iv, &DataParams::data};
};
struct ExtractParams {  ///< CK_EXTRACT_PARAMS
  std::uint64_t first_bit = 0;
  static constexpr auto fields = std::tuple{&ExtractParams::first_bit};
};
struct KeyParams {  ///< CK_OBJECT_HANDLE of a second key
  std::uint64_t key = 0;
  static constexpr auto fields = std::tuple{&KeyParams::key};
};
struct HkdfParams {  ///< CK_HKDF_PARAMS
  bool extract = false, expand = false;
  std::uint64_t hash = 0;
  std::uint64_t salt_type = 0;  ///< CKF_HKDF_SALT_*: 1 none, 2 data, 4 a key
  Bytes salt;
  std::uint64_t salt_key = 0;
  Bytes info;
  static constexpr auto fields = std::tuple{&HkdfParams::extract, &HkdfParams::expand, &HkdfParams::hash, &HkdfParams::salt_type,
                                            &HkdfParams::salt, &HkdfParams::salt_key, &HkdfParams::info};
};
struct PrfField {  ///< CK_PRF_DATA_PARAM
  enum class Type : std::uint64_t { iteration = 1, counter = 2, key_length = 3, octets = 4 };
  Type type = Type::octets;
  std::uint64_t width = 0;       ///< bits of a number; 0 for the iteration variable of the feedback modes
  bool little_endian = false;
  bool of_segments = false;      ///< the length counts whole segments of the PRF, not only the key
  Bytes data;
  static constexpr auto fields =
      std::tuple{&PrfField::type, &PrfField::width, &PrfField::little_endian, &PrfField::of_segments, &PrfField::data};
};
struct KbkdfParams {  ///< CK_SP800_108_KDF_PARAMS, CK_SP800_108_FEEDBACK_KDF_PARAMS
  std::uint64_t prf = 0;
  std::vector<PrfField> inputs;
  Bytes iv;
  static constexpr auto fields = std::tuple{&KbkdfParams::prf, &KbkdfParams::inputs, &KbkdfParams::iv};
};
struct Pbkdf2Params {  ///< CK_PKCS5_PBKD2_PARAMS2
  Bytes salt;
  std::uint64_t iterations = 0;
  std::uint64_t prf = 0;  ///< CKP_PKCS5_PBKD2_HMAC_*
  std::shared_ptr<const Secret> password;
  static constexpr auto fields =
      std::tuple{&Pbkdf2Params::salt, &Pbkdf2Params::iterations, &Pbkdf2Params::prf, &Pbkdf2Params::password};
};
struct PbeParams {  ///< CK_PBE_PARAMS; the octets of the password as they are hashed
  Bytes salt;
  std::uint64_t iterations = 0;
  std::shared_ptr<const Secret> password;
  static constexpr auto fields = std::tuple{&PbeParams::salt, &PbeParams::iterations, &PbeParams::password};
};
struct SshKdfParams {  ///< KM_SSH_KDF_PARAMS; `letter` is 'A' to 'F' (RFC 4253, 7.2)
  std::uint64_t hash = 0;
  std::uint64_t letter = 0;
  Bytes exchange_hash, session_id;
  static constexpr auto fields =
      std::tuple{&SshKdfParams::hash, &SshKdfParams::letter, &SshKdfParams::exchange_hash, &SshKdfParams::session_id};
};
struct OtpParams {  ///< CK_OTP_PARAMS: what of them a HOTP key can heed
  std::optional<Bytes> counter;
  std::optional<std::uint64_t> length, format;
  std::uint64_t flags = 0;  ///< CKF_NEXT_OTP ...
  static constexpr auto fields = std::tuple{&OtpParams::counter, &OtpParams::length, &OtpParams::format, &OtpParams::flags};
};
struct RsaAesParams {  ///< CK_RSA_AES_KEY_WRAP_PARAMS
  std::uint64_t aes_bits = 0;
  OaepParams oaep;
  static constexpr auto fields = std::tuple{&RsaAesParams::aes_bits, &RsaAesParams::oaep};
};
struct EcdhAesParams {  ///< CK_ECDH_AES_KEY_WRAP_PARAMS
  std::uint64_t aes_bits = 0;
  std::uint64_t kdf = 0;
  Bytes shared_data;
  static constexpr auto fields = std::tuple{&EcdhAesParams::aes_bits, &EcdhAesParams::kdf, &EcdhAesParams::shared_data};
};
struct TlsMasterParams {  ///< CK_TLS12_MASTER_KEY_DERIVE_PARAMS: two randoms; CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS: a session hash
  std::uint64_t hash = 0;
  Bytes client_random, server_random;
  Bytes session_hash;
  bool asks_version = false;
  static constexpr auto fields = std::tuple{&TlsMasterParams::hash, &TlsMasterParams::client_random, &TlsMasterParams::server_random,
                                            &TlsMasterParams::session_hash, &TlsMasterParams::asks_version};
};
struct TlsKeyBlockParams {  ///< CK_TLS12_KEY_MAT_PARAMS
  std::uint64_t hash = 0;
  Bytes client_random, server_random;
  std::uint64_t mac_bits = 0, key_bits = 0, iv_bits = 0;
  static constexpr auto fields =
      std::tuple{&TlsKeyBlockParams::hash,     &TlsKeyBlockParams::client_random, &TlsKeyBlockParams::server_random,
                 &TlsKeyBlockParams::mac_bits, &TlsKeyBlockParams::key_bits,      &TlsKeyBlockParams::iv_bits};
};
struct TlsKdfParams {  ///< CK_TLS_KDF_PARAMS; an exporter without context is not one with an empty context (RFC 5705, 4)
  std::uint64_t hash = 0;
  Bytes label;
  Bytes client_random, server_random;
  std::optional<Bytes> context;
  static constexpr auto fields = std::tuple{&TlsKdfParams::hash, &TlsKdfParams::label, &TlsKdfParams::client_random,
                                            &TlsKdfParams::server_random, &TlsKdfParams::context};
};
struct TlsMacParams {  ///< CK_TLS_MAC_PARAMS
  std::uint64_t hash = 0;
  std::uint64_t length = 0;
  std::uint64_t side = 0;  ///< 1 the server, 2 the client, or a number that is refused
  static constexpr auto fields = std::tuple{&TlsMacParams::hash, &TlsMacParams::length, &TlsMacParams::side};
};
struct Ike2PrfPlusParams {  ///< CK_IKE2_PRF_PLUS_DERIVE_PARAMS; the seed key stands before the seed
  std::uint64_t prf = 0;
  std::optional<std::uint64_t> seed_key;
  Bytes seed;
  static constexpr auto fields = std::tuple{&Ike2PrfPlusParams::prf, &Ike2PrfPlusParams::seed_key, &Ike2PrfPlusParams::seed};
};
struct IkePrfParams {  ///< CK_IKE_PRF_DERIVE_PARAMS; `new_key` when keys are made anew
  std::uint64_t prf = 0;
  bool data_is_key = false;
  Bytes initiator, responder;  ///< the nonces
  std::optional<std::uint64_t> new_key;
  static constexpr auto fields = std::tuple{&IkePrfParams::prf, &IkePrfParams::data_is_key, &IkePrfParams::initiator,
                                            &IkePrfParams::responder, &IkePrfParams::new_key};
};
struct Ike1PrfParams {  ///< CK_IKE1_PRF_DERIVE_PARAMS
  std::uint64_t prf = 0;
  std::uint64_t agreed_key = 0;
  std::optional<std::uint64_t> previous_key;
  Bytes initiator, responder;  ///< the cookies
  std::uint8_t number = 0;
  static constexpr auto fields = std::tuple{&Ike1PrfParams::prf,       &Ike1PrfParams::agreed_key, &Ike1PrfParams::previous_key,
                                            &Ike1PrfParams::initiator, &Ike1PrfParams::responder,  &Ike1PrfParams::number};
};
struct Ike1ExtendedParams {  ///< CK_IKE1_EXTENDED_DERIVE_PARAMS
  std::uint64_t prf = 0;
  std::optional<std::uint64_t> agreed_key;
  Bytes extra;
  static constexpr auto fields = std::tuple{&Ike1ExtendedParams::prf, &Ike1ExtendedParams::agreed_key, &Ike1ExtendedParams::extra};
};
/// Which structure goes with each message of an AEAD: CK_GCM_MESSAGE_PARAMS, CK_CCM_MESSAGE_PARAMS,
/// CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS.
enum class MessageForm : std::uint8_t { none, gcm, ccm, chacha20_poly1305 };
struct MessageParams {
  MessageForm form = MessageForm::none;
  Bytes iv;  ///< given, or with a generator the place to fill: its first `fixed_bits` bits hold
  std::uint64_t fixed_bits = 0;
  std::uint64_t generator = 0;  ///< Generator, or a number that is refused
  std::uint64_t tag_bits = 0;
  Bytes tag;  ///< what is to be checked when decrypting
  std::uint64_t data_length = 0;  ///< octets of the text, which CCM must know before
  static constexpr auto fields =
      std::tuple{&MessageParams::form,     &MessageParams::iv,  &MessageParams::fixed_bits, &MessageParams::generator,
                 &MessageParams::tag_bits, &MessageParams::tag, &MessageParams::data_length};
};
struct RawParams {  ///< octets as they are: a public value, or the parameter of a mechanism that we do not know
  Bytes octets;
  static constexpr auto fields = std::tuple{&RawParams::octets};
};
/// What the caller gave is not the structure that the mechanism takes. Travels on, because whether the mechanism is there at all is
/// asked first; refused where that was answered.
struct MalformedParams {
  std::string why;
  static constexpr auto fields = std::tuple{&MalformedParams::why};
};

/// A mechanism and its parameter, as a request carries them.
struct Mechanism {
  using Params = std::variant<std::monostate, IvParams, CtrParams, GcmParams, PssParams, OaepParams, Ecdh1Params,
                              MacGeneralParams, RawParams, CcmParams, AeadParams, ChaCha20Params, EddsaParams,
                              SignContextParams, DataParams, ExtractParams, KeyParams, HkdfParams, KbkdfParams, Pbkdf2Params,
                              RsaAesParams, EcdhAesParams, MalformedParams, TlsMasterParams, TlsKeyBlockParams, TlsKdfParams,
                              TlsMacParams, Ike2PrfPlusParams, IkePrfParams, Ike1PrfParams, Ike1ExtendedParams, OtpParams,
                              PbeParams, SshKdfParams>;
  std::uint64_t type = 0;
  Params params;
  static constexpr auto fields = std::tuple{&Mechanism::type, &Mechanism::params};
};

/// Which parameter a mechanism takes: tells the boundary what structure to read.
enum class Param : std::uint8_t {
  none, iv, optional_iv, ctr, gcm, pss, oaep, ecdh1, mac_general, raw, ccm, aead, chacha20, eddsa, sign_context, hash_sign_context,
  string_data, cbc_data, extract, key, hkdf, kbkdf, kbkdf_feedback, pbkdf2, rsa_aes, ecdh_aes, tls_master, tls_extended_master,
  tls_key_block, tls_kdf, tls_mac, ike2_prf_plus, ike_prf, ike1_prf, ike1_extended, des_cbc_data, otp, pbe, ssh_kdf,
};

enum class Unit : std::uint8_t { none, bits, bytes };

/// What a mechanism may be used for, as bits.
enum Uses : std::uint32_t {
  uses_none = 0, uses_encrypt = 1u << 0, uses_decrypt = 1u << 1, uses_digest = 1u << 2, uses_sign = 1u << 3,
  uses_sign_recover = 1u << 4, uses_verify = 1u << 5, uses_verify_recover = 1u << 6, uses_generate = 1u << 7,
  uses_generate_pair = 1u << 8, uses_wrap = 1u << 9, uses_unwrap = 1u << 10, uses_derive = 1u << 11,
  uses_encapsulate = 1u << 20, uses_decapsulate = 1u << 21,
};

/// Which keys a mechanism takes besides those of its own type.
enum class Takes : std::uint8_t {
  own,          ///< that type; for generic_secret also the HMAC types
  triple_des,   ///< DES keys of three parts or two
  any_des,      ///< those and single DES keys
  any_secret,   ///< every secret key
  agreement,    ///< EC and Montgomery keys
  any_private,  ///< every private key
};

/// One row per mechanism; the list, the info, every check and the documentation read it.
struct MechanismRow {
  struct Size {
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    Unit unit = Unit::none;
  };
  Mech id;
  std::string_view name;       ///< "CKM_AES_GCM"
  KeyType key = KeyType::generic_secret;  ///< the key it works with or makes; see keyed
  bool keyed = false;
  Takes takes = Takes::own;
  Size size;
  std::uint32_t uses = uses_none;
  Param param = Param::none;
  bool multipart = false;
  MessageForm message = MessageForm::none;  ///< of an AEAD
  bool makes_domain = false;                ///< generates domain parameters of that type, no key
};

/// Ascending by id.
std::span<const MechanismRow> all_mechanisms();
Result<const MechanismRow*> find_mechanism(std::uint64_t id);
bool takes_key(const MechanismRow& row, ObjectClass object_class, KeyType type);

/// The mechanism that encrypts or decrypts one message with `iv` and `associated`. mechanism_param_invalid when the parameter is not that
/// of the mechanism's messages.
Result<Mechanism> message_mechanism(const MechanismRow& row, const MessageParams& params, Bytes iv, ByteView associated);

}  // namespace hsm
