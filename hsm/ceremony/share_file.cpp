#include <algorithm>

#include "hsm/ceremony/shares.h"

// share file = header sealed
// header     = "SHR1" version profile scheme unit set epoch threshold count index pattern memory passes lanes salt
// version    = %x01                 profile = %x01 (standard) / %x02 (rehearsal)     scheme = %x01 (Shamir, GF(256))
// unit, set, pattern, salt = 16 octets       threshold, count, index = 1 octet
// epoch, memory (KiB), passes, lanes = u32, little-endian
// sealed     = nonce (12) ciphertext tag (16): AES-256-GCM under Argon2id(passphrase, salt), with the header as associated data
// plaintext  = payload (32) checksum        checksum = SHA-256(header payload)

namespace hsm::ceremony {
namespace {

constexpr std::string_view kMagic = "SHR1";
constexpr std::uint8_t kVersion = 1, kStandard = 1, kRehearsal = 2, kShamir = 1;
constexpr std::size_t kSalt = 16, kChecksum = 32;
constexpr std::size_t kHeader = 4 + 3 + 16 + 16 + 4 + 3 + 16 + 3 * 4 + kSalt;
constexpr std::size_t kSealed = 12 + kMasterKeySize + kChecksum + 16;

struct Limits {
  crypto::Argon2Cost least, most;
};
constexpr Limits kLimits = {{262144, 3, 1}, {4194304, 10, 16}};
constexpr Limits kRehearsalLimits = {{1024, 1, 1}, {262144, 10, 16}};

bool within(const crypto::Argon2Cost& cost, const Limits& limits) {
  const auto between = [&](std::uint32_t crypto::Argon2Cost::*field) {
    return cost.*field >= limits.least.*field && cost.*field <= limits.most.*field;
  };
  return between(&crypto::Argon2Cost::memory_kib) && between(&crypto::Argon2Cost::passes) && between(&crypto::Argon2Cost::lanes);
}

Status check_cost(const crypto::Argon2Cost& cost, bool rehearsal) {
  if (!within(cost, rehearsal ? kRehearsalLimits : kLimits))
    return fail(Rv::data_invalid, "the share file asks for an Argon2id cost outside the limits");
  return Done{};
}

struct Header {
  ShareInfo info;
  crypto::Argon2Cost cost;
  std::array<std::uint8_t, kSalt> salt{};
};

class HeaderWriter {
 public:
  void octet(std::uint8_t value) { out_.push_back(value); }
  void octets(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }
  void number(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) octet(static_cast<std::uint8_t>(value >> shift));
  }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Over a file whose length was checked.
class HeaderReader {
 public:
  explicit HeaderReader(ByteView in) : in_(in) {}
  std::uint8_t octet() { return octets(1)[0]; }
  ByteView octets(std::size_t size) {
    const auto head = in_.first(size);
    in_ = in_.subspan(size);
    return head;
  }
  void octets(std::array<std::uint8_t, 16>& out) { std::ranges::copy(octets(out.size()), out.begin()); }
  std::uint32_t number() {
    std::uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= static_cast<std::uint32_t>(octet()) << shift;
    return value;
  }

