#pragma once

#include "kms/p11/connection.h"
#include "kms/p11/template.h"

namespace kms::p11 {

/// What every root key is: it wraps and unwraps data keys and does nothing else, so that no C_Decrypt can be made to
/// unwrap in the clear. Data keys come out readable, which its templates say: a strict token unwraps readable keys only
/// under a key that wraps nothing but readable ones.
class WrappingKeyTemplate {
 public:
  explicit WrappingKeyTemplate(const ObjectName& name) {
    wrapped_.flag(CKA_SENSITIVE, false);
    unwrapped_.flag(CKA_SENSITIVE, false).flag(CKA_EXTRACTABLE, true);
    all_.number(CKA_CLASS, CKO_SECRET_KEY)
        .number(CKA_KEY_TYPE, CKK_AES)
        .flag(CKA_TOKEN, true)
        .flag(CKA_PRIVATE, true)
        .flag(CKA_SENSITIVE, true)
        .flag(CKA_EXTRACTABLE, false)
        .flag(CKA_ENCRYPT, false)
        .flag(CKA_DECRYPT, false)
        .flag(CKA_WRAP, true)
        .flag(CKA_UNWRAP, true)
        .nested(CKA_WRAP_TEMPLATE, wrapped_)
        .nested(CKA_UNWRAP_TEMPLATE, unwrapped_)
        .bytes(CKA_ID, name.id)
        .bytes(CKA_LABEL, hsm::view(name.label));
  }
  Template& all() { return all_; }

 private:
  Template wrapped_, unwrapped_, all_;
};

}  // namespace kms::p11
