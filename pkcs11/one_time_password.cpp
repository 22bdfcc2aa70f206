#include "pkcs11/one_time_password.h"

#include <cstddef>
#include <cstring>

#include "pkcs11/parameters.h"

namespace p11 {
namespace {

using Params = hsm::Mechanism::Params;
constexpr CK_ULONG kCounterOctets = 8;

Result<std::uint64_t> number_of(const CK_OTP_PARAM& given) { return std::uint64_t{TRY(structure_at<CK_ULONG>(given.pValue, given.ulValueLen))}; }

/// What a HOTP is not made of (CK_OTP_PIN, CK_OTP_CHALLENGE, CK_OTP_TIME) is ignored, as its key's attributes say.
Status heed(hsm::OtpParams& params, const CK_OTP_PARAM& given) {
  switch (given.type) {
    case CK_OTP_COUNTER: params.counter = TRY(copy(given.pValue, given.ulValueLen)); return Done{};
    case CK_OTP_FLAGS: params.flags = TRY(number_of(given)); return Done{};
    case CK_OTP_OUTPUT_LENGTH: params.length = TRY(number_of(given)); return Done{};
    case CK_OTP_OUTPUT_FORMAT: params.format = TRY(number_of(given)); return Done{};
    case CK_OTP_PIN:
    case CK_OTP_CHALLENGE:
    case CK_OTP_TIME: return Done{};
    default: return fail(Rv::mechanism_param_invalid, "a parameter that no one-time password has");
  }
}

}  // namespace

Result<Params> read_otp(const CK_MECHANISM& from) {
  constexpr CK_ULONG kMostParameters = 64;
  if (from.ulParameterLen == 0) return Params();
  const auto given = TRY(structure<CK_OTP_PARAMS>(from));
  if (given.ulCount > kMostParameters || (given.pParams == nullptr && given.ulCount != 0))
    return fail(Rv::mechanism_param_invalid, "the parameters of the password are missing or too many");
  hsm::OtpParams params;
  for (CK_ULONG i = 0; i < given.ulCount; ++i)
    TRY(heed(params, TRY(structure_at<CK_OTP_PARAM>(given.pParams + i, sizeof(CK_OTP_PARAM)))));
  return Params(std::move(params));
}

Result<CK_ULONG> lay_out_password(hsm::Room room, CK_ULONG size) {
  struct Structure {
    CK_OTP_SIGNATURE_INFO info;
    CK_OTP_PARAM password, counter;
  };
  static_assert(sizeof(Structure) == hsm::request::kPasswordStructure);
  if (size <= kCounterOctets || room.size() < sizeof(Structure) || size > room.size() - sizeof(Structure))
    return fail(Rv::general_error, "the device answered with a password that does not fit");
  auto* const buffer = room.data();
  std::memmove(buffer + sizeof(Structure), buffer, size);
  auto* const password = buffer + sizeof(Structure);
  auto* const parameters = buffer + offsetof(Structure, password);  // need not be aligned: the buffer is one of octets
  const Structure structure{{reinterpret_cast<CK_OTP_PARAM_PTR>(parameters), 2},
                            {CK_OTP_VALUE, password, size - kCounterOctets},
                            {CK_OTP_COUNTER, password + (size - kCounterOctets), kCounterOctets}};
  std::memcpy(buffer, &structure, sizeof structure);
  return sizeof(Structure) + size;
}

}  // namespace p11
