#include <fmt/core.h>

#include <algorithm>

#include "hsm/base/log.h"
#include "hsm/daemon/unit.h"

namespace hsm::daemon {
namespace {

using ceremony::Share;

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
  if (request.passphrases.size() > ceremony::kMostShares) return fail(Rv::arguments_bad, "more shares than 16");
  ceremony::SplitTerms terms{.threshold = request.threshold, .count = static_cast<std::uint8_t>(request.passphrases.size())};
  std::ranges::copy(crypto::random_bytes(terms.unit.size()), terms.unit.begin());
  auto staged = TRY(ceremony::generate(state_, terms));
  auto files = TRY(write_files(staged.shares, request));
  admin::ShareFiles reply{to_hex(staged.key.pattern), std::move(files)};
  state_ = std::move(staged);
  return reply;
}

Result<admin::ShareChecked> Unit::call(const admin::CheckShare& request, const Peer&) {
  const auto share = TRY(ceremony::read_share(request.file, request.passphrase));
  auto reply = about(share);
  const std::scoped_lock lock(admin_mutex_);
  TRY(ceremony::check(state_, share));
  if (const auto* staged = std::get_if<Staged>(&state_)) {
    TRY(ceremony::confirm(state_, share));
    reply.confirmed = static_cast<std::uint8_t>(staged->confirmed.size());
  }
  if (const auto pattern = ceremony::pattern_of(state_)) reply.fingerprint = to_hex(*pattern);
  return reply;
}

Result<admin::UnitStatus> Unit::call(const admin::Activate& request, const Peer& peer) {
  const std::scoped_lock lock(admin_mutex_);
  auto key = ceremony::activate(state_, from_hex(request.fingerprint).value_or(Bytes()));
  if (!key && key.error().subject.empty()) return std::move(key).error().about(next_step());
  const auto* master = TRY(std::move(key));
  const auto from = std::get<Staged>(state_).shares.front().info;
  TRY(mount(*master, from, store::Act::ceremony_committed, peer));
  log::info("master key activated");
  return status();
}

Result<admin::UnitStatus> Unit::call(const admin::Discard&, const Peer&) {
  const std::scoped_lock lock(admin_mutex_);
  auto discarded = ceremony::discard(state_);
  if (!discarded) return std::move(discarded).error().about(next_step());
  state_ = *discarded;
  return status();
}

Result<admin::UnitStatus> Unit::call(const admin::Unseal& request, const Peer& peer) {
  auto share = TRY(ceremony::read_share(request.file, request.passphrase));
  const std::scoped_lock lock(admin_mutex_);
  if (share.info.rehearsal) log::warning("a share of a rehearsal: its file is protected at the cost of a rehearsal");
  const auto from = share.info;
  auto key = ceremony::collect(state_, std::move(share));
  if (!key && key.error().subject.empty()) return std::move(key).error().about(next_step());
  const auto master = TRY(std::move(key));
  if (!master) return status();
  TRY(mount(*master, from, store::Act::ceremony_unsealed, peer));
  changes_.bump();
  log::info("unsealed");
  return status();
}

}  // namespace hsm::daemon
