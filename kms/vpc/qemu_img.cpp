#include "kms/vpc/qemu_img.h"

#include <fmt/core.h>

#include <array>
#include <fstream>

#include "kms/vpc/child.h"

namespace kms::vpc::qemu_img {
using client::local_error;
namespace fs = std::filesystem;

namespace {

const std::string kSecretObject = fmt::format("secret,id=passphrase,format=raw,file={}", kPassphrasePath);

/// A file name inside an option list: a comma there is written twice.
std::string option_value(const fs::path& file) {
  std::string text;
  for (const char c : fs::absolute(file).string()) text.append(c == ',' ? 2 : 1, c);
  return text;
}

/// QCOW2: magic "QFI\xfb", version from octet 4, crypt_method (2: LUKS) at octet 32; all big-endian.
bool is_qcow2_with_luks(const fs::path& image) {
  std::ifstream in(image, std::ios::binary);
  std::array<char, 36> header{};
  if (!in.read(header.data(), header.size())) return false;
  return std::string_view(header.data(), 4) == "QFI\xfb" && header[7] >= 2 &&
         std::string_view(header.data() + 32, 4) == std::string_view("\0\0\0\2", 4);
}

}  // namespace

client::Status fill(const fs::path& from, const fs::path& container, const PassphraseFile& passphrase) {
  const auto target = fmt::format("driver=luks,key-secret=passphrase,file.filename={}", option_value(container));
  const auto ended = TRY(run({.arguments = {"qemu-img", "convert", "-n", "-f", "raw", "--object", kSecretObject,
                                            "--target-image-opts", fs::absolute(from).string(), target},
                              .passphrase = &passphrase,
                              .quiet = true}));
  if (ended.exit_code != 0) {
    return local_error("fill", fmt::format("{} cannot be written into {}: {}", from.string(), container.string(),
                                           ended.complaint));
  }
  return hsm::Done{};
}

client::Status test(const fs::path& image, const PassphraseFile& passphrase) {
  std::error_code error;
  if (!fs::is_regular_file(image, error)) {
    return local_error("no_file", fmt::format("there is no image file: {}", image.string()));
  }
  if (!is_qcow2_with_luks(image)) {
    return local_error("not_luks", fmt::format("the file is not a QCOW2 image with LUKS encryption: {}", image.string()),
                       "make one with: qemu-img create -f qcow2 -o encrypt.format=luks,encrypt.key-secret=...");
  }
  const auto source = fmt::format("driver=qcow2,encrypt.key-secret=passphrase,file.filename={}", option_value(image));
  // qemu-img info would not ask for the passphrase; reading a sector does.
  const auto ended = TRY(run({.arguments = {"qemu-io", "-r", "-U", "-c", "read 0 512", "--object", kSecretObject, "--image-opts", source},
                              .passphrase = &passphrase,
                              .quiet = true}));
  if (ended.exit_code == 0) return hsm::Done{};
  if (ended.complaint.find("assword") != std::string::npos || ended.complaint.find("passphrase") != std::string::npos) {
    return local_error("passphrase_wrong", fmt::format("the passphrase does not open the image: {}", image.string()),
                       "wrap the image's own passphrase, without a newline behind it");
  }
  return local_error("image", fmt::format("the image cannot be opened: {}: {}", image.string(), ended.complaint));
}

}  // namespace kms::vpc::qemu_img
