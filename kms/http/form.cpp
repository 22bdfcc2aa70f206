#include "kms/http/form.h"

#include "kms/http/percent.h"

namespace kms::http {
namespace {

constexpr std::size_t kMostMembers = 32;

/// More than any string keeps inside itself: the text lies on the heap, where the allocator wipes it, from the start.
constexpr std::size_t kOnHeap = 64;

std::optional<hsm::WipedString> decode(std::string_view text) {
  hsm::WipedString out;
  out.reserve(std::max(text.size(), kOnHeap));
  if (!percent_decode_to(out, text, ' ')) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Form> Form::parse(std::string_view text) {
  Form form;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto member = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (member.empty()) continue;
    if (form.members_.size() == kMostMembers) return std::nullopt;
    const auto equals = member.find('=');
    auto name = decode(member.substr(0, equals));
    auto value = decode(equals == std::string_view::npos ? std::string_view() : member.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    form.members_.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

std::string_view Form::value(std::string_view name) const {
  for (const auto& [n, v] : members_) {
    if (n == name) return v;
  }
  return {};
}

}  // namespace kms::http