 private:
  ByteView in_;
};

Bytes encode(const Header& header) {
  HeaderWriter out;
  out.octets(view(kMagic));
  out.octet(kVersion);
  out.octet(header.info.rehearsal ? kRehearsal : kStandard);
  out.octet(kShamir);
  out.octets(header.info.unit);
  out.octets(header.info.set);
  out.number(header.info.epoch);
  for (const auto value : {header.info.threshold, header.info.count, header.info.index}) out.octet(value);
  out.octets(header.info.pattern);
  for (const auto value : {header.cost.memory_kib, header.cost.passes, header.cost.lanes}) out.number(value);
  out.octets(header.salt);
  return out.take();
}

Result<Header> decode(ByteView file) {
  if (file.size() < kMagic.size() || text_of(file.first(kMagic.size())) != kMagic)
    return fail(Rv::data_invalid, "this is not a share file");
  if (file.size() != kHeader + kSealed)
    return fail(Rv::data_invalid, "the share file is not whole: it has another length than a share file has");
  HeaderReader in(file.subspan(kMagic.size()));
  if (in.octet() != kVersion) return fail(Rv::data_invalid, "the share file is of another version");
  const auto profile = in.octet();
  if (profile != kStandard && profile != kRehearsal) return fail(Rv::data_invalid, "the share file has an unknown profile");
  if (in.octet() != kShamir) return fail(Rv::data_invalid, "the share file has an unknown scheme");
  Header header;
  auto& info = header.info;
  info.rehearsal = profile == kRehearsal;
  in.octets(info.unit);
  in.octets(info.set);
  info.epoch = in.number();
  for (auto* value : {&info.threshold, &info.count, &info.index}) *value = in.octet();
  in.octets(info.pattern);
  for (auto* value : {&header.cost.memory_kib, &header.cost.passes, &header.cost.lanes}) *value = in.number();
  in.octets(header.salt);
  if (info.threshold < kLeastThreshold || info.threshold > info.count || info.count > kMostShares || info.index == 0 ||
      info.index > info.count)
    return fail(Rv::data_invalid, "the share file has an index, a threshold or a number of shares that cannot be");
  TRY(check_cost(header.cost, info.rehearsal));
  return header;
}

Secret file_key(const Header& header, const Secret& passphrase) {
  return crypto::argon2id(passphrase, header.salt, Secret(), header.cost, 32);
}

Bytes checksum_of(ByteView header, ByteView payload) {
  WipedBytes whole(header.begin(), header.end());
  whole.insert(whole.end(), payload.begin(), payload.end());
  return crypto::sha256(whole);
}

}  // namespace

Result<Bytes> write_share(const Share& share, const Secret& passphrase, const FileCost& cost) {
  const auto use = crypto::SecretAccess::use();
  if (share.payload.size() != kMasterKeySize) return fail(Rv::arguments_bad, "a share has 32 octets");
  if (passphrase.empty()) return fail(Rv::arguments_bad, "a share file needs a passphrase");
  TRY(check_cost(cost.argon2, cost.rehearsal));
  Header header{share.info, cost.argon2, {}};
  header.info.rehearsal = cost.rehearsal;
  TRY(crypto::random(header.salt));
  auto file = encode(header);
  Secret plaintext(kMasterKeySize + kChecksum);
  const auto payload = share.payload.reveal(use);
  const auto end = std::ranges::copy(payload, plaintext.fill(use).begin()).out;
  std::ranges::copy(checksum_of(file, payload), end);
  const auto sealed = crypto::seal(file_key(header, passphrase), file, plaintext);
  file.insert(file.end(), sealed.begin(), sealed.end());
  return file;
}

Result<Share> read_share(ByteView file, const Secret& passphrase) {
  const auto use = crypto::SecretAccess::use();
  const auto header = TRY(decode(file));
  const auto clear = file.first(kHeader);
  auto plaintext = crypto::open(file_key(header, passphrase), clear, file.subspan(kHeader));
  if (!plaintext)
    return fail(Rv::pin_incorrect, "the passphrase does not open the share file, or the file was changed")
        .about("share " + std::to_string(header.info.index));
  const auto octets = plaintext->reveal(use);
  const auto payload = octets.first(kMasterKeySize);
  if (!equal_in_constant_time(checksum_of(clear, payload), octets.subspan(kMasterKeySize)))
    return fail(Rv::data_invalid, "the checksum in the share file is wrong").about("share " + std::to_string(header.info.index));
  return Share{header.info, Secret::copy_of(payload)};
}

Result<ShareInfo> read_share_info(ByteView file) { return TRY(decode(file)).info; }

}  // namespace hsm::ceremony
