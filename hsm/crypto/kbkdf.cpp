#include <algorithm>
#include <array>

#include "hsm/crypto/aes.h"
#include "hsm/crypto/derive.h"
#include "hsm/crypto/digest.h"
#include "hsm/crypto/library.h"
#include "hsm/crypto/operation.h"

// HKDF (RFC 5869; PKCS#11 3.2, 6.62) and the key derivation functions of NIST SP 800-108 in the general form that PKCS#11 gives them
// (6.42): the caller says which counters, lengths and octets each block of input is made of.

namespace hsm::crypto {
namespace {

/// A pseudo-random function with its key.
class Prf {
 public:
  virtual ~Prf() = default;
  virtual std::size_t size() const = 0;
  virtual WipedBytes run(ByteView in) = 0;
};

class HmacPrf final : public Prf {
 public:
  HmacPrf(const Hash& hash, ByteView key) : state_(hash, key) {}
  std::size_t size() const override { return state_.hash().size; }
  WipedBytes run(ByteView in) override {
    WipedBytes out(size());
    state_.start();
    state_.update(in);
    state_.finish(out.data());
    return out;
  }

 private:
  HmacState state_;
};

class CmacPrf final : public Prf {
 public:
  explicit CmacPrf(std::unique_ptr<Operation> operation) : operation_(std::move(operation)) {}
  std::size_t size() const override { return kAesBlock; }
  WipedBytes run(ByteView in) override {
    WipedBytes out(kAesBlock);
    must(operation_->once(in, out).ok(), "cannot run CMAC");
    return out;
  }

 private:
  std::unique_ptr<Operation> operation_;
};

Result<std::unique_ptr<Prf>> prf_of(std::uint64_t mechanism, const Key& key) {
  if (mechanism == static_cast<std::uint64_t>(Mech::aes_cmac)) {
    auto operation = TRY(begin(Use::sign, {mechanism, {}}, KeyPtr(KeyPtr(), &key)));
    return std::unique_ptr<Prf>(std::make_unique<CmacPrf>(std::move(operation)));
  }
  const auto* hash = hash_inside(mechanism, &Hash::hmac);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "SP 800-108 with an unknown pseudo-random function");
  const auto value = TRY(secret_octets(key));
  return std::unique_ptr<Prf>(std::make_unique<HmacPrf>(*hash, value));
}

void append(WipedBytes& out, ByteView octets) { out.insert(out.end(), octets.begin(), octets.end()); }

void append_number(WipedBytes& out, std::uint64_t number, const PrfField& field) {
  const auto octets = field.width / 8;
  for (std::uint64_t i = 0; i < octets; ++i) {
    const auto at = field.little_endian ? i : octets - 1 - i;
    out.push_back(at < 8 ? static_cast<std::uint8_t>(number >> (8 * at)) : std::uint8_t{0});
  }
}

bool holds(std::uint64_t number, std::uint64_t width) { return width >= 64 || number >> width == 0; }

/// One derivation: the fields, and what of them is fixed for all its blocks.
struct Run {
  const KbkdfParams& params;
  bool counts;  ///< the iteration variable is a counter (counter mode)
  std::uint64_t blocks, key_bits, segment_bits;
};

Status check(const Run& run) {
  std::size_t iterations = 0;
  for (const auto& field : run.params.inputs) {
    const bool numeric = field.type == PrfField::Type::counter || field.type == PrfField::Type::key_length ||
                         (field.type == PrfField::Type::iteration && run.counts);
    if (field.type == PrfField::Type::iteration) ++iterations;
    if (numeric && (field.width == 0 || field.width % 8 != 0 || field.width > 64))
      return fail(Rv::mechanism_param_invalid, "a counter or length has 8 to 64 bits, in steps of 8");
    if ((field.type == PrfField::Type::counter || (field.type == PrfField::Type::iteration && run.counts)) &&
        !holds(run.blocks, field.width))
      return fail(Rv::key_size_range, "the counter is too short for a key of this length");
    if (field.type == PrfField::Type::counter && run.counts)
      return fail(Rv::mechanism_param_invalid, "the counter mode counts by its iteration variable");
    if (field.type == PrfField::Type::key_length && !holds(field.of_segments ? run.segment_bits : run.key_bits, field.width))
      return fail(Rv::mechanism_param_invalid, "the length of the key does not fit its field");
    if (field.type == PrfField::Type::octets && field.data.empty())
      return fail(Rv::mechanism_param_invalid, "an empty field of octets");
  }
  if (iterations != 1) return fail(Rv::mechanism_param_invalid, "SP 800-108 needs its iteration variable once");
  return Done{};
}

/// The input of block `number`; `iteration` is what the iteration variable stands for where it does not count.
WipedBytes input_of(const Run& run, std::uint64_t number, ByteView iteration, bool with_iteration) {
  WipedBytes in;
  for (const auto& field : run.params.inputs) {
    switch (field.type) {
      case PrfField::Type::iteration:
        if (!with_iteration) break;
        if (run.counts) {
          append_number(in, number, field);
        } else {
          append(in, iteration);
        }
        break;
      case PrfField::Type::counter:
        if (with_iteration) append_number(in, number, field);
        break;
      case PrfField::Type::key_length:
        append_number(in, field.of_segments ? run.segment_bits : run.key_bits, field);
        break;
      case PrfField::Type::octets:
        append(in, field.data);
        break;
    }
  }
  return in;
}

}  // namespace

