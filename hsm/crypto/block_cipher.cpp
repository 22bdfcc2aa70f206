#include "hsm/crypto/aes.h"

#include <algorithm>
#include <array>
#include <functional>

#include "hsm/crypto/operation.h"
#include "hsm/crypto/seed.h"
#include "hsm/crypto/unpad.h"

namespace hsm::crypto {
namespace {

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

struct Shape {
  Mech id;
  BlockMode mode;
  bool pads = false;
  KeyType key = KeyType::aes;
  /// Data of any length, octet by octet: no block is held back.
  constexpr bool streams() const { return mode != BlockMode::ecb && mode != BlockMode::cbc; }
};
constexpr auto kShapes = std::to_array<Shape>({
    {.id = Mech::aes_ecb, .mode = BlockMode::ecb},
    {.id = Mech::aes_cbc, .mode = BlockMode::cbc},
    {.id = Mech::aes_cbc_pad, .mode = BlockMode::cbc, .pads = true},
    {.id = Mech::aes_ctr, .mode = BlockMode::ctr},
    {.id = Mech::aes_ofb, .mode = BlockMode::ofb},
    {.id = Mech::aes_cfb1, .mode = BlockMode::cfb1},
    {.id = Mech::aes_cfb8, .mode = BlockMode::cfb8},
    {.id = Mech::aes_cfb128, .mode = BlockMode::cfb128},
    {.id = Mech::camellia_ecb, .mode = BlockMode::ecb, .key = KeyType::camellia},
    {.id = Mech::camellia_cbc, .mode = BlockMode::cbc, .key = KeyType::camellia},
    {.id = Mech::camellia_cbc_pad, .mode = BlockMode::cbc, .pads = true, .key = KeyType::camellia},
    {.id = Mech::camellia_ctr, .mode = BlockMode::ctr, .key = KeyType::camellia},
    {.id = Mech::aria_ecb, .mode = BlockMode::ecb, .key = KeyType::aria},
    {.id = Mech::aria_cbc, .mode = BlockMode::cbc, .key = KeyType::aria},
    {.id = Mech::aria_cbc_pad, .mode = BlockMode::cbc, .pads = true, .key = KeyType::aria},
    {.id = Mech::des3_ecb, .mode = BlockMode::ecb, .key = KeyType::des3},
    {.id = Mech::des3_cbc, .mode = BlockMode::cbc, .key = KeyType::des3},
    {.id = Mech::des3_cbc_pad, .mode = BlockMode::cbc, .pads = true, .key = KeyType::des3},
    {.id = Mech::des_ecb, .mode = BlockMode::ecb, .key = KeyType::des},
    {.id = Mech::des_cbc, .mode = BlockMode::cbc, .key = KeyType::des},
    {.id = Mech::des_cbc_pad, .mode = BlockMode::cbc, .pads = true, .key = KeyType::des},
    {.id = Mech::des_ofb64, .mode = BlockMode::ofb, .key = KeyType::des},
    {.id = Mech::des_cfb64, .mode = BlockMode::cfb128, .key = KeyType::des},
    {.id = Mech::des_cfb8, .mode = BlockMode::cfb8, .key = KeyType::des},
    {.id = Mech::seed_ecb, .mode = BlockMode::ecb, .key = KeyType::seed},
    {.id = Mech::seed_cbc, .mode = BlockMode::cbc, .key = KeyType::seed},
    {.id = Mech::seed_cbc_pad, .mode = BlockMode::cbc, .pads = true, .key = KeyType::seed},
});

const Shape* shape_of(std::uint64_t mechanism) {
  const auto it = std::ranges::find(kShapes, mechanism, [](const Shape& s) { return static_cast<std::uint64_t>(s.id); });
  return it == kShapes.end() ? nullptr : &*it;
}

/// How a message starts: its IV (or counter block), and how many blocks a counter has left.
struct Start {
  const std::uint8_t* iv = nullptr;
  std::uint64_t blocks = kNoLimit;
};

__extension__ using Wide = unsigned __int128;

Result<Start> start_of(const Shape& shape, const Mechanism& mechanism) {
  if (shape.mode == BlockMode::ecb) {
    if (!std::holds_alternative<std::monostate>(mechanism.params))
      return fail(Rv::mechanism_param_invalid, "ECB takes no parameter");
    return Start{};
  }
  if (shape.mode != BlockMode::ctr) {
    const auto* params = std::get_if<IvParams>(&mechanism.params);
    if (params == nullptr || params->iv.size() != block_of(shape.key))
      return fail(Rv::mechanism_param_invalid, "this mode needs an IV of one block");
    return Start{params->iv.data(), kNoLimit};
  }
  const auto* params = std::get_if<CtrParams>(&mechanism.params);
  if (params == nullptr || params->counter_block.size() != kAesBlock || params->counter_bits == 0 ||
      params->counter_bits > 128)
    return fail(Rv::mechanism_param_invalid, "CTR needs a counter of 1 to 128 bits in a block of 16 octets");
  if (params->counter_bits == 128) return Start{params->counter_block.data(), kNoLimit};
  Wide counter = 0;
  for (const auto octet : params->counter_block) counter = counter << 8 | octet;
  const auto values = Wide{1} << params->counter_bits;
  const auto left = values - (counter & (values - 1));
  return Start{params->counter_block.data(), left > kNoLimit ? kNoLimit : static_cast<std::uint64_t>(left)};
}

class BlockOperation final : public Operation {
 public:
  BlockOperation(const Shape& shape, CipherContext context, bool encrypting)
      : shape_(shape), block_(block_of(shape.key)), context_(std::move(context)), encrypting_(encrypting) {}

