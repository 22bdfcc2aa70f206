#include "hsm/engine/application.h"

// CKM_HOTP (PKCS#11 3.1, one-time passwords; RFC 4226). A password is of a counter and of no data. The key's own counter has moved on,
// durably for a stored key, before its password is given out or accepted: neither a crash nor another process gives or takes it again.

namespace hsm::engine {
namespace {

constexpr std::uint64_t kIgnored = 0, kMandatory = 2;  // CK_OTP_PARAM_*
// CKF_EXCLUDE_TIME, _CHALLENGE, _PIN and CKF_USER_FRIENDLY_OTP: true of every HOTP. Not CKF_NEXT_OTP nor CKF_EXCLUDE_COUNTER.
constexpr std::uint64_t kTrueFlags = 0x02 | 0x08 | 0x10 | 0x20;
constexpr std::size_t kCounterOctets = 8;

std::uint64_t counter_in(ByteView counter) {
  std::uint64_t number = 0;
  for (const auto octet : counter) number = number << 8 | octet;
  return number;
}
Bytes octets_of(std::uint64_t number) {
  Bytes octets(kCounterOctets);
  for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet, number >>= 8) *octet = static_cast<std::uint8_t>(number);
  return octets;
}

/// What a password is to be made of; no counter: the key's own.
struct Wanted {
  std::optional<std::uint64_t> counter;
  std::uint64_t digits = 0;
};

Result<Wanted> wanted_of(Use use, const Mechanism& mechanism, const AttributeBlob& key) {
  Wanted wanted{std::nullopt, key.number(Attr::otp_length).value_or(0)};
  const auto requirement = key.number(Attr::otp_counter_requirement).value_or(kIgnored);
  if (const auto* given = std::get_if<OtpParams>(&mechanism.params)) {
    if ((given->flags & ~kTrueFlags) != 0) return fail(Rv::mechanism_param_invalid, "a flag that a HOTP cannot heed");
    if (given->format.value_or(0) != 0) return fail(Rv::mechanism_param_invalid, "a HOTP is decimal");
    if (given->length) wanted.digits = *given->length;
    if (given->counter && given->counter->size() != kCounterOctets)
      return fail(Rv::mechanism_param_invalid, "the counter of a HOTP has eight octets");
    // A verification may always name its counter: that is how the standard has it.
    if (given->counter && (use == Use::verify || requirement != kIgnored)) wanted.counter = counter_in(*given->counter);
  } else if (!std::holds_alternative<std::monostate>(mechanism.params)) {
    return fail(Rv::mechanism_param_invalid, "CKM_HOTP takes CK_OTP_PARAMS");
  }
  if (wanted.digits < 6 || wanted.digits > 8) return fail(Rv::mechanism_param_invalid, "a HOTP has 6 to 8 digits");
  if (!wanted.counter && requirement == kMandatory) return fail(Rv::mechanism_param_invalid, "the key asks for a counter");
  return wanted;
}

/// Moves the key's counter on and gives what it was. With `password`, only when it is the one of that counter.
using NextCounter = std::function<Result<std::uint64_t>(std::optional<ByteView> password)>;

class PasswordOperation final : public crypto::Operation {
 public:
  PasswordOperation(crypto::KeyPtr key, const Wanted& wanted, NextCounter next)
      : key_(std::move(key)), wanted_(wanted), next_(std::move(next)) {}

  std::uint64_t once_size(std::uint64_t) const override { return wanted_.digits + kCounterOctets + request::kPasswordStructure; }
  std::uint64_t update_size(std::uint64_t) const override { return 0; }
  std::uint64_t finish_size() const override { return once_size(0); }

  Result<std::size_t> once(ByteView in, Room room) override {
    TRY(check_data(in));
    const auto counter = wanted_.counter ? *wanted_.counter : TRY(next_(std::nullopt));
    const auto password = TRY(crypto::one_time_password(*key_, counter, wanted_.digits));
    std::ranges::copy(octets_of(counter), std::ranges::copy(password, room.begin()).out);
    return password.size() + kCounterOctets;
  }
  Result<std::size_t> update(ByteView in, Room) override {
    TRY(check_data(in));
    return std::size_t{0};
  }
  Result<std::size_t> finish(Room room) override { return once({}, room); }

  Status verify_once(ByteView data, ByteView signature) override {
    TRY(check_data(data));
    if (signature.size() != wanted_.digits) return fail(Rv::signature_len_range, "the password has another length");
    if (!wanted_.counter) {
      TRY(next_(signature));
      return Done{};
    }
    if (!equal_in_constant_time(TRY(crypto::one_time_password(*key_, *wanted_.counter, wanted_.digits)), signature))
      return fail(Rv::signature_invalid, "not the password of this counter");
    return Done{};
  }
  Status verify_finish(ByteView signature) override { return verify_once({}, signature); }
  Result<bool> restart(const Mechanism&) override { return false; }

 private:
  static Status check_data(ByteView data) {
    if (!data.empty()) return fail(Rv::data_len_range, "a one-time password is of no data");
    return Done{};
  }

  crypto::KeyPtr key_;
  Wanted wanted_;
  NextCounter next_;
};

}  // namespace

Result<std::unique_ptr<crypto::Operation>> Application::begin_password(Session& session, const request::Begin& request, const Object& object) {
  const auto wanted = TRY(wanted_of(request.use, request.mechanism, object.attributes()));
  const auto key = TRY(key_of(caller_of(session), object));
  // The operation is the session's, and runs while the session is locked.
  const auto next = [this, &session, key, handle = request.key, digits = wanted.digits](std::optional<ByteView> password) -> Result<std::uint64_t> {
    std::uint64_t counter = 0;
    const std::scoped_lock one_at_a_time(session.seat->token().spending());
    TRY(move_on(caller_of(session), handle, [&](const AttributeBlob& now) -> Result<std::optional<Attribute>> {
      counter = counter_in(now.octets(Attr::otp_counter));
      if (password && !equal_in_constant_time(TRY(crypto::one_time_password(*key, counter, digits)), *password))
        return fail(Rv::signature_invalid, "not the password of the key's counter");
      if (counter == ~std::uint64_t{0}) return fail(Rv::key_exhausted, "the key's counter has come to its end");
      return std::optional(attribute(Attr::otp_counter, octets_of(counter + 1)));
    }));
    return counter;
  };
  return std::unique_ptr<crypto::Operation>(std::make_unique<PasswordOperation>(key, wanted, next));
}

}  // namespace hsm::engine
