#include "hsm/ceremony/master_key.h"

#include <algorithm>

namespace hsm::ceremony {
namespace {

std::string title_of(const Share& share) { return "share " + std::to_string(share.info.index); }

Error wrong_key(const Share& share) {
  return fail(Rv::data_invalid, "the share is of another master key").about(title_of(share));
}

/// What a share says of its key; only combine() can tell whether it is true.
bool says(const Share& share, const VerificationPattern& pattern) {
  return std::ranges::equal(share.info.pattern, std::span(pattern).first(share.info.pattern.size()));
}

}  // namespace

MasterKey MasterKey::generate() {
  auto key = crypto::random_secret(kMasterKeySize);
  const auto pattern = store::pattern_of(key);
  return {std::move(key), pattern};
}

Result<MasterKey> MasterKey::from(Secret key) {
  if (key.size() != kMasterKeySize) return fail(Rv::key_size_range, "a master key has 32 octets");
  const auto pattern = store::pattern_of(key);
  return MasterKey{std::move(key), pattern};
}

std::string_view name_of(const MasterKeyState& state) {
  return std::visit(overloaded{
                        [](const Empty&) { return "empty"; },
                        [](const Staged&) { return "staged"; },
                        [](const Sealed&) { return "sealed"; },
                        [](const Active&) { return "active"; },
                    },
                    state);
}

Result<Staged> generate(const MasterKeyState& state, const SplitTerms& terms) {
  if (!std::holds_alternative<Empty>(state)) return fail(Rv::action_prohibited, "there is a master key already");
  auto key = MasterKey::generate();
  auto shares = TRY(split(key.key, terms));
  return Staged{std::move(key), std::move(shares), {}};
}

Status confirm(MasterKeyState& state, const Share& share) {
  auto* staged = std::get_if<Staged>(&state);
  if (staged == nullptr) return fail(Rv::action_prohibited, "no master key is staged");
  const auto known = std::ranges::find(staged->shares, share.info.index, [](const Share& s) { return s.info.index; });
  if (known == staged->shares.end() || known->info.set != share.info.set || !says(share, staged->key.pattern) ||
      !equal_in_constant_time(known->payload, share.payload))
    return wrong_key(share);
  staged->confirmed.insert(share.info.index);
  return Done{};
}

Result<const MasterKey*> activate(const MasterKeyState& state, ByteView pattern) {
  const auto* staged = std::get_if<Staged>(&state);
  if (staged == nullptr) return fail(Rv::action_prohibited, "no master key is staged");
  if (staged->confirmed.size() < staged->shares.size()) return fail(Rv::action_prohibited, "not every share has been checked");
  if (!equal_in_constant_time(pattern, staged->key.pattern))
    return fail(Rv::data_invalid, "the fingerprint is not that of the staged master key").about(to_hex(staged->key.pattern));
  return &staged->key;
}

Result<Empty> discard(const MasterKeyState& state) {
  if (!std::holds_alternative<Staged>(state)) return fail(Rv::action_prohibited, "no master key is staged");
  return Empty{};
}

Result<std::optional<MasterKey>> collect(MasterKeyState& state, Share share) {
  auto* sealed = std::get_if<Sealed>(&state);
  if (sealed == nullptr) return fail(Rv::action_prohibited, "the master key is not sealed");
  if (!says(share, sealed->pattern)) return wrong_key(share);
  if (std::ranges::count(sealed->collected, share.info.index, [](const Share& s) { return s.info.index; }) != 0)
    return fail(Rv::data_invalid, "the share was given before").about(title_of(share));

  sealed->collected.push_back(std::move(share));
  const auto collected = check_collection(sealed->collected);
  if (!collected) {
    sealed->collected.pop_back();
    return collected.error();
  }
  if (!collected->complete()) return std::optional<MasterKey>();
  const auto shares = std::exchange(sealed->collected, {});
  auto key = TRY(MasterKey::from(TRY(combine(shares))));
  // combine() compares with half of the pattern, which the shares themselves carry; this one is the keystore's.
  if (key.pattern != sealed->pattern) return fail(Rv::key_changed, "the shares give another master key than the keystore's");
  return std::optional(std::move(key));
}

Result<Sealed> seal(const MasterKeyState& state) {
  const auto* active = std::get_if<Active>(&state);
  if (active == nullptr) return fail(Rv::action_prohibited, "only an active master key can be sealed");
  return Sealed{active->pattern, {}};
}

Status check(const MasterKeyState& state, const Share& share) {
  const auto pattern = pattern_of(state);
  if (!pattern) return fail(Rv::action_prohibited, "there is no master key to compare the share with");
  if (!says(share, *pattern)) return wrong_key(share);
  return Done{};
}

std::optional<VerificationPattern> pattern_of(const MasterKeyState& state) {
  return std::visit(overloaded{
                        [](const Empty&) -> std::optional<VerificationPattern> { return std::nullopt; },
                        [](const Staged& staged) { return std::optional(staged.key.pattern); },
                        [](const auto& other) { return std::optional(other.pattern); },
                    },
                    state);
}

}  // namespace hsm::ceremony
