#include <algorithm>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/envelope.h"
#include "hsm/crypto/operation.h"

namespace hsm::crypto {
namespace {

/// The key as begin() wants it, without taking part in its ownership: the operation does not outlive the call.
KeyPtr borrowed(const Key& key) { return KeyPtr(KeyPtr(), &key); }

Error as_wrapping(Error error) {
  if (error.rv == Rv::data_len_range || error.rv == Rv::data_invalid) error.rv = Rv::key_size_range;
  if (error.rv == Rv::key_type_inconsistent) error.rv = Rv::wrapping_key_type_inconsistent;
  return error;
}

Error as_unwrapping(Error error) {
  if (error.rv == Rv::encrypted_data_invalid || error.rv == Rv::aead_decrypt_failed) error.rv = Rv::wrapped_key_invalid;
  if (error.rv == Rv::encrypted_data_len_range || error.rv == Rv::data_len_range) error.rv = Rv::wrapped_key_len_range;
  if (error.rv == Rv::key_type_inconsistent) error.rv = Rv::unwrapping_key_type_inconsistent;
  return error;
}

std::uint64_t wrapped_input(const Mechanism& mechanism, std::uint64_t length) {
  const auto block = zero_padded_block(mechanism);
  return block == 0 ? length : (length + block - 1) / block * block;
}

}  // namespace

Result<Bytes> wrap(const Mechanism& mechanism, const Key& wrapping_key, const Secret& value) {
  if (is_envelope(mechanism)) return wrap_envelope(mechanism, wrapping_key, value);
  auto operation = begin(Use::encrypt, mechanism, borrowed(wrapping_key));
  if (!operation) return as_wrapping(std::move(operation).error());
  auto input = value.reveal(SecretAccess::use());
  WipedBytes padded;
  if (const auto size = wrapped_input(mechanism, input.size()); size != input.size()) {
    padded.assign(input.begin(), input.end());
    padded.resize(size);
    input = padded;
  }
  Bytes wrapped((*operation)->once_size(input.size()));
  auto written = (*operation)->once(input, wrapped);
  if (!written) return as_wrapping(std::move(written).error());
  wrapped.resize(*written);
  return wrapped;
}

Result<Secret> unwrap(const Mechanism& mechanism, const Key& unwrapping_key, ByteView wrapped) {
  if (is_envelope(mechanism)) return unwrap_envelope(mechanism, unwrapping_key, wrapped);
  auto operation = begin(Use::decrypt, mechanism, borrowed(unwrapping_key));
  if (!operation) return as_unwrapping(std::move(operation).error());
  Secret value(std::max<std::uint64_t>(1, (*operation)->once_size(wrapped.size())));
  auto written = (*operation)->once(wrapped, value.fill(SecretAccess::use()));
  if (!written) return as_unwrapping(std::move(written).error());
  value.shrink(*written);
  return value;
}

Result<std::uint64_t> wrapped_size(const Mechanism& mechanism, const Key& wrapping_key, std::uint64_t length) {
  if (is_envelope(mechanism)) return envelope_size(mechanism, wrapping_key, length);
  auto operation = begin(Use::encrypt, mechanism, borrowed(wrapping_key));
  if (!operation) return as_wrapping(std::move(operation).error());
  return (*operation)->once_size(wrapped_input(mechanism, length));
}

}  // namespace hsm::crypto
