#include "hsm/store/master_seal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "hsm/base/socket.h"
#include "hsm/crypto/crypto.h"
#include "hsm/store/file_state.h"
#include "hsm/store/header.h"

// Grammar of the file master.seal:
//
//   seal = "keymantle development seal v1" LF, master key (32 octets), its verification pattern (28 octets)
//
// The file gives the master key to whoever reads it: that is what the development profile is.

namespace hsm::store {
namespace {

constexpr std::string_view kMagic = "keymantle development seal v1\n";
constexpr std::string_view kUnfinished = ".unfinished-";
constexpr std::size_t kKey = 32;
constexpr std::size_t kPattern = VerificationPattern().size();

Status write_all(const Descriptor& file, ByteView octets) {
  while (!octets.empty()) {
    const auto written = ::write(file.get(), octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(errno == ENOSPC ? Rv::device_memory : Rv::device_error, "the seal of the master key cannot be written");
    octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return Done{};
}

}  // namespace

Status make_seal(const std::filesystem::path& file) {
  const auto use = crypto::SecretAccess::use();
  const auto key = crypto::random_secret(kKey);
  Secret content(kMagic.size() + kKey + kPattern);
  const auto out = content.fill(use);
  std::ranges::copy(kMagic, out.begin());
  std::ranges::copy(key.reveal(use), out.begin() + kMagic.size());
  std::ranges::copy(pattern_of(key), out.begin() + kMagic.size() + kKey);

  const auto temporary = file.string() + std::string(kUnfinished) + to_hex(crypto::random_bytes(8));
  struct Removed {
    const std::string& path;
    ~Removed() { ::unlink(path.c_str()); }
  } removed{temporary};
  {
    const Descriptor out_file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out_file) return fail(Rv::device_error, "the seal of the master key cannot be made").about(describe(file.parent_path(), errno));
    if (auto written = write_all(out_file, content.reveal(use)); !written) return std::move(written).error().about(describe(file, errno));
    if (::fsync(out_file.get()) != 0) return fail(Rv::device_error, "the seal of the master key cannot be written").about(describe(file, errno));
  }
  // Another one that was faster may have taken ours for one left behind.
  if (::link(temporary.c_str(), file.c_str()) != 0 && errno != EEXIST && ::access(file.c_str(), F_OK) != 0)
    return fail(Rv::device_error, "the seal of the master key cannot be made").about(describe(file, errno));
  const Descriptor directory(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0)
    return fail(Rv::device_error, "the store directory cannot be written").about(describe(file.parent_path(), errno));
  return Done{};
}

void remove_unfinished_seals(const std::filesystem::path& file) {
  std::error_code error;
  const auto prefix = file.filename().string() + std::string(kUnfinished);
  for (auto it = std::filesystem::directory_iterator(file.parent_path(), error); !error && it != std::filesystem::directory_iterator(); it.increment(error))
    if (it->path().filename().string().starts_with(prefix)) ::unlink(it->path().c_str());
}

Result<Secret> decode_seal(const Secret& content) {
  const auto octets = content.reveal(crypto::SecretAccess::use());
  const auto damaged = [] { return fail(Rv::device_error, "the seal of the master key is damaged; restore it from a backup"); };
  if (octets.size() != kMagic.size() + kKey + kPattern || !std::ranges::equal(octets.first(kMagic.size()), view(kMagic))) return damaged();
  auto key = Secret::copy_of(octets.subspan(kMagic.size(), kKey));
  if (!equal_in_constant_time(pattern_of(key), octets.last(kPattern))) return damaged();
  return key;
}

Result<Secret> read_seal(const std::filesystem::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat state {};
  if (!in || ::fstat(in.get(), &state) != 0)
    return fail(Rv::device_error, "the seal of the master key cannot be read").about(describe(file, errno));
  if ((state.st_mode & 077) != 0)
    return fail(Rv::device_error, "others may read the seal of the master key; chmod it to 0600").about(describe(file));
  auto key = decode_seal(TRY(Secret::read_from(in.get(), Secret::Ends::at_eof, 4096)));
  if (!key) return std::move(key).error().about(describe(file));
  return key;
}

}  // namespace hsm::store
