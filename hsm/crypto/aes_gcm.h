#pragma once

#include "hsm/base/bytes.h"
#include "hsm/crypto/handle.h"

namespace hsm::crypto {

/// AES-GCM over a keyed context: sets the IV and processes whole messages. Reused from message to message without allocating.
class GcmRunner {
 public:
  explicit GcmRunner(CipherContext context, bool encrypting) : context_(std::move(context)), encrypting_(encrypting) {}

  void start(ByteView iv, ByteView associated);
  void update(ByteView in, std::uint8_t* out);
  void tag_into(std::span<std::uint8_t> tag);
  /// False when the tag does not fit.
  bool check(ByteView tag);
  EVP_CIPHER_CTX* context() { return context_.get(); }

 private:
  CipherContext context_;
  bool encrypting_;
  std::size_t iv_size_ = 12;
};

}  // namespace hsm::crypto
