#include <sys/stat.h>

#include <cerrno>

#include "hsm/base/config.h"
#include "hsm/store/keystore.h"
#include "hsm/store/master_seal.h"

// The local mounting: the store with its master key beside it.

namespace hsm::store {

Result<std::unique_ptr<Keystore>> open_local(const std::filesystem::path& directory, KeystoreOptions options) {
  TRY(ensure_private_directory(directory));
  auto store = TRY(open_sqlite_store(directory));
  const auto header = TRY(read_header(*store));
  if (header && header->profile == Profile::production)
    return fail(Rv::token_not_recognized,
                "the store is isolated (production profile): only keymantle-hsmd opens it; name its socket in KEYMANTLE_HSM")
        .about(store->name());
  const auto seal = directory / "master.seal";
  struct stat state {};
  if (::lstat(seal.c_str(), &state) != 0 && errno == ENOENT) {
    if (header) return fail(Rv::device_error, "the seal of this store's master key is missing; restore it from a backup").about(seal.string());
    TRY(make_seal(seal));
  }
  auto keystore = TRY(Keystore::open(std::move(store), TRY(read_seal(seal)), Profile::development, std::move(options)));
  remove_unfinished_seals(seal);
  return keystore;
}

}  // namespace hsm::store
