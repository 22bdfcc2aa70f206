#include <fmt/core.h>

#include <algorithm>

#include "hsm/base/log.h"
#include "hsm/daemon/unit.h"

namespace hsm::daemon {
namespace {

using ceremony::Share;
using ceremony::VerificationPattern;

bool is_of(const Share& share, const VerificationPattern& pattern) {
  return std::ranges::equal(share.info.pattern, std::span(pattern).first(share.info.pattern.size()));
}

ceremony::MasterKey fresh_key() {
  auto key = crypto::random_secret(ceremony::kMasterKeySize);
  const auto pattern = store::pattern_of(key);
  return {std::move(key), pattern};
}

Error wrong_key(const Share& share) {
  return fail(Rv::data_invalid, "the share is of another master key").about(fmt::format("share {}", share.info.index));
}

Result<std::vector<Bytes>> write_files(const std::vector<Share>& shares, const admin::MakeShares& request) {
  const auto cost = request.rehearsal ? ceremony::FileCost::for_rehearsal() : ceremony::FileCost::standard();
  std::vector<Bytes> files;
  for (std::size_t i = 0; i < shares.size(); ++i)
    files.push_back(TRY(ceremony::write_share(shares[i], request.passphrases[i], cost)));
  return files;
}

admin::ShareChecked about(const Share& share) {
  return {.index = share.info.index,
          .threshold = share.info.threshold,
          .shares = share.info.count,
          .fingerprint = to_hex(share.info.pattern),
          .rehearsal = share.info.rehearsal};
}

}  // namespace

Result<admin::ShareFiles> Unit::call(const admin::MakeShares& request, const Peer&) {
  const std::scoped_lock lock(admin_mutex_);
  if (!std::holds_alternative<Empty>(state_)) return fail(Rv::action_prohibited, "the unit has a master key already");
  if (request.passphrases.size() > ceremony::kMostShares) return fail(Rv::arguments_bad, "more shares than 16");
  auto key = fresh_key();
  ceremony::SplitTerms terms{.threshold = request.threshold, .count = static_cast<std::uint8_t>(request.passphrases.size())};
  std::ranges::copy(crypto::random_bytes(terms.unit.size()), terms.unit.begin());
  auto shares = TRY(ceremony::split(key.key, terms));
  admin::ShareFiles reply{to_hex(key.pattern), TRY(write_files(shares, request))};
  state_ = Staged{std::move(key), std::move(shares), {}};
  return reply;
}

Result<admin::ShareChecked> Unit::call(const admin::CheckShare& request, const Peer&) {
  const auto share = TRY(ceremony::read_share(request.file, request.passphrase));
  auto reply = about(share);
  const std::scoped_lock lock(admin_mutex_);
  if (auto* staged = std::get_if<Staged>(&state_)) {
    const auto known = std::ranges::find(staged->shares, share.info.index, [](const Share& s) { return s.info.index; });
    if (known == staged->shares.end() || known->info.set != share.info.set || !is_of(share, staged->key.pattern) ||
        !equal_in_constant_time(known->payload, share.payload))
      return wrong_key(share);
    staged->confirmed.insert(share.info.index);
    reply.confirmed = static_cast<std::uint8_t>(staged->confirmed.size());
    reply.fingerprint = to_hex(staged->key.pattern);
    return reply;
  }
  const auto* sealed = std::get_if<Sealed>(&state_);
  const auto* operational = std::get_if<Operational>(&state_);
  if (sealed == nullptr && operational == nullptr)
    return fail(Rv::action_prohibited, "there is no master key to compare the share with");
  const auto& pattern = sealed != nullptr ? sealed->pattern : operational->pattern;
  if (!is_of(share, pattern)) return wrong_key(share);
  reply.fingerprint = to_hex(pattern);
  return reply;
}

Result<admin::UnitStatus> Unit::call(const admin::Activate& request, const Peer& peer) {
  const std::scoped_lock lock(admin_mutex_);
  const auto* staged = std::get_if<Staged>(&state_);
  if (staged == nullptr) return fail(Rv::action_prohibited, "no master key is staged").about(next_step());
  if (staged->confirmed.size() < staged->shares.size())
    return fail(Rv::action_prohibited, "not every share has been checked").about(next_step());
  if (request.fingerprint != to_hex(staged->key.pattern))
    return fail(Rv::data_invalid, "the fingerprint is not that of the staged master key").about(to_hex(staged->key.pattern));
  const auto pattern = staged->key.pattern;
  TRY(mount(staged->key.key, pattern, store::Act::ceremony_committed, peer));
  log::info("master key activated");
  return status();
}

Result<admin::UnitStatus> Unit::call(const admin::Discard&, const Peer&) {
  const std::scoped_lock lock(admin_mutex_);
  if (!std::holds_alternative<Staged>(state_)) return fail(Rv::action_prohibited, "no master key is staged").about(next_step());
  state_ = Empty{};
  return status();
}

Result<admin::UnitStatus> Unit::call(const admin::Unseal& request, const Peer& peer) {
  auto share = TRY(ceremony::read_share(request.file, request.passphrase));
  const std::scoped_lock lock(admin_mutex_);
  auto* sealed = std::get_if<Sealed>(&state_);
  if (sealed == nullptr) return fail(Rv::action_prohibited, "the unit is not sealed").about(next_step());
  if (!is_of(share, sealed->pattern)) return wrong_key(share);
  if (std::ranges::count(sealed->collected, share.info.index, [](const Share& s) { return s.info.index; }) != 0)
    return fail(Rv::data_invalid, "the share was given before").about(fmt::format("share {}", share.info.index));
  if (share.info.rehearsal) log::warning("a share of a rehearsal: its file is protected at the cost of a rehearsal");

  sealed->collected.push_back(std::move(share));
  const auto collected = ceremony::check_collection(sealed->collected);
  if (!collected) {
    sealed->collected.pop_back();
    return collected.error();
  }
  if (!collected->complete()) return status();
  auto key = ceremony::combine(sealed->collected);
  if (!key) {
    sealed->collected.clear();
    return std::move(key).error();
  }
  const auto pattern = sealed->pattern;
  TRY(mount(*key, pattern, store::Act::ceremony_unsealed, peer));
  changes_.bump();
  log::info("unsealed");
  return status();
}

}  // namespace hsm::daemon
