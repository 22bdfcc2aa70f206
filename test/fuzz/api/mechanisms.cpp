#include "test/fuzz/api/mechanisms.h"

#include "pkcs11/keymantle.h"

namespace fuzz {
namespace {

using hsm::Param;

/// A key of these takes seconds to make: one input in hundreds may.
constexpr bool is_slow(const hsm::MechanismRow& row) {
  return (row.uses & hsm::uses_generate_pair) != 0 && (row.key == hsm::KeyType::rsa || row.key == hsm::KeyType::dh || row.key == hsm::KeyType::dsa);
}
constexpr std::size_t kSlowOnceIn = 255;

std::vector<CK_MECHANISM_TYPE> preferred;

enum class From { token, table };
std::vector<const hsm::MechanismRow*> rows_with(std::uint32_t uses, From from) {
  std::vector<const hsm::MechanismRow*> rows;
  for (const auto& row : hsm::all_mechanisms())
    if ((row.uses & uses) != 0 && (from == From::table || std::ranges::find(preferred, static_cast<CK_MECHANISM_TYPE>(row.id)) != preferred.end()))
      rows.push_back(&row);
  return rows;
}

}  // namespace

void MechanismMaker::prefer(std::vector<CK_MECHANISM_TYPE> mechanisms) { preferred = std::move(mechanisms); }

CK_MECHANISM_PTR MechanismMaker::make(std::uint32_t uses) {
  row_ = nullptr;
  if (choices_.once_in(64)) return nullptr;
  CK_MECHANISM mechanism{};
  if (choices_.once_in(32)) {
    mechanism.mechanism = choices_.number();
    const auto given = zeros();
    mechanism.pParameter = given.data;
    mechanism.ulParameterLen = given.size;
    return memory_.place_for(mechanism);
  }
  const auto wanted = choices_.once_in(16) ? ~0U : uses;
  auto rows = rows_with(wanted, choices_.once_in(16) ? From::table : From::token);
  if (rows.empty()) rows = rows_with(wanted, From::table);
  const auto* row = choices_.one_of(rows);
  if (is_slow(*row) && !choices_.once_in(kSlowOnceIn)) row = *hsm::find_mechanism(CKM_EC_KEY_PAIR_GEN);
  row_ = row;
  mechanism.mechanism = static_cast<CK_MECHANISM_TYPE>(row->id);
  const auto given = choices_.once_in(16) ? zeros() : parameter(row->param);
  mechanism.pParameter = given.data;
  mechanism.ulParameterLen = given.size;
  return memory_.place_for(mechanism);
}

/// In place of another structure: what it holds may be read as pointers, which no module can check.
In MechanismMaker::zeros() {
  const auto size = choices_.below(128);
  return {memory_.place(size), size};
}

In MechanismMaker::octets(std::size_t usual) {
  if (choices_.once_in(16)) return memory_.input(Limit::value);
  return memory_.input(choices_.once_in(16) ? Octets(choices_.octet(), 1) : Octets(usual, choices_.octet()));
}

CK_MECHANISM_TYPE MechanismMaker::hash() {
  return number({CKM_SHA256, CKM_SHA_1, CKM_SHA384, CKM_SHA512, CKM_SHA224, CKM_SHA3_256, CKM_SHA256_HMAC, CKM_AES_CMAC, CKM_MD5, CKM_TLS_PRF});
}

In MechanismMaker::gcm() {
  const auto iv = octets(12);
  const auto aad = octets(0);
  return structure(CK_GCM_PARAMS{.pIv = iv.data,
                                 .ulIvLen = iv.size,
                                 .ulIvBits = choices_.once_in(4) ? choices_.number() : iv.size * 8,
                                 .pAAD = aad.data,
                                 .ulAADLen = aad.size,
                                 .ulTagBits = number<CK_ULONG>({128, 96, 120, 32, 0})});
}

In MechanismMaker::ccm() {
  const auto nonce = octets(12);
  const auto aad = octets(0);
  return structure(CK_CCM_PARAMS{.ulDataLen = number<CK_ULONG>({16, 0, 32, 1, 4096}),
                                 .pNonce = nonce.data,
                                 .ulNonceLen = nonce.size,
                                 .pAAD = aad.data,
                                 .ulAADLen = aad.size,
                                 .ulMACLen = number<CK_ULONG>({16, 8, 4, 0})});
}

In MechanismMaker::pss() {
  return structure(CK_RSA_PKCS_PSS_PARAMS{
      .hashAlg = hash(), .mgf = number({CKG_MGF1_SHA256, CKG_MGF1_SHA1, CKG_MGF1_SHA384, CKG_MGF1_SHA512}), .sLen = number<CK_ULONG>({32, 20, 0, 64, 1024})});
}

CK_RSA_PKCS_OAEP_PARAMS MechanismMaker::oaep() {
  const auto label = octets(0);
  return {.hashAlg = hash(),
          .mgf = number({CKG_MGF1_SHA256, CKG_MGF1_SHA1, CKG_MGF1_SHA384, CKG_MGF1_SHA512}),
          .source = number<CK_RSA_PKCS_OAEP_SOURCE_TYPE>({CKZ_DATA_SPECIFIED, 0}),
          .pSourceData = label.data,
          .ulSourceDataLen = label.size};
}

In MechanismMaker::parameter(Param param) {
  switch (param) {
    case Param::none: return choices_.once_in(8) ? memory_.input(Limit::value) : In{};
    case Param::iv: return octets(16);
    case Param::optional_iv: return choices_.once_in(2) ? octets(8) : In{};
    case Param::raw: return octets(256);
    case Param::ctr: {
      CK_AES_CTR_PARAMS ctr{.ulCounterBits = number<CK_ULONG>({128, 32, 64, 1, 0}), .cb = {}};
      std::ranges::fill(ctr.cb, choices_.octet());
      return structure(ctr);
    }
    case Param::gcm: return gcm();
    case Param::ccm: return ccm();
    case Param::pss: return pss();
    case Param::oaep: return structure(oaep());
    case Param::ecdh1: {
      const auto shared = octets(0);
      const auto point = octets(65);
      return structure(CK_ECDH1_DERIVE_PARAMS{.kdf = number({CKD_NULL, CKD_SHA256_KDF, CKD_SHA1_KDF, CKD_SHA256_KDF_SP800}),
                                              .ulSharedDataLen = shared.size,
                                              .pSharedData = shared.data,
                                              .ulPublicDataLen = point.size,
                                              .pPublicData = point.data});
    }
    case Param::mac_general: return structure(number<CK_MAC_GENERAL_PARAMS>({16, 8, 4, 1, 0, 64}));
    case Param::aead: {
      const auto nonce = octets(12);
      const auto aad = octets(0);
      return structure(CK_SALSA20_CHACHA20_POLY1305_PARAMS{.pNonce = nonce.data, .ulNonceLen = nonce.size, .pAAD = aad.data, .ulAADLen = aad.size});
    }
    case Param::chacha20: {
      const auto counter = octets(4);
      const auto nonce = octets(12);
      const auto bits = [this](In of) { return choices_.once_in(16) && of.size != 0 ? of.size * 8 - 1 : of.size * 8; };
      return structure(CK_CHACHA20_PARAMS{.pBlockCounter = counter.data, .blockCounterBits = bits(counter), .pNonce = nonce.data, .ulNonceBits = bits(nonce)});
    }
    case Param::eddsa: {
      const auto context = octets(0);
      return choices_.once_in(4) ? In{} : structure(CK_EDDSA_PARAMS{.phFlag = yes_or_no(), .ulContextDataLen = context.size, .pContextData = context.data});
    }
    case Param::sign_context: {
      const auto context = octets(0);
      return choices_.once_in(4) ? In{} : structure(CK_SIGN_ADDITIONAL_CONTEXT{.hedgeVariant = number({CKH_HEDGE_PREFERRED, CKH_HEDGE_REQUIRED, CKH_DETERMINISTIC_REQUIRED}), .pContext = context.data, .ulContextLen = context.size});
    }
    case Param::hash_sign_context: {
      const auto context = octets(0);
      return structure(CK_HASH_SIGN_ADDITIONAL_CONTEXT{.hedgeVariant = number({CKH_HEDGE_PREFERRED, CKH_HEDGE_REQUIRED}), .pContext = context.data, .ulContextLen = context.size, .hash = hash()});
    }
    case Param::rsa_aes: {
      auto* inner = choices_.once_in(8) ? nullptr : memory_.place_for(oaep());
      return structure(CK_RSA_AES_KEY_WRAP_PARAMS{.ulAESKeyBits = number<CK_ULONG>({256, 128, 192, 0}), .pOAEPParams = inner});
    }
    case Param::ecdh_aes: {
      const auto shared = octets(0);
      return structure(CK_ECDH_AES_KEY_WRAP_PARAMS{.ulAESKeyBits = number<CK_ULONG>({256, 128, 192, 0}), .kdf = number({CKD_SHA256_KDF, CKD_NULL}), .ulSharedDataLen = shared.size, .pSharedData = shared.data});
    }
    case Param::otp: return one_time_password();
    case Param::tls_master:
    case Param::tls_extended_master:
    case Param::tls_key_block:
    case Param::tls_kdf:
    case Param::tls_mac: return of_tls(param);
    case Param::ike2_prf_plus:
    case Param::ike_prf:
    case Param::ike1_prf:
    case Param::ike1_extended: return of_ike(param);
    default: return derivation(param);
  }
}

In MechanismMaker::one_time_password() {
  if (choices_.once_in(4)) return {};
  std::vector<CK_OTP_PARAM> all;
  for (auto count = choices_.below(4); count > 0; --count) {
    const auto type = number({CK_OTP_COUNTER, CK_OTP_FLAGS, CK_OTP_OUTPUT_LENGTH, CK_OTP_OUTPUT_FORMAT, CK_OTP_PIN, CK_OTP_TIME, CK_OTP_CHALLENGE});
    const auto value = type == CK_OTP_FLAGS || type == CK_OTP_OUTPUT_LENGTH || type == CK_OTP_OUTPUT_FORMAT ? structure(number<CK_ULONG>({0, 6, 8, 0x20}))
                                                                                                          : octets(8);
    all.push_back({type, value.data, value.size});
  }
  CK_OTP_PARAMS params{nullptr, choices_.once_in(16) ? choices_.number() : 0};
  if (!all.empty()) {
    auto* at = memory_.place(all.size() * sizeof(CK_OTP_PARAM));
    std::memcpy(at, all.data(), all.size() * sizeof(CK_OTP_PARAM));
    params = {static_cast<CK_OTP_PARAM_PTR>(static_cast<void*>(at)), choices_.once_in(32) ? ~CK_ULONG{0} : all.size()};
  }
  return structure(params);
}

CK_PRF_DATA_PARAM MechanismMaker::field() {
  CK_PRF_DATA_PARAM field{.type = number({CK_SP800_108_ITERATION_VARIABLE, CK_SP800_108_BYTE_ARRAY, CK_SP800_108_DKM_LENGTH, CK_SP800_108_OPTIONAL_COUNTER}), .pValue = nullptr, .ulValueLen = 0};
  const auto width = number<CK_ULONG>({32, 8, 16, 24, 64, 0});
  In value;
  switch (field.type) {
    case CK_SP800_108_ITERATION_VARIABLE:
      if (choices_.once_in(2)) break;
      [[fallthrough]];
    case CK_SP800_108_OPTIONAL_COUNTER: value = structure(CK_SP800_108_COUNTER_FORMAT{yes_or_no(), width}); break;
    case CK_SP800_108_DKM_LENGTH: value = structure(CK_SP800_108_DKM_LENGTH_FORMAT{number<CK_ULONG>({1, 2}), yes_or_no(), width}); break;
    default: value = octets(8);
  }
  field.pValue = value.data;
  field.ulValueLen = value.size;
  return field;
}

CK_DERIVED_KEY_PTR MechanismMaker::additional_keys(CK_ULONG& count) {
  if (choices_.once_in(16)) return count = choices_.number(), nullptr;
  count = choices_.once_in(4) ? 1 + choices_.below(3) : 0;
  if (count == 0) return nullptr;
  std::vector<CK_DERIVED_KEY> all;
  for (CK_ULONG i = 0; i < count; ++i) {
    const CK_ULONG length = number<CK_ULONG>({16, 32, 0, 65536});
    auto* const value = memory_.place_for(length);
    const CK_ATTRIBUTE attribute{choices_.once_in(16) ? choices_.number() : CKA_VALUE_LEN, value, sizeof length};
    all.push_back({choices_.once_in(16) ? nullptr : memory_.place_for(attribute), choices_.once_in(32) ? 0UL : 1UL,
                   choices_.once_in(16) ? nullptr : memory_.place_for(CK_OBJECT_HANDLE{0})});
  }
  auto* at = memory_.place(count * sizeof(CK_DERIVED_KEY));
  std::memcpy(at, all.data(), count * sizeof(CK_DERIVED_KEY));
  return static_cast<CK_DERIVED_KEY_PTR>(static_cast<void*>(at));
}

CK_PRF_DATA_PARAM_PTR MechanismMaker::fields(CK_ULONG& count) {
  count = choices_.below(5);
  if (choices_.once_in(16)) return count = choices_.number(), nullptr;
  std::vector<CK_PRF_DATA_PARAM> all;
  for (CK_ULONG i = 0; i < count; ++i) all.push_back(field());
  auto* at = memory_.place(count * sizeof(CK_PRF_DATA_PARAM));
  if (count != 0) std::memcpy(at, all.data(), count * sizeof(CK_PRF_DATA_PARAM));
  if (choices_.once_in(32)) count = ~CK_ULONG{0};  // more than any key derivation has
  return static_cast<CK_PRF_DATA_PARAM_PTR>(static_cast<void*>(at));
}

In MechanismMaker::derivation(Param param) {
  const auto data = octets(16);
  switch (param) {
    case Param::string_data: return structure(CK_KEY_DERIVATION_STRING_DATA{data.data, data.size});
    case Param::cbc_data: {
      CK_AES_CBC_ENCRYPT_DATA_PARAMS cbc{.iv = {}, .pData = data.data, .length = data.size};
      return structure(cbc);
    }
    case Param::extract: return structure(number<CK_EXTRACT_PARAMS>({0, 1, 8, 127, 128, 256}));
    case Param::key: return structure(keys_.empty() ? CK_OBJECT_HANDLE{0} : choices_.one_of(keys_));
    case Param::hkdf: {
      const auto info = octets(4);
      return structure(CK_HKDF_PARAMS{.bExtract = yes_or_no(),
                                      .bExpand = yes_or_no(),
                                      .prfHashMechanism = hash(),
                                      .ulSaltType = number<CK_ULONG>({2, 1, 4, 0}),
                                      .pSalt = data.data,
                                      .ulSaltLen = data.size,
                                      .hSaltKey = keys_.empty() ? CK_OBJECT_HANDLE{0} : choices_.one_of(keys_),
                                      .pInfo = info.data,
                                      .ulInfoLen = info.size});
    }
    case Param::kbkdf: {
      CK_SP800_108_KDF_PARAMS kdf{.prfType = hash()};
      kdf.pDataParams = fields(kdf.ulNumberOfDataParams);
      kdf.pAdditionalDerivedKeys = additional_keys(kdf.ulAdditionalDerivedKeys);
      return structure(kdf);
    }
    case Param::kbkdf_feedback: {
      CK_SP800_108_FEEDBACK_KDF_PARAMS kdf{.prfType = hash()};
      kdf.pDataParams = fields(kdf.ulNumberOfDataParams);
      kdf.pIV = data.data;
      kdf.ulIVLen = data.size;
      kdf.pAdditionalDerivedKeys = additional_keys(kdf.ulAdditionalDerivedKeys);
      return structure(kdf);
    }
    case Param::pbkdf2: {
      const auto password = octets(8);
      // Few rounds, or more than are allowed: what lies between only takes long.
      return structure(CK_PKCS5_PBKD2_PARAMS2{.saltSource = number<CK_ULONG>({CKZ_SALT_SPECIFIED}),
                                              .pSaltSourceData = data.data,
                                              .ulSaltSourceDataLen = data.size,
                                              .iterations = choices_.once_in(8) ? ~CK_ULONG{0} : choices_.below(8),
                                              .prf = choices_.below(10),
                                              .pPrfData = nullptr,
                                              .ulPrfDataLen = choices_.once_in(8) ? choices_.number() : 0,
                                              .pPassword = password.data,
                                              .ulPasswordLen = password.size});
    }
    case Param::pbe: {
      const auto password = octets(10);
      auto* iv = choices_.once_in(8) ? nullptr : memory_.place(8);
      return structure(CK_PBE_PARAMS{iv, password.data, password.size, data.data, data.size, choices_.once_in(8) ? ~CK_ULONG{0} : choices_.below(8)});
    }
    case Param::ssh_kdf: {
      const auto session = octets(20);
      return structure(KM_SSH_KDF_PARAMS{hash(), number<CK_ULONG>({'A', 'C', 'F', 'G', 0}), data.data, data.size, session.data, session.size});
    }
    default: return octets(16);
  }
}

In MechanismMaker::message_parameter() {
  // The place of the IV and of the tag are written: their sizes must be true.
  const auto place = [this](std::size_t usual) {
    if (choices_.once_in(16)) return In{nullptr, choices_.number()};
    const auto size = choices_.once_in(16) ? choices_.octet() : usual;
    auto* data = memory_.place(size);
    std::fill_n(data, size, choices_.octet());
    return In{data, size};
  };
  const auto iv = place(12);
  const auto tag = place(16);
  const auto too_long = choices_.once_in(16);
  return structure(CK_GCM_MESSAGE_PARAMS{.pIv = iv.data,
                                         .ulIvLen = too_long ? ~CK_ULONG{0} : iv.size,
                                         .ulIvFixedBits = number<CK_ULONG>({0, 32, 96, 64, 95, 97}),
                                         .ivGenerator = number({CKG_NO_GENERATE, CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_RANDOM, CKG_GENERATE_COUNTER_XOR}),
                                         .pTag = tag.data,
                                         .ulTagBits = choices_.once_in(16) ? ~CK_ULONG{0} - 7 : tag.size * 8});
}

}  // namespace fuzz
