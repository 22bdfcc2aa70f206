#include "mechanism.h"

#include <algorithm>

namespace conformance {

CK_MECHANISM_PTR Mechanism::raw() {
  raw_ = {type_, parameter_.empty() ? nullptr : parameter_.data(), parameter_.size()};
  return &raw_;
}

CK_BYTE_PTR Mechanism::keep(ByteView bytes) {
  if (bytes.empty()) return nullptr;
  return kept_.emplace_back(bytes).data();
}

Mechanism Mechanism::gcm(ByteView iv, ByteView aad, CK_ULONG tag_bits) {
  Mechanism m(CKM_AES_GCM);
  m.set(CK_GCM_PARAMS{.pIv = m.keep(iv),
                      .ulIvLen = iv.size(),
                      .ulIvBits = iv.size() * 8,
                      .pAAD = m.keep(aad),
                      .ulAADLen = aad.size(),
                      .ulTagBits = tag_bits});
  return m;
}

Mechanism Mechanism::ctr(ByteView counter_block, CK_ULONG counter_bits) {
  Mechanism m(CKM_AES_CTR);
  CK_AES_CTR_PARAMS parameter{.ulCounterBits = counter_bits, .cb = {}};
  std::ranges::copy_n(counter_block.begin(), 16, parameter.cb);
  m.set(parameter);
  return m;
}

Mechanism Mechanism::pss(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf,
                         CK_ULONG salt_length) {
  Mechanism m(type);
  m.set(CK_RSA_PKCS_PSS_PARAMS{.hashAlg = hash, .mgf = mgf, .sLen = salt_length});
  return m;
}

Mechanism Mechanism::oaep(CK_MECHANISM_TYPE hash, CK_RSA_PKCS_MGF_TYPE mgf, ByteView label) {
  Mechanism m(CKM_RSA_PKCS_OAEP);
  m.set(CK_RSA_PKCS_OAEP_PARAMS{.hashAlg = hash,
                                .mgf = mgf,
                                .source = CKZ_DATA_SPECIFIED,
                                .pSourceData = m.keep(label),
                                .ulSourceDataLen = label.size()});
  return m;
}

Mechanism Mechanism::ecdh(ByteView public_point, CK_EC_KDF_TYPE kdf, ByteView shared) {
  Mechanism m(CKM_ECDH1_DERIVE);
  m.set(CK_ECDH1_DERIVE_PARAMS{.kdf = kdf,
                               .ulSharedDataLen = shared.size(),
                               .pSharedData = m.keep(shared),
                               .ulPublicDataLen = public_point.size(),
                               .pPublicData = m.keep(public_point)});
  return m;
}

Mechanism Mechanism::mac_general(CK_MECHANISM_TYPE type, CK_MAC_GENERAL_PARAMS length) {
  Mechanism m(type);
  m.set(length);
  return m;
}

Mechanism Mechanism::encrypt_data(CK_MECHANISM_TYPE type, ByteView data) {
  Mechanism m(type);
  m.set(CK_KEY_DERIVATION_STRING_DATA{.pData = m.keep(data), .ulLen = data.size()});
  return m;
}

}  // namespace conformance