  std::uint64_t once_size(std::uint64_t in) const override {
    return shape_.pads && encrypting_ ? (in / block_ + 1) * block_ : in;
  }
  std::uint64_t update_size(std::uint64_t in) const override {
    if (shape_.streams()) return in;
    const auto total = held_ + in;
    if (removes_padding() && total != 0) return (total - 1) / block_ * block_;
    return total / block_ * block_;
  }
  std::uint64_t finish_size() const override {
    if (!shape_.pads) return 0;
    return encrypting_ ? block_ : held_;
  }

  Result<std::size_t> once(ByteView in, Room room) override {
    TRY(check_length(in.size()));
    if (room.size() >= once_size(in.size())) return run_once(in, room.data());
    if (!removes_padding()) return fail(Rv::buffer_too_small, "no room for the result");
    // The plaintext may still fit: only decrypting tells.
    WipedBytes plain(in.size());
    const auto size = TRY(run_once(in, plain.data()));
    auto written = put(ByteView(plain).first(size), room);
    if (!written) begin();
    return written;
  }

  Result<std::size_t> update(ByteView in, Room room) override {
    const auto size = update_size(in.size());
    if (room.size() < size) return fail(Rv::buffer_too_small, "no room for the result");
    if (!spend(in.size())) return fail(Rv::data_len_range, "the counter would run over");
    WipedBytes copy;
    if (held_ != 0 && overlap(in, room)) {
      // In place, but not in step: what is still to be read would be overwritten.
      copy.assign(in.begin(), in.end());
      in = copy;
    }
    if (removes_padding()) return update_all_but_last(in, room.data(), size);
    run_cipher(context_.get(), in, room.data());
    held_ = held_ + in.size() - size;
    return size;
  }

  Result<std::size_t> finish(Room room) override {
    if (!adds_padding() && !removes_padding()) {
      if (held_ != 0) return wrong_length();
      return std::size_t{0};
    }
    if (removes_padding()) return finish_unpadding(room);
    if (room.size() < block_) return fail(Rv::buffer_too_small, "no room for the last block");
    return run_final(room.data());
  }

  Result<bool> restart(const Mechanism& mechanism) override {
    if (mechanism.type != static_cast<std::uint64_t>(shape_.id)) return false;
    TRY(start(mechanism));
    return true;
  }

  Result<std::unique_ptr<Operation>> fork() const override {
    auto other = std::make_unique<BlockOperation>(shape_, copy_of(context_), encrypting_);
    other->iv_ = iv_;
    other->blocks_ = blocks_;
    other->octets_left_ = octets_left_;
    other->held_ = held_;
    other->last_ = last_;
    return std::unique_ptr<Operation>(std::move(other));
  }