Result<std::vector<Secret>> derive_several(const Mechanism& mechanism, const Key& base_key, std::span<const std::uint64_t> lengths) {
  const auto* params = std::get_if<KbkdfParams>(&mechanism.params);
  if (params == nullptr) return fail(Rv::mechanism_param_invalid, "the mechanism needs CK_SP800_108_KDF_PARAMS");
  const auto prf = TRY(prf_of(params->prf, base_key));
  const auto mode = static_cast<Mech>(mechanism.type);
  std::uint64_t blocks = 0, octets = 0;
  for (const auto length : lengths) {
    if (length == 0) return fail(Rv::template_incomplete, "the derived key needs CKA_VALUE_LEN");
    if (length > kMostDerived - octets) return fail(Rv::key_size_range, "the derived keys would be too long");
    octets += length;
    blocks += (length + prf->size() - 1) / prf->size();
  }
  const Run run{*params, mode == Mech::sp800_108_counter_kdf, blocks, 8 * octets, 8 * blocks * prf->size()};
  TRY(check(run));
  WipedBytes iteration(params->iv.begin(), params->iv.end());
  // Double pipeline: A(0) is the fixed input, A(i) the PRF of A(i-1).
  if (mode == Mech::sp800_108_double_pipeline_kdf) iteration = input_of(run, 0, {}, false);
  std::uint64_t number = 0;
  std::vector<Secret> values;
  for (const auto length : lengths) {
    auto& value = values.emplace_back(length);
    for (auto rest = value.fill(SecretAccess::use()); !rest.empty();) {
      if (mode == Mech::sp800_108_double_pipeline_kdf) iteration = prf->run(iteration);
      const auto block = prf->run(input_of(run, ++number, iteration, true));
      const auto size = std::min(rest.size(), block.size());
      std::copy_n(block.begin(), size, rest.begin());
      rest = rest.subspan(size);
      if (mode == Mech::sp800_108_feedback_kdf) iteration = block;
    }
  }
  return values;
}

Result<Secret> derive_kbkdf(const Derivation& wanted) {
  const std::uint64_t lengths[] = {wanted.length};
  return std::move(TRY(derive_several(wanted.mechanism, wanted.base, lengths)).front());
}

Result<Secret> derive_hkdf(const Derivation& wanted) {
  constexpr std::uint64_t kNoSalt = 1, kSaltData = 2, kSaltKey = 4;
  const auto* params = std::get_if<HkdfParams>(&wanted.mechanism.params);
  if (params == nullptr || (!params->extract && !params->expand))
    return fail(Rv::mechanism_param_invalid, "HKDF needs CK_HKDF_PARAMS with bExtract or bExpand");
  const auto* hash = hash_inside(params->hash, &Hash::digest);
  if (hash == nullptr) return fail(Rv::mechanism_param_invalid, "HKDF with an unknown hash");
  Secret key = TRY(value_of(wanted.base));
  if (params->extract) {
    ByteView salt;
    if (params->salt_type == kSaltData) {
      salt = params->salt;
    } else if (params->salt_type == kSaltKey) {
      const auto* named = wanted.others.empty() ? nullptr : secret_of(*wanted.others[0]);
      if (named == nullptr) return fail(Rv::mechanism_param_invalid, "the salt key is not a secret key");
      salt = named->value();
    } else if (params->salt_type != kNoSalt) {
      return fail(Rv::mechanism_param_invalid, "HKDF with an unknown kind of salt");
    }
    // RFC 5869, 2.2: without salt, zeros; HMAC pads an empty key with them.
    Secret extracted(hash->size);
    hmac_into(*hash, salt, {key.reveal(SecretAccess::use())}, extracted.fill(SecretAccess::use()).data());
    key = std::move(extracted);
  }
  if (!params->expand) return leading(std::move(key), wanted.length);
  if (wanted.length == 0) return fail(Rv::template_incomplete, "the derived key needs CKA_VALUE_LEN");
  if (wanted.length > 255 * hash->size) return fail(Rv::key_size_range, "HKDF gives at most 255 blocks");
  return hkdf_expand(*hash, key, params->info, wanted.length);
}

}  // namespace hsm::crypto
