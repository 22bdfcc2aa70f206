#include "kms/core/types.h"

#include <cstdio>

namespace kms {

using namespace std::chrono;  // NOLINT: this file is about nothing else

std::string rfc3339(Time time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

namespace {

class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  bool literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<int> number(std::size_t width) {
    if (text_.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, width)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(width);
    return value;
  }
  bool digit_next() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  Digits in(text);
  const auto y = in.number(4);
  if (!y || !in.literal('-')) return std::nullopt;
  const auto mo = in.number(2);
  if (!mo || !in.literal('-')) return std::nullopt;
  const auto d = in.number(2);
  if (!d || !(in.literal('T') || in.literal('t') || in.literal(' '))) return std::nullopt;
  const auto h = in.number(2);
  if (!h || !in.literal(':')) return std::nullopt;
  const auto mi = in.number(2);
  if (!mi || !in.literal(':')) return std::nullopt;
  const auto s = in.number(2);
  if (!s) return std::nullopt;
  int fraction = 0;
  if (in.literal('.')) {
    if (!in.digit_next()) return std::nullopt;
    for (int scale = 100; in.digit_next(); scale /= 10) fraction += *in.number(1) * scale;
  }
  minutes offset{0};
  if (!in.literal('Z') && !in.literal('z')) {
    const bool east = in.literal('+');
    if (!east && !in.literal('-')) return std::nullopt;
    const auto oh = in.number(2);
    in.literal(':');
    const auto om = in.number(2);
    if (!oh || !om || *oh > 23 || *om > 59) return std::nullopt;
    offset = hours(*oh) + minutes(*om);
    if (!east) offset = -offset;
  }
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
  if (!in.at_end() || !date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  return Time(sys_days(date).time_since_epoch() + hours(*h) + minutes(*mi) + seconds(*s) + milliseconds(fraction) - offset);
}

std::string_view name_of(Fault fault) {
  switch (fault) {
#define KM_NAME(f) \
  case Fault::f: return #f;
    KM_NAME(bad_body) KM_NAME(no_body) KM_NAME(collection_total_mismatch) KM_NAME(too_many_resources)
    KM_NAME(invalid_field) KM_NAME(invalid_query_parameter) KM_NAME(invalid_instance) KM_NAME(root_key_required)
    KM_NAME(payload_required) KM_NAME(key_expired) KM_NAME(restore_expired) KM_NAME(search_too_broad)
    KM_NAME(incorrect_nonce) KM_NAME(incorrect_nonce_iv) KM_NAME(unauthenticated) KM_NAME(unauthorized)
    KM_NAME(service_only) KM_NAME(resource_owner) KM_NAME(key_not_found) KM_NAME(key_ring_not_found)
    KM_NAME(import_token_not_found) KM_NAME(registration_not_found) KM_NAME(invalid_state) KM_NAME(key_deleted)
    KM_NAME(protected_resource) KM_NAME(prevent_key_deletion) KM_NAME(too_early) KM_NAME(rotation_not_permitted)
    KM_NAME(import_token_expired) KM_NAME(alias_not_unique) KM_NAME(alias_quota) KM_NAME(identity_exists)
    KM_NAME(unprocessable_ciphertext) KM_NAME(rewrap_unprocessable) KM_NAME(registration_key_version)
    KM_NAME(registration_key_state) KM_NAME(registration_key_not_root) KM_NAME(incomplete_metadata)
    KM_NAME(hsm_unavailable) KM_NAME(storage_unavailable) KM_NAME(internal)
#undef KM_NAME
  }
  return "?";
}

}  // namespace kms
