#include "pkcs11/message_parameter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "pkcs11/parameters.h"

namespace p11 {
namespace {

using hsm::MessageForm;

constexpr CK_ULONG kMostIv = 256;
constexpr CK_ULONG kMostTagBits = 128;

/// What the structures have in common.
struct Fields {
  CK_BYTE_PTR iv;
  CK_ULONG iv_size, fixed_bits;
  CK_GENERATOR_FUNCTION generator;
  CK_BYTE_PTR tag;
  CK_ULONG tag_bits;
  CK_ULONG data_size;
};

/// The caller's pointer need not be aligned for the structure.
template <class T>
T read_as(const void* parameter) {
  T value;
  std::memcpy(&value, parameter, sizeof value);
  return value;
}

Fields read_gcm(const void* parameter) {
  const auto p = read_as<CK_GCM_MESSAGE_PARAMS>(parameter);
  return {p.pIv, p.ulIvLen, p.ulIvFixedBits, p.ivGenerator, p.pTag, p.ulTagBits, 0};
}

Fields read_ccm(const void* parameter) {
  const auto p = read_as<CK_CCM_MESSAGE_PARAMS>(parameter);
  const auto tag_bits = p.ulMACLen > kMostTagBits ? p.ulMACLen : 8 * p.ulMACLen;  // what is too long stays too long
  return {p.pNonce, p.ulNonceLen, p.ulNonceFixedBits, p.nonceGenerator, p.pMAC, tag_bits, p.ulDataLen};
}

Fields read_chacha20_poly1305(const void* parameter) {
  const auto p = read_as<CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS>(parameter);
  return {p.pNonce, nonce_octets(p.ulNonceLen), 0, CKG_NO_GENERATE, p.pTag, kMostTagBits, 0};
}

struct Layout {
  MessageForm form;
  CK_ULONG size;
  Fields (*read)(const void*);
};
constexpr auto kLayouts = std::to_array<Layout>({
    {MessageForm::gcm, sizeof(CK_GCM_MESSAGE_PARAMS), read_gcm},
    {MessageForm::ccm, sizeof(CK_CCM_MESSAGE_PARAMS), read_ccm},
    {MessageForm::chacha20_poly1305, sizeof(CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS), read_chacha20_poly1305},
});
static_assert(kLayouts[0].size != kLayouts[1].size && kLayouts[1].size != kLayouts[2].size && kLayouts[0].size != kLayouts[2].size);

}  // namespace

Result<MessageParameter> MessageParameter::read(const void* parameter, CK_ULONG size, Tag tag) {
  const auto layout = std::ranges::find(kLayouts, size, &Layout::size);
  if (parameter == nullptr || layout == kLayouts.end())
    return fail(Rv::mechanism_param_invalid, "the parameter is not the structure of a message");
  const auto given = layout->read(parameter);
  if (given.iv == nullptr || given.iv_size == 0 || given.iv_size > kMostIv)
    return fail(Rv::mechanism_param_invalid, "no IV of 1 to 256 octets in the parameter");
  if (given.tag == nullptr || given.tag_bits > kMostTagBits || given.tag_bits % 8 != 0)
    return fail(Rv::mechanism_param_invalid, "no place for a tag of at most 128 bits in the parameter");
  MessageParameter read;
  read.iv_ = given.iv;
  read.tag_ = given.tag;
  read.values_ = {layout->form,     hsm::Bytes(given.iv, given.iv + given.iv_size),
                  given.fixed_bits, given.generator,
                  given.tag_bits,   {},
                  given.data_size};
  if (tag == Tag::given) read.values_.tag.assign(given.tag, given.tag + given.tag_bits / 8);
  return read;
}

void MessageParameter::give_iv(hsm::ByteView iv) const {
  std::ranges::copy(iv.first(std::min(iv.size(), values_.iv.size())), iv_);
}

void MessageParameter::give_tag(hsm::ByteView tag) const {
  std::ranges::copy(tag.first(std::min<std::size_t>(tag.size(), values_.tag_bits / 8)), tag_);
}

bool is_message_parameter(const CK_MECHANISM& mechanism, MessageForm form) {
  if (mechanism.ulParameterLen == 0) return true;
  const auto layout = std::ranges::find(kLayouts, form, &Layout::form);
  return layout != kLayouts.end() && mechanism.ulParameterLen == layout->size;
}

}  // namespace p11
