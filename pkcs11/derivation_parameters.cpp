#include <sys/uio.h>
#include <unistd.h>

#include "pkcs11/attributes.h"
#include "pkcs11/keymantle.h"
#include "pkcs11/parameters.h"

namespace p11 {
namespace {

using hsm::Param;
using hsm::PrfField;
using Params = hsm::Mechanism::Params;

Result<Params> read_string_data(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_KEY_DERIVATION_STRING_DATA>(from));
  return Params(hsm::DataParams{{}, TRY(copy(given.pData, given.ulLen))});
}

template <class Given>
Result<Params> read_cbc_data(const CK_MECHANISM& from) {
  const auto given = TRY(structure<Given>(from));
  auto data = TRY(copy(given.pData, given.length));
  return Params(hsm::DataParams{hsm::Bytes(std::begin(given.iv), std::end(given.iv)), std::move(data)});
}

std::optional<std::uint64_t> key_if(CK_BBOOL there, CK_OBJECT_HANDLE key) {
  return there != CK_FALSE ? std::optional<std::uint64_t>(key) : std::nullopt;
}

Result<Params> read_ike2_prf_plus(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_IKE2_PRF_PLUS_DERIVE_PARAMS>(from));
  auto seed = TRY(copy(given.pSeedData, given.ulSeedDataLen));
  return Params(hsm::Ike2PrfPlusParams{given.prfMechanism, key_if(given.bHasSeedKey, given.hSeedKey), std::move(seed)});
}

Result<Params> read_ike_prf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_IKE_PRF_DERIVE_PARAMS>(from));
  auto initiator = TRY(copy(given.pNi, given.ulNiLen));
  auto responder = TRY(copy(given.pNr, given.ulNrLen));
  return Params(hsm::IkePrfParams{given.prfMechanism, given.bDataAsKey != CK_FALSE, std::move(initiator), std::move(responder),
                                  key_if(given.bRekey, given.hNewKey)});
}

Result<Params> read_ike1_prf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_IKE1_PRF_DERIVE_PARAMS>(from));
  auto initiator = TRY(copy(given.pCKYi, given.ulCKYiLen));
  auto responder = TRY(copy(given.pCKYr, given.ulCKYrLen));
  return Params(hsm::Ike1PrfParams{given.prfMechanism, given.hKeygxy, key_if(given.bHasPrevKey, given.hPrevKey), std::move(initiator),
                                   std::move(responder), given.keyNumber});
}

Result<Params> read_ike1_extended(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_IKE1_EXTENDED_DERIVE_PARAMS>(from));
  auto extra = TRY(copy(given.pExtraData, given.ulExtraDataLen));
  return Params(hsm::Ike1ExtendedParams{given.prfMechanism, key_if(given.bHasKeygxy, given.hKeygxy), std::move(extra)});
}

Result<Params> read_hkdf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_HKDF_PARAMS>(from));
  auto salt = TRY(copy(given.pSalt, given.ulSaltLen));
  auto info = TRY(copy(given.pInfo, given.ulInfoLen));
  return Params(hsm::HkdfParams{given.bExtract != CK_FALSE, given.bExpand != CK_FALSE, given.prfHashMechanism, given.ulSaltType,
                                std::move(salt), given.hSaltKey, std::move(info)});
}

Result<PrfField> read_field(const CK_PRF_DATA_PARAM& given, bool counts) {
  PrfField field;
  field.type = static_cast<PrfField::Type>(given.type);
  switch (field.type) {
    case PrfField::Type::iteration:
      if (!counts) {
        if (given.ulValueLen != 0) return fail(Rv::mechanism_param_invalid, "this iteration variable has no format");
        return field;
      }
      [[fallthrough]];
    case PrfField::Type::counter: {
      const auto format = TRY(structure_at<CK_SP800_108_COUNTER_FORMAT>(given.pValue, given.ulValueLen));
      field.width = format.ulWidthInBits;
      field.little_endian = format.bLittleEndian != CK_FALSE;
      return field;
    }
    case PrfField::Type::key_length: {
      const auto format = TRY(structure_at<CK_SP800_108_DKM_LENGTH_FORMAT>(given.pValue, given.ulValueLen));
      if (format.dkmLengthMethod != CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS && format.dkmLengthMethod != CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS)
        return fail(Rv::mechanism_param_invalid, "an unknown way to count the length of the key");
      field.width = format.ulWidthInBits;
      field.little_endian = format.bLittleEndian != CK_FALSE;
      field.of_segments = format.dkmLengthMethod == CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS;
      return field;
    }
    case PrfField::Type::octets:
      field.data = TRY(copy(given.pValue, given.ulValueLen));
      return field;
  }
  return fail(Rv::mechanism_param_invalid, "an unknown type of input to the pseudo-random function");
}

