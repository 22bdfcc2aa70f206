#include "hsm/ceremony/shares.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "hsm/ceremony/field.h"
#include "hsm/store/keystore.h"

// For each octet of the key a polynomial of degree threshold - 1 whose value at 0 is that octet; a share is the value at its index.

namespace hsm::ceremony {
namespace {

using Indices = std::vector<std::size_t>;
KeyUse use() { return crypto::SecretAccess::use(); }

/// The value at `x` of the polynomials through the chosen shares (Lagrange).
Secret value_at(std::uint8_t x, std::span<const Share> shares, const Indices& chosen) {
  Secret value(kMasterKeySize);
  const auto out = value.fill(use());
  std::ranges::fill(out, std::uint8_t{0});
  for (const auto i : chosen) {
    const auto own = shares[i].info.index;
    std::uint8_t weight = 1;
    for (const auto j : chosen) {
      if (i == j) continue;
      const auto other = shares[j].info.index;
      const auto distance = field::inverse(static_cast<std::uint8_t>(own ^ other));
      weight = field::multiply(weight, field::multiply(static_cast<std::uint8_t>(x ^ other), distance));
    }
    const auto payload = shares[i].payload.reveal(use());
    for (std::size_t octet = 0; octet < kMasterKeySize; ++octet)
      out[octet] = static_cast<std::uint8_t>(out[octet] ^ field::multiply(weight, payload[octet]));
  }
  return value;
}

/// The half of the verification pattern that shares carry.
std::array<std::uint8_t, 16> pattern_of(const Secret& key) {
  std::array<std::uint8_t, 16> half{};
  std::ranges::copy(ByteView(store::pattern_of(key)).first(half.size()), half.begin());
  return half;
}

bool is_key_of(const Secret& key, const ShareInfo& info) { return equal_in_constant_time(pattern_of(key), info.pattern); }

std::string numbered(const ShareInfo& info) { return fmt::format("share {}", info.index); }

Status check_terms(unsigned threshold, unsigned count) {
  if (threshold < kLeastThreshold || count > kMostShares || threshold > count)
    return fail(Rv::arguments_bad, "a key is split into at most 16 shares, of which at least 2 and at most all are needed");
  return Done{};
}

bool same_set(const ShareInfo& a, const ShareInfo& b) {
  return a.unit == b.unit && a.set == b.set && a.epoch == b.epoch && a.threshold == b.threshold && a.count == b.count &&
         a.pattern == b.pattern;
}

Indices first_of(std::size_t count) {
  Indices indices(count);
  for (std::size_t i = 0; i < count; ++i) indices[i] = i;
  return indices;
}

/// The next subset of the same size in lexical order; false after the last.
bool next_subset(Indices& chosen, std::size_t of) {
  for (std::size_t i = chosen.size(); i-- > 0;) {
    if (chosen[i] >= of - chosen.size() + i) continue;
    ++chosen[i];
    for (std::size_t j = i + 1; j < chosen.size(); ++j) chosen[j] = chosen[j - 1] + 1;
    return true;
  }
  return false;
}

/// Names the first share that is not where the chosen ones (known to be right) say.
Status check_surplus(std::span<const Share> shares, const Indices& chosen) {
  for (const auto& share : shares)
    if (!equal_in_constant_time(value_at(share.info.index, shares, chosen), share.payload))
      return fail(Rv::data_invalid, "a share does not belong to the others").about(numbered(share.info));
  return Done{};
}

/// Some subset of random shares, for the proof before release.
Indices random_subset(std::size_t size, std::size_t of) {
  auto indices = first_of(of);
  const auto random = crypto::random_bytes(of);
  for (std::size_t i = of; i-- > 1;) std::swap(indices[i], indices[random[i] % (i + 1)]);
  indices.resize(size);
  return indices;
}

Status prove(std::span<const Share> shares, std::size_t threshold, const Secret& key) {
  constexpr int kRandomSubsets = 6;
  auto last = first_of(threshold);
  for (auto& index : last) index += shares.size() - threshold;
  std::vector<Indices> subsets{first_of(threshold), last};
  for (int i = 0; i < kRandomSubsets; ++i) subsets.push_back(random_subset(threshold, shares.size()));
  for (const auto& subset : subsets)
    if (!equal_in_constant_time(value_at(0, shares, subset), key))
      return fail(Rv::device_error, "the shares did not give the key back: nothing was released");
  return check_surplus(shares, first_of(threshold));
}

}  // namespace

Result<std::vector<Share>> split(const Secret& master_key, const SplitTerms& terms) {
  TRY(check_terms(terms.threshold, terms.count));
  if (master_key.size() != kMasterKeySize) return fail(Rv::arguments_bad, "a master key has 32 octets");
  ShareInfo info;
  info.unit = terms.unit;
  info.epoch = terms.epoch;
  info.threshold = terms.threshold;
  info.count = terms.count;
  info.pattern = pattern_of(master_key);
  TRY(crypto::random(info.set));
  // All coefficients are uniform, the leading one included: excluding zero there leaks the key over many splits.
  const std::size_t degree = terms.threshold - 1u;
  const auto coefficients = crypto::random_secret(degree * kMasterKeySize);
  const auto above = coefficients.reveal(use());
  const auto constant = master_key.reveal(use());
  std::vector<Share> shares;
  for (std::uint8_t index = 1; index <= terms.count; ++index) {
    info.index = index;
    Share share{info, Secret(kMasterKeySize)};
    const auto out = share.payload.fill(use());
    for (std::size_t octet = 0; octet < kMasterKeySize; ++octet) {
      std::uint8_t value = 0;
      for (std::size_t power = degree; power-- > 0;)
        value = field::multiply(static_cast<std::uint8_t>(value ^ above[power * kMasterKeySize + octet]), index);
      out[octet] = static_cast<std::uint8_t>(value ^ constant[octet]);
    }
    shares.push_back(std::move(share));
  }
  TRY(prove(shares, terms.threshold, master_key));
  return shares;
}

Result<Collected> check_collection(std::span<const Share> shares) {
  if (shares.empty()) return fail(Rv::data_invalid, "there are no shares");
  const auto& first = shares.front().info;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& info = shares[i].info;
    if (!check_terms(info.threshold, info.count) || info.index == 0 || info.index > info.count ||
        shares[i].payload.size() != kMasterKeySize)
      return fail(Rv::data_invalid, "this cannot be a share").about(numbered(info));
    if (!same_set(info, first)) return fail(Rv::data_invalid, "a share is of another set than the first").about(numbered(info));
    for (std::size_t j = 0; j < i; ++j)
      if (shares[j].info.index == info.index) return fail(Rv::data_invalid, "a share was given twice").about(numbered(info));
  }
  return Collected{shares.size(), first.threshold};
}

Result<Secret> combine(std::span<const Share> shares) {
  const auto collected = TRY(check_collection(shares));
  if (!collected.complete())
    return fail(Rv::data_invalid, "there are too few shares")
        .about(fmt::format("{} of the {} that are needed", collected.given, collected.needed));
  auto chosen = first_of(collected.needed);
  do {
    auto key = value_at(0, shares, chosen);
    if (!is_key_of(key, shares.front().info)) continue;
    TRY(check_surplus(shares, chosen));
    return key;
  } while (next_subset(chosen, shares.size()));
  return fail(Rv::data_invalid, "the shares do not give the key they were made from: at least one of them is wrong");
}

}  // namespace hsm::ceremony
