#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "hsm/base/config.h"
#include "hsm/base/socket.h"
#include "hsm/store/file_state.h"
#include "hsm/store/keystore.h"

// The development profile's seal: 32 octets of master key in a file beside the store that only its owner can read.

namespace hsm::store {
namespace {

constexpr std::size_t kSize = 32;

Result<Secret> read_seal(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return fail(Rv::device_error, "the master key's file cannot be read").about(describe(path, errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || (info.st_mode & 077) != 0)
    return fail(Rv::device_error, "others may read the master key's file; chmod it to 0600").about(describe(path));
  auto key = TRY(Secret::read_from(file.get(), Secret::Ends::at_eof, kSize));
  if (key.size() != kSize) return fail(Rv::device_error, "the master key's file has another length; restore it from a backup").about(describe(path));
  return key;
}

/// Written whole to a file of another name, synced, then linked: of two processes one wins, and nobody sees half a key.
Status make_seal(const std::filesystem::path& path) {
  const auto key = crypto::random_secret(kSize);
  auto name = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return fail(Rv::token_write_protected, "the master key's file cannot be made").about(describe(path, errno));
  const auto octets = key.reveal(crypto::SecretAccess::use());
  const bool written = ::write(file.get(), octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()) && ::fsync(file.get()) == 0;
  const bool linked = written && (::link(name.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int why = errno;
  ::unlink(name.c_str());
  if (!linked) return fail(Rv::device_memory, "the master key's file cannot be written").about(describe(path, why));
  const Descriptor directory(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0)
    return fail(Rv::device_error, "the store directory cannot be synced").about(describe(path.parent_path(), errno));
  return Done{};
}

}  // namespace

Result<std::unique_ptr<Keystore>> open_local(const std::filesystem::path& directory, KeystoreOptions options) {
  TRY(ensure_private_directory(directory));
  auto store = TRY(open_sqlite_store(directory));
  const auto header = TRY(read_header(*store));
  if (header && header->profile == Profile::production)
    return fail(Rv::device_error, "the keystore is isolated (production profile): only keymantle-hsmd may open it")
        .about(directory.string());
  const auto path = directory / "master.seal";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (header) return fail(Rv::device_error, "the master key's file is missing; restore it from a backup").about(path.string());
    TRY(make_seal(path));
  }
  return Keystore::open(std::move(store), TRY(read_seal(path)), Profile::development, std::move(options));
}

}  // namespace hsm::store