Result<std::vector<PrfField>> read_fields(const CK_PRF_DATA_PARAM* given, CK_ULONG count, bool counts) {
  constexpr CK_ULONG kMostFields = 64;
  if (count > kMostFields || (given == nullptr && count != 0))
    return fail(Rv::mechanism_param_invalid, "the inputs of the pseudo-random function are missing or too many");
  std::vector<PrfField> fields;
  for (CK_ULONG i = 0; i < count; ++i)
    fields.push_back(TRY(read_field(TRY(structure_at<CK_PRF_DATA_PARAM>(given + i, sizeof *given)), counts)));
  return fields;
}

/// The additional keys that a parameter of SP 800-108 asks for.
struct AdditionalKeys {
  CK_DERIVED_KEY_PTR first = nullptr;
  CK_ULONG count = 0;
};

Result<AdditionalKeys> additional_keys(const CK_MECHANISM& from) {
  if (from.mechanism == CKM_SP800_108_FEEDBACK_KDF) {
    const auto given = TRY(structure<CK_SP800_108_FEEDBACK_KDF_PARAMS>(from));
    return AdditionalKeys{given.pAdditionalDerivedKeys, given.ulAdditionalDerivedKeys};
  }
  if (from.mechanism != CKM_SP800_108_COUNTER_KDF && from.mechanism != CKM_SP800_108_DOUBLE_PIPELINE_KDF) return AdditionalKeys{};
  const auto given = TRY(structure<CK_SP800_108_KDF_PARAMS>(from));
  return AdditionalKeys{given.pAdditionalDerivedKeys, given.ulAdditionalDerivedKeys};
}

Result<CK_DERIVED_KEY> additional_key(const AdditionalKeys& keys, CK_ULONG i) {
  const auto key = TRY(structure_at<CK_DERIVED_KEY>(keys.first + i, sizeof(CK_DERIVED_KEY)));
  if (key.phKey == nullptr) return fail(Rv::mechanism_param_invalid, "an additional key has no place for its handle");
  return key;
}

Result<Params> read_kbkdf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_SP800_108_KDF_PARAMS>(from));
  const bool counts = from.mechanism == CKM_SP800_108_COUNTER_KDF;
  return Params(hsm::KbkdfParams{given.prfType, TRY(read_fields(given.pDataParams, given.ulNumberOfDataParams, counts)), {}});
}

Result<Params> read_kbkdf_feedback(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_SP800_108_FEEDBACK_KDF_PARAMS>(from));
  auto fields = TRY(read_fields(given.pDataParams, given.ulNumberOfDataParams, false));
  auto iv = TRY(copy(given.pIV, given.ulIVLen));
  return Params(hsm::KbkdfParams{given.prfType, std::move(fields), std::move(iv)});
}

/// Up to 2.40 the structure, CK_PKCS5_PBKD2_PARAMS, had in the place of the password's length a pointer to it, and was as long: NSS still
/// gives that one. What is too long for a password is taken for such a pointer, and read by the kernel, so that a length that is neither
/// is refused and not followed.
CK_ULONG password_length(CK_ULONG given) {
  if (given <= kMostOctets) return given;
  CK_ULONG length = 0;
  const iovec here{&length, sizeof length};
  const iovec there{reinterpret_cast<void*>(given), sizeof length};
  return ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0) == static_cast<ssize_t>(sizeof length) ? length : given;
}

Result<Params> read_pbkdf2(const CK_MECHANISM& from) {
  auto given = TRY(structure<CK_PKCS5_PBKD2_PARAMS2>(from));
  given.ulPasswordLen = password_length(given.ulPasswordLen);
  if (given.saltSource != CKZ_SALT_SPECIFIED) return fail(Rv::mechanism_param_invalid, "PBKDF2 with an unknown source of its salt");
  if ((given.pPassword == nullptr && given.ulPasswordLen != 0) || given.ulPasswordLen > kMostOctets)
    return fail(Rv::mechanism_param_invalid, "the password has no pointer or is too long");
  auto password = std::make_shared<const hsm::Secret>(hsm::Secret::copy_of({given.pPassword, given.ulPasswordLen}));
  return Params(hsm::Pbkdf2Params{TRY(copy(given.pSaltSourceData, given.ulSaltSourceDataLen)), given.iterations, given.prf,
                                  std::move(password)});
}

