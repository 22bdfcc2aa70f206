#pragma once

#include "hsm/model/mechanism.h"
#include "pkcs11/entry.h"

namespace p11 {

/// The parameter of one AEAD message in the caller's memory: CK_GCM_MESSAGE_PARAMS and its relatives, told apart by their size. Read
/// before the call; the IV and the tag go back into it afterwards.
class MessageParameter {
 public:
  enum class Tag { made, given };
  /// mechanism_param_invalid for a structure that is none of those, a length without a pointer, or no place for the IV or the tag.
  static Result<MessageParameter> read(const void* parameter, CK_ULONG size, Tag tag);

  const hsm::MessageParams& values() const { return values_; }
  void give_iv(hsm::ByteView iv) const;
  void give_tag(hsm::ByteView tag) const;

 private:
  hsm::MessageParams values_;
  CK_BYTE_PTR iv_ = nullptr;
  CK_BYTE_PTR tag_ = nullptr;
};

/// True for a parameter that C_MessageEncryptInit and C_MessageDecryptInit take: that of a message, which they do not look into, or none.
bool is_message_parameter(const CK_MECHANISM& mechanism, hsm::MessageForm form);

}  // namespace p11
