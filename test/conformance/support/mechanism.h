// A mechanism with the parameter it points to.
#pragma once

#include <deque>

#include "bytes.h"

namespace conformance {

// Move-only: the parameter points into buffers the mechanism owns.
class Mechanism {
 public:
  Mechanism(CK_MECHANISM_TYPE type) : type_(type) {}  // implicit: most mechanisms have no parameter
  Mechanism(CK_MECHANISM_TYPE type, ByteView parameter) : type_(type), parameter_(parameter) {}
  Mechanism(Mechanism&&) = default;
  Mechanism(const Mechanism&) = delete;

  CK_MECHANISM_PTR raw();
  CK_MECHANISM_TYPE type() const { return type_; }

  static Mechanism gcm(ByteView iv, ByteView aad = {}, CK_ULONG tag_bits = 128);
  static Mechanism ctr(ByteView counter_block, CK_ULONG counter_bits = 128);
  static Mechanism pss(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf, CK_ULONG salt_length);
  static Mechanism oaep(CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf, ByteView label = {});
  static Mechanism ecdh(ByteView public_point, CK_EC_KDF_TYPE kdf = CKD_NULL, ByteView shared = {});
  static Mechanism mac_general(CK_MECHANISM_TYPE type, CK_MAC_GENERAL_PARAMS length);
  static Mechanism encrypt_data(CK_MECHANISM_TYPE type, ByteView data);
  // What `parameter` points to must outlive the mechanism.
  template <class Parameter>
  static Mechanism of(CK_MECHANISM_TYPE type, const Parameter& parameter) {
    Mechanism m(type);
    m.set(parameter);
    return m;
  }

 private:
  template <class Parameter>
  void set(const Parameter& parameter) {
    parameter_ = Bytes(ByteView(reinterpret_cast<const CK_BYTE*>(&parameter), sizeof parameter));
  }
  CK_BYTE_PTR keep(ByteView bytes);

  CK_MECHANISM_TYPE type_;
  Bytes parameter_;
  std::deque<Bytes> kept_;
  CK_MECHANISM raw_{};
};

}  // namespace conformance
