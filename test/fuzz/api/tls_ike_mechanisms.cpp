#include "test/fuzz/api/mechanisms.h"

// The structures of TLS and IKE, some of which are written to: the places that they name are as long as the largest that may be written.

namespace fuzz {

using hsm::Param;

CK_OBJECT_HANDLE MechanismMaker::key() { return keys_.empty() || choices_.once_in(8) ? choices_.number() : choices_.one_of(keys_); }

CK_SSL3_RANDOM_DATA MechanismMaker::randoms() {
  const auto client = octets(32);
  const auto server = octets(32);
  return {client.data, client.size, server.data, server.size};
}

In MechanismMaker::of_tls(Param param) {
  const bool older = row_ != nullptr && row_->name.starts_with("CKM_TLS_");
  auto* const version = choices_.once_in(2) ? nullptr : memory_.place_for(CK_VERSION{});
  switch (param) {
    case Param::tls_master: {
      const auto both = randoms();
      if (older) return structure(CK_SSL3_MASTER_KEY_DERIVE_PARAMS{both, version});
      return structure(CK_TLS12_MASTER_KEY_DERIVE_PARAMS{both, version, hash()});
    }
    case Param::tls_extended_master: {
      const auto session = octets(32);
      return structure(CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS{hash(), session.data, session.size, version});
    }
    case Param::tls_key_block: {
      constexpr std::size_t kLongestIv = 16;
      CK_SSL3_KEY_MAT_OUT out{1, 2, 3, 4, memory_.place(kLongestIv), memory_.place(kLongestIv)};
      if (choices_.once_in(16)) out.pIVServer = nullptr;
      auto* const place = choices_.once_in(16) ? nullptr : memory_.place_for(out);
      const auto mac = number<CK_ULONG>({160, 256, 0, 128, 7, 1024}), key = number<CK_ULONG>({128, 256, 0, 192, 7});
      const auto iv = number<CK_ULONG>({128, 0, 32, 96, 136});
      const auto exported = static_cast<CK_BBOOL>(choices_.once_in(16) ? choices_.octet() : CK_FALSE);
      const auto both = randoms();
      if (older) return structure(CK_SSL3_KEY_MAT_PARAMS{mac, key, iv, exported, both, place});
      return structure(CK_TLS12_KEY_MAT_PARAMS{mac, key, iv, exported, both, place, hash()});
    }
    case Param::tls_kdf: {
      const auto label = octets(12);
      const auto context = octets(0);
      return structure(CK_TLS_KDF_PARAMS{hash(), label.data, label.size, randoms(), context.data, context.size});
    }
    default: return structure(CK_TLS_MAC_PARAMS{hash(), number<CK_ULONG>({12, 11, 64, 65, 0}), number<CK_ULONG>({1, 2, 0, 3})});
  }
}

In MechanismMaker::of_ike(Param param) {
  const auto one = octets(8);
  const auto other = octets(8);
  switch (param) {
    case Param::ike2_prf_plus: return structure(CK_IKE2_PRF_PLUS_DERIVE_PARAMS{hash(), yes_or_no(), key(), one.data, one.size});
    case Param::ike_prf:
      return structure(CK_IKE_PRF_DERIVE_PARAMS{hash(), yes_or_no(), yes_or_no(), one.data, one.size, other.data, other.size, key()});
    case Param::ike1_prf:
      return structure(CK_IKE1_PRF_DERIVE_PARAMS{hash(), yes_or_no(), key(), key(), one.data, one.size, other.data, other.size, choices_.octet()});
    default: return structure(CK_IKE1_EXTENDED_DERIVE_PARAMS{hash(), yes_or_no(), key(), one.data, one.size});
  }
}

}  // namespace fuzz
