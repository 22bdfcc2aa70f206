#include "kms/core/wdek.h"

#include "hsm/base/codec.h"
#include "kms/core/lift.h"

namespace kms {
namespace {

constexpr std::string_view kBeforeCiphertext = "{\"ciphertext\":\"";
constexpr std::string_view kBeforeIv = "\",\"iv\":\"";
constexpr std::string_view kBeforeHandle = "\",\"version\":\"4.0.0\",\"handle\":\"";
constexpr std::string_view kGcmEnd = "\",\"scheme\":\"AES-GCM\"}";
constexpr std::string_view kPadBeforeSize = "\",\"scheme\":\"AES-KWP+HMAC-SHA256\",\"size\":\"";
constexpr std::string_view kPadBeforeMac = "\",\"mac\":\"";
constexpr std::string_view kPadEnd = "\"}";

std::optional<std::string_view> between(std::string_view& text, std::string_view before) {
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(before.size());
  const auto end = text.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  const auto value = text.substr(0, end);
  text.remove_prefix(end);
  return value;
}

hsm::WipedBytes bound_to(const WrappingKey& key, const Aad& aad) {
  hsm::Writer out;
  out.put(std::string("keymantle wdek v1"));
  out.put(key.key);
  out.put(key.version);
  out.put(aad);
  return out.take();
}

Error not_ours() { return refuse(Fault::unprocessable_ciphertext, "the ciphertext was not made by this key with this aad, or was changed"); }

/// Which codes of a module mean "this ciphertext is wrong", not "I cannot work".
bool means_wrong_data(hsm::Rv rv) {
  switch (rv) {
    case hsm::Rv::data_invalid:
    case hsm::Rv::data_len_range:
    case hsm::Rv::encrypted_data_invalid:
    case hsm::Rv::encrypted_data_len_range:
    case hsm::Rv::aead_decrypt_failed:
    case hsm::Rv::wrapped_key_invalid:
    case hsm::Rv::wrapped_key_len_range:
      return true;
    default:
      return false;
  }
}

template <class T>
Result<T> opened(hsm::Result<T> result) {
  if (result) return std::move(result).value();
  if (means_wrong_data(result.error().rv)) return not_ours();
  return lifted(result.error());
}

}  // namespace

std::string to_text(const Wdek& wdek) {
  std::string json;
  json.reserve(256 + wdek.ciphertext.size() * 2);
  json.append(kBeforeCiphertext).append(hsm::to_base64(wdek.ciphertext));
  json.append(kBeforeIv).append(hsm::to_base64(wdek.iv));
  json.append(kBeforeHandle).append(wdek.version);
  if (wdek.scheme == Scheme::gcm) {
    json.append(kGcmEnd);
  } else {
    json.append(kPadBeforeSize).append(std::to_string(wdek.size));
    json.append(kPadBeforeMac).append(hsm::to_base64(wdek.mac)).append(kPadEnd);
  }
  return hsm::to_base64(hsm::view(json));
}

std::optional<Wdek> parse_wdek(std::string_view text) {
  const auto decoded = hsm::from_base64(text);
  if (!decoded) return std::nullopt;
  auto json = hsm::text_of(*decoded);
  const auto ciphertext = between(json, kBeforeCiphertext);
  if (!ciphertext) return std::nullopt;
  const auto iv = between(json, kBeforeIv);
  if (!iv) return std::nullopt;
  const auto handle = between(json, kBeforeHandle);
  if (!handle || handle->size() != 36) return std::nullopt;
  Wdek wdek;
  wdek.version = std::string(*handle);
  std::string_view mac;
  if (json != kGcmEnd) {
    const auto size = between(json, kPadBeforeSize);
    if (!size || size->empty() || size->size() > 5) return std::nullopt;
    for (const char c : *size) {
      if (c < '0' || c > '9') return std::nullopt;
      wdek.size = wdek.size * 10 + static_cast<std::uint32_t>(c - '0');
    }
    const auto found = size->front() == '0' ? std::nullopt : between(json, kPadBeforeMac);
    if (!found || json != kPadEnd) return std::nullopt;
    wdek.scheme = Scheme::key_wrap_pad;
    mac = *found;
  }
  auto raw_ciphertext = hsm::from_base64(*ciphertext);
  auto raw_iv = hsm::from_base64(*iv);
  auto raw_mac = hsm::from_base64(mac);
  if (!raw_ciphertext || !raw_iv || !raw_mac || raw_ciphertext->size() < 16) return std::nullopt;
  if (wdek.scheme == Scheme::gcm ? raw_iv->size() != 12 : !raw_iv->empty() || raw_mac->size() != 32) return std::nullopt;
  wdek.ciphertext = std::move(*raw_ciphertext);
  wdek.iv = std::move(*raw_iv);
  wdek.mac = std::move(*raw_mac);
  return wdek;
}

p11::WrapMechanism Wrapper::Sealing::mechanism() const {
  if (scheme == Scheme::gcm) return p11::Gcm{iv, bound};
  return p11::KeyWrapPad{};
}

Result<Wrapper::Sealing> Wrapper::sealing(const WrappingKey& key, const Aad& aad, std::size_t size) {
  Sealing made;
  made.bound = bound_to(key, aad);
  if (!token_.offers().gcm_wrap) {
    made.scheme = Scheme::key_wrap_pad;
    made.size = static_cast<std::uint32_t>(size);
    return made;
  }
  const auto iv = TRY(lift(token_.random_iv()));
  made.iv.assign(iv.begin(), iv.end());
  return made;
}

Result<Wrapper::Sealing> Wrapper::opening(const WrappingKey& key, const Wdek& wdek, const Aad& aad) {
  Sealing made{wdek.scheme, wdek.iv, bound_to(key, aad), wdek.size};
  if (wdek.scheme == Scheme::key_wrap_pad) {
    const auto expected = TRY(mac(key, made, wdek.ciphertext));
    if (!hsm::equal_in_constant_time(expected, wdek.mac)) return not_ours();
  }
  return made;
}

Result<Bytes> Wrapper::mac(const WrappingKey& key, const Sealing& sealing, ByteView ciphertext) {
  Bytes input(sealing.bound.begin(), sealing.bound.end());
  for (int i = 0; i < 4; ++i) input.push_back(static_cast<std::uint8_t>(sealing.size >> (8 * i)));
  input.insert(input.end(), ciphertext.begin(), ciphertext.end());
  return lift(token_.mac(*key.mac, input));
}

Result<std::string> Wrapper::finish(const WrappingKey& key, Sealing sealing, Bytes ciphertext) {
  Wdek wdek{sealing.scheme, key.version, std::move(sealing.iv), std::move(ciphertext), {}, sealing.size};
  if (wdek.scheme == Scheme::key_wrap_pad) wdek.mac = TRY(mac(key, sealing, wdek.ciphertext));
  return to_text(wdek);
}

Result<std::string> Wrapper::wrap(const WrappingKey& key, const Secret& data, const Aad& aad) {
  auto made = TRY(sealing(key, aad, data.size()));
  auto ciphertext = TRY(lift(token_.wrap(*key.object, made.mechanism(), data)));
  return finish(key, std::move(made), std::move(ciphertext));
}

Result<Wrapper::Drawn> Wrapper::wrap_new(const WrappingKey& key, std::size_t size, const Aad& aad) {
  auto made = TRY(sealing(key, aad, size));
  auto drawn = TRY(lift(token_.wrap_new(*key.object, made.mechanism(), size)));
  auto wdek = TRY(finish(key, std::move(made), std::move(drawn.wrapped)));
  return Drawn{std::move(drawn.data), std::move(wdek)};
}

Result<Secret> Wrapper::unwrap(const WrappingKey& key, const Wdek& wdek, const Aad& aad) {
  const auto old = TRY(opening(key, wdek, aad));
  auto data = TRY(opened(token_.unwrap(*key.object, old.mechanism(), wdek.ciphertext)));
  if (wdek.scheme == Scheme::gcm) return data;
  if (data.size() < wdek.size) return not_ours();
  data.shrink(wdek.size);
  return data;
}

Result<std::string> Wrapper::rewrap(const WrappingKey& from, const Wdek& wdek, const WrappingKey& to, const Aad& aad) {
  const auto old = TRY(opening(from, wdek, aad));
  auto made = TRY(sealing(to, aad, wdek.size));
  auto ciphertext = TRY(opened(
      token_.rewrap(*from.object, old.mechanism(), wdek.ciphertext, *to.object, made.mechanism())));
  return finish(to, std::move(made), std::move(ciphertext));
}

Status Wrapper::check(const WrappingKey& key, const Wdek& wdek, const Aad& aad) {
  const auto old = TRY(opening(key, wdek, aad));
  return opened(token_.check(*key.object, old.mechanism(), wdek.ciphertext));
}

}  // namespace kms