  /// Takes the IV and starts a message.
  Status start(const Mechanism& mechanism) {
    const auto from = TRY(start_of(shape_, mechanism));
    if (from.iv != nullptr) std::copy_n(from.iv, block_, iv_.begin());
    blocks_ = from.blocks;
    begin();
    return Done{};
  }

 private:
  bool adds_padding() const { return shape_.pads && encrypting_; }
  bool removes_padding() const { return shape_.pads && !encrypting_; }

  void begin() {
    const auto* iv = shape_.mode == BlockMode::ecb ? nullptr : iv_.data();
    must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, iv, encrypting_ ? 1 : 0, nullptr), "cannot start a cipher");
    // What libcrypto takes off it takes off with branches: text_in_last_block() does it here.
    EVP_CIPHER_CTX_set_padding(context_.get(), adds_padding() ? 1 : 0);
    octets_left_ = blocks_ > kNoLimit / block_ ? kNoLimit : blocks_ * block_;
    held_ = 0;
  }
  /// Counts octets against a short counter.
  bool spend(std::uint64_t octets) {
    if (octets_left_ == kNoLimit) return true;
    if (octets > octets_left_) return false;
    octets_left_ -= octets;
    return true;
  }
  Error wrong_length() const {
    return encrypting_ ? fail(Rv::data_len_range, "the data is not a whole number of blocks")
                       : fail(Rv::encrypted_data_len_range, "the encrypted data is not a whole number of blocks");
  }
  static Error bad_padding() { return fail(Rv::encrypted_data_invalid, "the encrypted data does not decrypt"); }
  Status check_length(std::size_t size) const {
    if (shape_.streams()) {
      if (octets_left_ != kNoLimit && size > octets_left_) return fail(Rv::data_len_range, "the counter would run over");
      return Done{};
    }
    if (!adds_padding() && (size % block_ != 0 || (removes_padding() && size == 0))) return wrong_length();
    return Done{};
  }
  Result<std::size_t> run_once(ByteView in, std::uint8_t* out) {
    if (removes_padding()) {
      const auto body = update_all_but_last(in, out, in.size() - block_);
      auto text = finish_unpadding(Room(out + body, block_));
      if (text) return body + *text;
      OPENSSL_cleanse(out, body);  // whoever asks with wrong padding gets nothing to look at
      return text;
    }
    const auto body = run_cipher(context_.get(), in, out);
    return adds_padding() ? body + run_final(out + body) : body;
  }
  std::size_t run_final(std::uint8_t* out) {
    int size = 0;
    must(EVP_CipherFinal_ex(context_.get(), out, &size), "cannot end a cipher");
    return static_cast<std::size_t>(size);
  }

  /// Decrypts `size` octets, whole blocks of what is held and of `in`, and holds the rest: one block at most.
  std::size_t update_all_but_last(ByteView in, std::uint8_t* out, std::size_t size) {
    const auto of_held = std::min(held_, size);
    auto written = run_cipher(context_.get(), ByteView(last_).first(of_held), out);
    const auto of_in = in.first(size - of_held);
    // The rest is put aside first: what comes out may stand where it lies.
    std::array<std::uint8_t, kMostBlock> rest;
    const auto left = in.subspan(of_in.size());
    std::ranges::copy(left, rest.begin());
    written += run_cipher(context_.get(), of_in, out == nullptr ? nullptr : out + written);
    held_ -= of_held;
    std::copy_n(rest.begin(), left.size(), last_.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += left.size();
    return written;
  }
  /// Decrypts the block that is held and gives out its text. With too little room for that it is held on.
  Result<std::size_t> finish_unpadding(Room room) {
    if (held_ != block_) return wrong_length();
    const auto saved = room.size() < block_ ? copy_of(context_) : CipherContext();
    std::array<std::uint8_t, kMostBlock> block;
    run_cipher(context_.get(), ByteView(last_).first(block_), block.data());
    const auto size = text_in_last_block(ByteView(block).first(block_));
    auto written = size ? put(ByteView(block).first(*size), room) : Result<std::size_t>(bad_padding());
    wipe(block);
    if (size && !written) must(EVP_CIPHER_CTX_copy(context_.get(), saved.get()), "cannot restore a cipher");
    return written;
  }

  const Shape& shape_;
  std::size_t block_;
  CipherContext context_;
  bool encrypting_;
  std::array<std::uint8_t, kMostBlock> iv_{};
  std::uint64_t blocks_ = kNoLimit;
  std::uint64_t octets_left_ = kNoLimit;
  std::size_t held_ = 0;  ///< octets that libcrypto keeps for the next block, or last_ does where padding is taken off
  std::array<std::uint8_t, kMostBlock> last_{};
};

}  // namespace

