#pragma once

#include "kms/core/types.h"

namespace kms {

/// A refusal of the HSM as one of the KMS.
inline Error lifted(const hsm::Error& error, Fault fault = Fault::hsm_unavailable) {
  if (error.rv == hsm::Rv::key_handle_invalid) fault = Fault::incomplete_metadata;
  return Error{fault, error.why, error.place, error.subject.empty() ? std::string(hsm::name_of(error.rv)) : error.subject, {}};
}

template <class T>
Result<T> lift(hsm::Result<T> result) {
  if (!result) return lifted(result.error());
  return std::move(result).value();
}

}  // namespace kms
