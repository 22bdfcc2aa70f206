#include "hsm/crypto/crypto.h"
#include "hsm/crypto/der.h"
#include "hsm/crypto/digest.h"

// What a certificate object tells of its octets.

namespace hsm::crypto {

namespace {
constexpr std::size_t kCheckValue = 3;
}  // namespace

Bytes certificate_check_value(ByteView der) {
  std::array<std::uint8_t, kMostHash> out{};
  digest_into(sha1(), {der}, out.data());
  return Bytes(out.begin(), out.begin() + kCheckValue);
}

Bytes certificate_key_info(ByteView der) {
  const auto whole = der::only_element(der);
  if (!whole || whole->tag != der::kSequence) return {};
  const auto to_be_signed = der::Reader(whole->value).next(der::kSequence);
  if (!to_be_signed) return {};
  der::Reader fields(*to_be_signed);
  (void)fields.next(der::context(0));  // version, unless it is the first
  if (!fields.next(der::kInteger)) return {};
  // signature algorithm, issuer, validity, subject
  for (int skipped = 0; skipped < 4; ++skipped)
    if (!fields.next(der::kSequence)) return {};
  const auto info = fields.next(der::kSequence);
  if (!info) return {};
  der::Writer<Bytes> written;
  written.element(der::kSequence, *info);
  return written.take();
}

}  // namespace hsm::crypto
