// HMAC, digest, random.

#include "kms/p11/connection.h"

namespace kms::p11 {

Result<Bytes> Token::mac(const KeyRef& key, ByteView data) {
  return connection_->with_session([&](const Session& session) -> Result<Bytes> {
    CK_MECHANISM mechanism{CKM_SHA256_HMAC, nullptr, 0};
    const auto handle = TRY(session.find(key));
    TRY(verdict(session.call().C_SignInit(session.handle(), &mechanism, handle), "begin a MAC"));
    Bytes tag(32);
    CK_ULONG length = tag.size();
    TRY(verdict(session.call().C_Sign(session.handle(), const_cast<CK_BYTE*>(data.data()), data.size(), tag.data(),
                                      &length),
                "make a MAC"));
    tag.resize(length);
    return tag;
  });
}

Result<Bytes> Token::digest(ByteView data) {
  return connection_->with_session([&](const Session& session) -> Result<Bytes> {
    CK_MECHANISM mechanism{CKM_SHA256, nullptr, 0};
    TRY(verdict(session.call().C_DigestInit(session.handle(), &mechanism), "begin a digest"));
    Bytes hash(32);
    CK_ULONG length = hash.size();
    TRY(verdict(session.call().C_Digest(session.handle(), const_cast<CK_BYTE*>(data.data()), data.size(), hash.data(),
                                        &length),
                "make a digest"));
    hash.resize(length);
    return hash;
  });
}

Result<Bytes> Token::random(std::size_t size) {
  return connection_->with_session([&](const Session& session) -> Result<Bytes> {
    Bytes drawn(size);
    TRY(verdict(session.call().C_GenerateRandom(session.handle(), drawn.data(), drawn.size()), "draw random octets"));
    return drawn;
  });
}

Result<std::array<std::uint8_t, 12>> Token::random_iv() {
  constexpr std::size_t kSize = 12;
  // Values for one use each, per thread. A forked child must not repeat its parent's: the service never forks.
  thread_local Bytes stock;
  if (stock.size() < kSize) stock = TRY(random(kSize * 128));
  std::array<std::uint8_t, kSize> iv{};
  std::copy(stock.end() - kSize, stock.end(), iv.begin());
  stock.resize(stock.size() - kSize);
  return iv;
}

}  // namespace kms::p11
