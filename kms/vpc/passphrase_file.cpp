#include "kms/vpc/passphrase_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kms/client/secret_access.h"

namespace kms::vpc {
using client::local_error;

client::Result<PassphraseFile> PassphraseFile::make(const hsm::Secret& passphrase) {
  const auto size = passphrase.size();
  hsm::Descriptor file(memfd_create("passphrase", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    return local_error("memfd", std::string("no memory for a passphrase: ") + std::strerror(errno));
  }
  fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) {  // NOLINT: a macro of the system
    return local_error("memfd", std::string("no memory for a passphrase: ") + std::strerror(errno));
  }
  PassphraseFile made(std::move(file), memory, size);
  // As long as this process maps and locks the pages, they are not written to swap.
  if (mlock(memory, size) != 0) {
    return local_error("mlock", "the memory of a passphrase cannot be locked", "raise the limit: ulimit -l");
  }
  std::memcpy(memory, SecretAccess::bytes(passphrase).data(), size);
  return made;
}

PassphraseFile::PassphraseFile(PassphraseFile&& other) noexcept
    : file_(std::move(other.file_)), memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}

PassphraseFile::~PassphraseFile() {
  if (memory_ == nullptr) return;
  hsm::wipe({static_cast<std::uint8_t*>(memory_), size_});
  munmap(memory_, size_);
}

}  // namespace kms::vpc
