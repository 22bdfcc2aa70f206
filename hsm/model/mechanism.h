#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <variant>

#include "hsm/base/bytes.h"
#include "hsm/base/result.h"
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
/// Which structure goes with each message of an AEAD: CK_GCM_MESSAGE_PARAMS ...
enum class MessageForm : std::uint8_t { none, gcm };
struct MessageParams {
  MessageForm form = MessageForm::none;
  Bytes iv;  ///< given, or with a generator the place to fill: its first `fixed_bits` bits hold
  std::uint64_t fixed_bits = 0;
  std::uint64_t generator = 0;  ///< Generator, or a number that is refused
  std::uint64_t tag_bits = 0;
  Bytes tag;  ///< what is to be checked when decrypting
  static constexpr auto fields = std::tuple{&MessageParams::form,      &MessageParams::iv,       &MessageParams::fixed_bits,
                                            &MessageParams::generator, &MessageParams::tag_bits, &MessageParams::tag};
};
struct RawParams {  ///< a parameter of a mechanism that we do not know
  Bytes octets;
  static constexpr auto fields = std::tuple{&RawParams::octets};
};

/// A mechanism and its parameter, as a request carries them.
struct Mechanism {
  using Params = std::variant<std::monostate, IvParams, CtrParams, GcmParams, PssParams, OaepParams, Ecdh1Params,
                              MacGeneralParams, RawParams>;
  std::uint64_t type = 0;
  Params params;
  static constexpr auto fields = std::tuple{&Mechanism::type, &Mechanism::params};
};

/// Which parameter a mechanism takes: tells the boundary what structure to read.
enum class Param : std::uint8_t { none, iv, optional_iv, ctr, gcm, pss, oaep, ecdh1, mac_general };

enum class Unit : std::uint8_t { none, bits, bytes };

/// What a mechanism may be used for, as bits.
enum Uses : std::uint32_t {
  uses_none = 0, uses_encrypt = 1u << 0, uses_decrypt = 1u << 1, uses_digest = 1u << 2, uses_sign = 1u << 3,
  uses_sign_recover = 1u << 4, uses_verify = 1u << 5, uses_verify_recover = 1u << 6, uses_generate = 1u << 7,
  uses_generate_pair = 1u << 8, uses_wrap = 1u << 9, uses_unwrap = 1u << 10, uses_derive = 1u << 11,
  uses_encapsulate = 1u << 20, uses_decapsulate = 1u << 21,
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
  Size size;
  std::uint32_t uses = uses_none;
  Param param = Param::none;
  bool multipart = false;
  MessageForm message = MessageForm::none;  ///< of an AEAD
};

/// Ascending by id.
std::span<const MechanismRow> all_mechanisms();
Result<const MechanismRow*> find_mechanism(std::uint64_t id);

/// The mechanism that encrypts or decrypts one message with `iv` and `associated`. mechanism_param_invalid when the parameter is not that
/// of the mechanism's messages.
Result<Mechanism> message_mechanism(const MechanismRow& row, const MessageParams& params, Bytes iv, ByteView associated);

}  // namespace hsm
