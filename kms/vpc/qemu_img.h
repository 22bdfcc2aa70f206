#pragma once

#include <cstdint>
#include <filesystem>

#include "kms/client/error.h"
#include "kms/vpc/passphrase_file.h"

namespace kms::vpc::qemu_img {

/// Writes a raw disk or filesystem image into a LUKS1 container, encrypting on the way: no plaintext reaches the disk.
client::Status fill(const std::filesystem::path& from, const std::filesystem::path& container,
                    const PassphraseFile& passphrase);

/// Refuses (code `not_luks`) a file that is no QCOW2 with LUKS in it, and (code `passphrase_wrong`) a passphrase that does not
/// open it.
client::Status test(const std::filesystem::path& image, const PassphraseFile& passphrase);

}  // namespace kms::vpc::qemu_img
