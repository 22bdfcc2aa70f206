#pragma once

#include <cstdint>
#include <filesystem>

#include "hsm/base/secret.h"
#include "kms/client/error.h"

namespace kms::vpc {

enum class LuksVersion { one, two };

/// A LUKS container in a plain file, by libcryptsetup. Nothing here needs root or the device mapper.
namespace luks {

/// What the header in front of the data takes.
inline constexpr std::uint64_t kHeaderSize = std::uint64_t{16} << 20;

/// Formats `file` (which must exist with its final size): AES-256-XTS with 512-octet sectors, one key slot. The passphrase has 256
/// bits of entropy, so its PBKDF2 is as short as the library allows: stretching adds nothing.
client::Status format(const std::filesystem::path& file, LuksVersion version, const hsm::Secret& passphrase);

/// Writes a header of the other version over a container that format() made; volume key, data and passphrase stay. qemu reads and
/// writes version 1 only. (The library's own conversion looks for the device in /sys, which a container or a chroot may lack.)
client::Status replace_header(const std::filesystem::path& file, LuksVersion version, const hsm::Secret& passphrase);

/// Refuses (code `not_luks`) a file that is no LUKS container, naming it.
client::Result<LuksVersion> version_of(const std::filesystem::path& file);

/// Whether the passphrase opens a key slot; the refusal (code `passphrase_wrong`) names the file.
client::Status test(const std::filesystem::path& file, const hsm::Secret& passphrase);

}  // namespace luks
}  // namespace kms::vpc
