#include "kms/vpc/luks.h"

#include <fmt/core.h>
#include <libcryptsetup.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "kms/client/secret_access.h"

namespace kms::vpc::luks {
using client::local_error;
namespace fs = std::filesystem;

namespace {

struct Free {
  void operator()(crypt_device* device) const { crypt_free(device); }
};
using Device = std::unique_ptr<crypt_device, Free>;

constexpr std::uint32_t kSectorSize = 512;  // what LUKS1, and so qemu, can read too
constexpr std::size_t kXtsKeySize = 64;     // AES-256-XTS: two keys of 256 bits
constexpr std::uint32_t kLeastIterations = 1000;

client::Error failure(std::string_view act, const fs::path& file, int code) {
  std::error_code ignored;  // the library tells a full disk as an input/output error
  if (code == -EIO && fs::space(file, ignored).available < kHeaderSize) code = -ENOSPC;
  return local_error("luks", fmt::format("{}: {}: {}", act, file.string(), std::strerror(-code)),
                     code == -ENOSPC ? "free some space, and repeat this" : "");
}

client::Result<Device> open_file(const fs::path& file) {
  // The library would print on its own; what failed is told once, by us.
  crypt_set_log_callback(nullptr, [](int, const char*, void*) {}, nullptr);
  // A plain file is locked by itself; the directory that locks devices belongs to root.
  if (geteuid() != 0) crypt_metadata_locking(nullptr, 0);
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return local_error("no_file", fmt::format("there is no volume file: {}", file.string()));
  }
  crypt_device* device = nullptr;
  if (const int code = crypt_init(&device, file.c_str()); code < 0) return failure("the file cannot be opened", file, code);
  return Device(device);
}

const char* type_of(LuksVersion version) { return version == LuksVersion::two ? CRYPT_LUKS2 : CRYPT_LUKS1; }

client::Status load(const Device& device, const fs::path& file) {
  if (crypt_load(device.get(), CRYPT_LUKS, nullptr) < 0) {
    return local_error("not_luks", fmt::format("the file is not a LUKS container: {}", file.string()),
                       "name the volume's own file; if it is, restore its first 16 MiB from a backup");
  }
  return hsm::Done{};
}

/// A header with one key slot in front of the data; `key` is the volume key, an empty one means a fresh one.
client::Status write_header(const fs::path& file, LuksVersion version, const hsm::Secret& passphrase, const hsm::Secret& key) {
  const auto device = TRY(open_file(file));
  crypt_pbkdf_type pbkdf{};
  pbkdf.type = CRYPT_KDF_PBKDF2;
  pbkdf.hash = "sha256";
  pbkdf.iterations = kLeastIterations;
  pbkdf.flags = CRYPT_PBKDF_NO_BENCHMARK;
  crypt_params_luks2 second{};
  second.pbkdf = &pbkdf;
  second.sector_size = kSectorSize;
  crypt_params_luks1 first{};
  first.hash = "sha256";
  const bool is_second = version == LuksVersion::two;
  void* parameters = is_second ? static_cast<void*>(&second) : static_cast<void*>(&first);
  const auto octets = hsm::text_of(SecretAccess::bytes(key));
  int code = crypt_set_data_offset(device.get(), kHeaderSize / 512);
  if (code >= 0) code = crypt_set_pbkdf_type(device.get(), &pbkdf);
  if (code >= 0) {
    code = crypt_format(device.get(), type_of(version), "aes", "xts-plain64", nullptr, octets.empty() ? nullptr : octets.data(),
                        kXtsKeySize, parameters);
  }
  if (code < 0) return failure("the file cannot be formatted", file, code);
  const auto text = hsm::text_of(SecretAccess::bytes(passphrase));
  code = crypt_keyslot_add_by_volume_key(device.get(), 0, nullptr, 0, text.data(), text.size());
  if (code < 0) return failure("the passphrase cannot be set", file, code);
  return hsm::Done{};
}

}  // namespace

client::Status format(const fs::path& file, LuksVersion version, const hsm::Secret& passphrase) {
  return write_header(file, version, passphrase, hsm::Secret());
}

client::Result<LuksVersion> version_of(const fs::path& file) {
  const auto device = TRY(open_file(file));
  TRY(load(device, file));
  return std::string_view(crypt_get_type(device.get())) == CRYPT_LUKS2 ? LuksVersion::two : LuksVersion::one;
}

client::Status replace_header(const fs::path& file, LuksVersion version, const hsm::Secret& passphrase) {
  hsm::Secret key(kXtsKeySize);
  {
    const auto device = TRY(open_file(file));
    TRY(load(device, file));
    if (std::string_view(crypt_get_type(device.get())) == type_of(version)) return hsm::Done{};
    const auto text = hsm::text_of(SecretAccess::bytes(passphrase));
    auto size = key.size();
    auto* room = static_cast<char*>(static_cast<void*>(SecretAccess::room(key).data()));
    const int code = crypt_volume_key_get(device.get(), CRYPT_ANY_SLOT, room, &size, text.data(), text.size());
    if (code < 0 || size != key.size()) return failure("the volume key cannot be read", file, code < 0 ? code : -EINVAL);
  }
  return write_header(file, version, passphrase, key);
}

client::Status test(const fs::path& file, const hsm::Secret& passphrase) {
  const auto device = TRY(open_file(file));
  TRY(load(device, file));
  const auto text = hsm::text_of(SecretAccess::bytes(passphrase));
  // Without a name nothing is mapped: the key slots are tried and that is all.
  const int code = crypt_activate_by_passphrase(device.get(), nullptr, CRYPT_ANY_SLOT, text.data(), text.size(), 0);
  if (code == -EPERM || code == -ENOENT) {
    return local_error("passphrase_wrong", fmt::format("the passphrase does not open the container: {}", file.string()),
                       "the WDEK belongs to another volume, or the file was replaced");
  }
  if (code < 0) return failure("the key slots cannot be read", file, code);
  return hsm::Done{};
}

}  // namespace kms::vpc::luks
