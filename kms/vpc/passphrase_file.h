#pragma once

#include <string>

#include "hsm/base/secret.h"
#include "hsm/base/socket.h"
#include "kms/client/error.h"

namespace kms::vpc {

/// A passphrase in an anonymous file of locked memory, for programs that this one starts. They find it at a descriptor
/// they inherit, may open it as /dev/fd/N any number of times, and it is overwritten when this object goes.
class PassphraseFile {
 public:
  static client::Result<PassphraseFile> make(const hsm::Secret& passphrase);
  PassphraseFile(PassphraseFile&& other) noexcept;
  PassphraseFile& operator=(PassphraseFile&&) = delete;
  ~PassphraseFile();

  int descriptor() const { return file_.get(); }

 private:
  PassphraseFile(hsm::Descriptor file, void* memory, std::size_t size)
      : file_(std::move(file)), memory_(memory), size_(size) {}

  hsm::Descriptor file_;
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace kms::vpc
