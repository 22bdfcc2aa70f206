// wrap, unwrap, rewrap.

#include "kms/core/parts.h"

namespace kms {
namespace {

constexpr std::size_t kMostPlaintext = 3072;
constexpr std::size_t kMostAad = 255;

Status check_aad(const Aad& aad) {
  if (aad.size() > kMostAad) return refuse(Fault::invalid_field, "at most 255 strings").in_field("aad");
  for (const auto& text : aad) {
    if (text.size() > kMostAad) return refuse(Fault::invalid_field, "at most 255 characters in each string").in_field("aad");
  }
  return Done{};
}

struct Opened {
  Wdek wdek;
  const KeyEntry::Version* version;
};

Result<Opened> open(const KeyEntry& entry, std::string_view ciphertext, const Aad& aad) {
  TRY(check_aad(aad));
  if (ciphertext.empty() || ciphertext.size() > 65536 || !hsm::from_base64(ciphertext)) {
    return refuse(Fault::invalid_field, "the ciphertext is not base64").in_field("ciphertext");
  }
  auto wdek = parse_wdek(ciphertext);
  if (!wdek) return refuse(Fault::unprocessable_ciphertext, "the ciphertext is none of this service, or was changed");
  const auto* version = entry.version(wdek->version);
  if (version == nullptr) return refuse(Fault::unprocessable_ciphertext, "the ciphertext was made by another key");
  return Opened{std::move(*wdek), version};
}

}  // namespace

Result<Wrapped> Service::wrap(const Call& call, const std::string& key, const std::optional<Secret>& plaintext,
                              const Aad& aad) {
  auto& p = *parts_;
  return p.perform(Action::wrap, call, [&](AuditSubject& subject) -> Result<Wrapped> {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::active}));
    TRY(check_aad(aad));
    const auto current = p.current(*entry);
    subject.response.emplace_back("keyVersionId", current.version);
    if (!plaintext) {
      auto drawn = TRY(p.wrapper.wrap_new(current, 32, aad));
      return Wrapped{std::move(drawn.wdek), current.version, std::move(drawn.data)};
    }
    if (plaintext->empty() || plaintext->size() > kMostPlaintext) {
      return refuse(Fault::invalid_field, "a plaintext has 1 to 3072 octets").in_field("plaintext");
    }
    return Wrapped{TRY(p.wrapper.wrap(current, *plaintext, aad)), current.version, std::nullopt};
  });
}

Result<Unwrapped> Service::unwrap(const Call& call, const std::string& key, std::string_view ciphertext, const Aad& aad) {
  auto& p = *parts_;
  return p.perform(Action::unwrap, call, [&](AuditSubject& subject) -> Result<Unwrapped> {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::active, KeyState::deactivated}));
    const auto opened = TRY(open(*entry, ciphertext, aad));
    const auto from = p.wrapping_key(*entry, *opened.version);
    subject.response.emplace_back("keyVersionId", from.version);
    Unwrapped result{TRY(p.wrapper.unwrap(from, opened.wdek, aad)), from.version, std::nullopt};
    const auto current = p.current(*entry);
    if (current.version != from.version) {
      result.renewed = Unwrapped::Renewed{TRY(p.wrapper.rewrap(from, opened.wdek, current, aad)), current.version};
    }
    return result;
  });
}

Result<Rewrapped> Service::rewrap(const Call& call, const std::string& key, std::string_view ciphertext, const Aad& aad) {
  auto& p = *parts_;
  return p.perform(Action::rewrap, call, [&](AuditSubject& subject) -> Result<Rewrapped> {
    const auto entry = TRY(p.root(call, key, subject, {KeyState::active, KeyState::deactivated}));
    const auto current = p.current(*entry);
    const auto attempt = [&]() -> Result<Rewrapped> {
      const auto opened = TRY(open(*entry, ciphertext, aad));
      const auto from = p.wrapping_key(*entry, *opened.version);
      subject.response.emplace_back("keyVersionId", from.version);
      subject.response.emplace_back("rewrappedKeyVersionId", current.version);
      return Rewrapped{TRY(p.wrapper.rewrap(from, opened.wdek, current, aad)), from.version, current.version};
    };
    auto result = attempt();
    if (!result && result.error().fault == Fault::unprocessable_ciphertext) {
      auto error = result.error();
      error.fault = Fault::rewrap_unprocessable;
      return error;
    }
    return result;
  });
}

}  // namespace kms