Result<Params> read_pbe(const CK_MECHANISM& from) {
  const auto given = TRY(structure<CK_PBE_PARAMS>(from));
  if ((given.pPassword == nullptr && given.ulPasswordLen != 0) || given.ulPasswordLen > kMostOctets)
    return fail(Rv::mechanism_param_invalid, "the password has no pointer or is too long");
  auto password = std::make_shared<const hsm::Secret>(hsm::Secret::copy_of({given.pPassword, given.ulPasswordLen}));
  return Params(hsm::PbeParams{TRY(copy(given.pSalt, given.ulSaltLen)), given.ulIteration, std::move(password)});
}

Result<Params> read_ssh_kdf(const CK_MECHANISM& from) {
  const auto given = TRY(structure<KM_SSH_KDF_PARAMS>(from));
  auto exchange = TRY(copy(given.pExchangeHash, given.ulExchangeHashLen));
  auto session = TRY(copy(given.pSessionId, given.ulSessionIdLen));
  return Params(hsm::SshKdfParams{given.hashMechanism, given.letter, std::move(exchange), std::move(session)});
}

}  // namespace

Result<std::vector<hsm::Template>> read_additional_keys(const CK_MECHANISM& from) {
  const auto keys = TRY(additional_keys(from));
  if (keys.count > hsm::request::DeriveKey::kMostAdditional || (keys.first == nullptr && keys.count != 0))
    return fail(Rv::mechanism_param_invalid, "the additional keys are missing or too many");
  std::vector<hsm::Template> templates;
  for (CK_ULONG i = 0; i < keys.count; ++i) {
    const auto key = TRY(additional_key(keys, i));
    templates.push_back(TRY(read_template(key.pTemplate, key.ulAttributeCount)));
  }
  return templates;
}

Status give_additional_keys(const CK_MECHANISM& from, const std::vector<hsm::ObjectHandle>& handles) {
  const auto keys = TRY(additional_keys(from));
  if (handles.size() != keys.count)
    return fail(Rv::general_error, "the device answered with other keys than were asked for");
  for (CK_ULONG i = 0; i < keys.count; ++i) {
    const CK_OBJECT_HANDLE handle = handles[i];
    std::memcpy(TRY(additional_key(keys, i)).phKey, &handle, sizeof handle);
  }
  return Done{};
}

bool gives_iv(const CK_MECHANISM& mechanism) {
  return mechanism.mechanism == CKM_PBE_SHA1_DES3_EDE_CBC || mechanism.mechanism == CKM_PBE_SHA1_DES2_EDE_CBC;
}

Status give_iv(const CK_MECHANISM& from, const hsm::Bytes& iv) {
  constexpr std::size_t kIv = 8;
  const auto asked = TRY(structure<CK_PBE_PARAMS>(from));
  if (iv.size() != kIv) return fail(Rv::general_error, "the device answered without the IV that was asked for");
  if (asked.pInitVector != nullptr) std::memcpy(asked.pInitVector, iv.data(), kIv);
  return Done{};
}

Result<hsm::Mechanism::Params> read_derivation(Param param, const CK_MECHANISM& from) {
  switch (param) {
    case Param::string_data: return read_string_data(from);
    case Param::cbc_data: return read_cbc_data<CK_AES_CBC_ENCRYPT_DATA_PARAMS>(from);
    case Param::des_cbc_data: return read_cbc_data<CK_DES_CBC_ENCRYPT_DATA_PARAMS>(from);
    case Param::ike2_prf_plus: return read_ike2_prf_plus(from);
    case Param::ike_prf: return read_ike_prf(from);
    case Param::ike1_prf: return read_ike1_prf(from);
    case Param::ike1_extended: return read_ike1_extended(from);
    case Param::extract: return Params(hsm::ExtractParams{TRY(structure<CK_EXTRACT_PARAMS>(from))});
    case Param::key: return Params(hsm::KeyParams{TRY(structure<CK_OBJECT_HANDLE>(from))});
    case Param::hkdf: return read_hkdf(from);
    case Param::kbkdf: return read_kbkdf(from);
    case Param::kbkdf_feedback: return read_kbkdf_feedback(from);
    case Param::pbkdf2: return read_pbkdf2(from);
    case Param::pbe: return read_pbe(from);
    case Param::ssh_kdf: return read_ssh_kdf(from);
    default: return fail(Rv::mechanism_param_invalid, "a parameter of an unknown kind");
  }
}

}  // namespace p11
