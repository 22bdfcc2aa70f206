#include "pkcs11/operation.h"

#include "pkcs11/mechanism.h"
#include "pkcs11/one_time_password.h"

namespace p11 {
namespace {

using hsm::Use;

CK_FLAGS flag_of(Use use) {
  switch (use) {
    case Use::digest: return CKF_DIGEST;
    case Use::encrypt: return CKF_ENCRYPT;
    case Use::decrypt: return CKF_DECRYPT;
    case Use::sign: return CKF_SIGN;
    case Use::verify: return CKF_VERIFY;
    case Use::sign_recover: return CKF_SIGN_RECOVER;
    case Use::verify_recover: return CKF_VERIFY_RECOVER;
  }
  return 0;
}

/// The arguments of a call, or the refusal of them, with which the operation has ended.
Result<hsm::ByteView> input(hsm::Device& device, CK_SESSION_HANDLE session, Use use, const void* data, CK_ULONG size) {
  auto view = octets(data, size);
  if (!view) return end_operation(device, session, use, std::move(view).error());
  return view;
}

/// What an operation gave in the end, in the form that the caller expects.
Status give(OutBuffer out, hsm::request::Produced produced) {
  if (produced.written && produced.form == hsm::request::Form::one_time_password) produced.size = TRY(lay_out_password(out.room(), produced.size));
  return out.take(produced);
}

Status output(hsm::Device& device, CK_SESSION_HANDLE session, Use use, OutBuffer out) {
  if (!out.is_bad()) return Done{};
  return end_operation(device, session, use, fail(Rv::arguments_bad, "no pointer to the length of the output"));
}

}  // namespace

hsm::Error end_operation(hsm::Device& device, CK_SESSION_HANDLE session, Use use, hsm::Error why) {
  auto ended = device.call(hsm::request::CancelOperations{session, flag_of(use)});
  return ended ? std::move(why) : std::move(ended).error();
}

Status begin(hsm::Device& device, CK_SESSION_HANDLE session, Use use, const CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (mechanism == nullptr) {
    TRY(device.call(hsm::request::CancelOperations{session, flag_of(use)}));
    return Done{};
  }
  TRY(device.call(hsm::request::Begin{session, use, TRY(read_mechanism(mechanism)), key}));
  return Done{};
}

Status once(hsm::Device& device, CK_SESSION_HANDLE session, Use use, const void* data, CK_ULONG size, OutBuffer out) {
  TRY(output(device, session, use, out));
  const auto in = TRY(input(device, session, use, data, size));
  return give(out, TRY(device.call(hsm::request::Once{session, use, in, out.room()})));
}

Status update(hsm::Device& device, CK_SESSION_HANDLE session, Use use, const void* data, CK_ULONG size, OutBuffer out) {
  TRY(output(device, session, use, out));
  const auto in = TRY(input(device, session, use, data, size));
  return out.take(TRY(device.call(hsm::request::Update{session, use, in, out.room()})));
}

Status absorb(hsm::Device& device, CK_SESSION_HANDLE session, Use use, const void* data, CK_ULONG size) {
  const auto in = TRY(input(device, session, use, data, size));
  TRY(device.call(hsm::request::Update{session, use, in, {}}));
  return Done{};
}

Status finish(hsm::Device& device, CK_SESSION_HANDLE session, Use use, OutBuffer out) {
  TRY(output(device, session, use, out));
  return give(out, TRY(device.call(hsm::request::Finish{session, use, out.room()})));
}

}  // namespace p11