CipherContext keyed_context(BlockMode mode, ByteView key, bool encrypting) {
  return keyed_context(Library::get().aes(mode, key.size()), key, encrypting);
}

std::size_t zero_padded_block(const Mechanism& mechanism) {
  const auto* shape = shape_of(mechanism.type);
  return shape == nullptr || shape->streams() || shape->pads ? 0 : block_of(shape->key);
}

CipherContext keyed_context(const EVP_CIPHER* cipher, ByteView key, bool encrypting) {
  CipherContext context(EVP_CIPHER_CTX_new());
  must(context != nullptr, "no cipher context");
  must(cipher != nullptr && EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, encrypting ? 1 : 0, nullptr) > 0,
       "cannot key a cipher");
  return context;
}

CipherContext copy_of(const CipherContext& context) {
  CipherContext copy(EVP_CIPHER_CTX_new());
  must(copy != nullptr && EVP_CIPHER_CTX_copy(copy.get(), context.get()) > 0, "cannot copy a cipher state");
  return copy;
}

std::size_t run_cipher(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  std::size_t written = 0;
  while (!in.empty()) {
    const auto piece = in.first(std::min(in.size(), kPiece));
    int size = 0;
    must(EVP_CipherUpdate(context, out == nullptr ? nullptr : out + written, &size, piece.data(),
                          static_cast<int>(piece.size())),
         "cannot run a cipher");
    written += static_cast<std::size_t>(size);
    in = in.subspan(piece.size());
  }
  return written;
}

BlockKey::BlockKey(KeyType type, ByteView value) : value_(value) {
  if (type != KeyType::des && type != KeyType::des2) return;
  const auto first = value.first(8), second = type == KeyType::des ? first : value.subspan(8, 8);
  for (const auto part : {first, second, first}) expanded_.insert(expanded_.end(), part.begin(), part.end());
}

Result<BlockKey> block_key(const Mechanism& mechanism, const Key& key) {
  const auto* secret = secret_of(key);
  const auto* row = TRY(find_mechanism(mechanism.type));
  if (secret == nullptr || !takes_key(*row, ObjectClass::secret_key, secret->type()))
    return fail(Rv::key_type_inconsistent, "the mechanism needs a secret key of another type");
  return BlockKey(secret->type(), secret->value());
}

bool overlap(ByteView a, ByteView b) {
  const std::less<const std::uint8_t*> before;
  return !a.empty() && !b.empty() && before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

Made begin_block_cipher(const Beginning& wanted) {
  if (wanted.use != Use::encrypt && wanted.use != Use::decrypt)
    return fail(Rv::mechanism_invalid, "a mode of a cipher only encrypts and decrypts");
  const auto& shape = *shape_of(wanted.mechanism.type);
  if (shape.key == KeyType::seed) return begin_seed(wanted, shape.mode, shape.pads);
  const auto key = TRY(block_key(wanted.mechanism, *wanted.key));
  const auto* cipher = Library::get().block(shape.key, shape.mode, key.octets().size());
  const bool encrypting = wanted.use == Use::encrypt;
  auto made = std::make_unique<BlockOperation>(shape, keyed_context(cipher, key.octets(), encrypting), encrypting);
  TRY(made->start(wanted.mechanism));
  return std::unique_ptr<Operation>(std::move(made));
}

}  // namespace hsm::crypto
