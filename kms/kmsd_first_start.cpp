#include "kms/kmsd_first_start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/base/socket.h"
#include "kms/core/secret_access.h"

namespace kmsd {
namespace {

using kms::Fault;

struct FirstIdentity {
  const char* name;
  kms::Role role;
};
constexpr auto kIdentities = std::to_array<FirstIdentity>({
    {.name = "manager", .role = kms::Role::manager},
    {.name = "writer", .role = kms::Role::writer},
    {.name = "reader", .role = kms::Role::reader},
});

bool write_all(int descriptor, hsm::ByteView bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// Beside the file, then renamed: nobody reads half of it, and no older file of that name is left open to others.
bool replace_file(const std::filesystem::path& path, mode_t mode, std::initializer_list<hsm::ByteView> parts) {
  const auto fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const hsm::Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file || ::fchmod(file.get(), mode) != 0) return false;
  for (const auto part : parts) {
    if (!write_all(file.get(), part)) return false;
  }
  return ::fsync(file.get()) == 0 && ::rename(fresh.c_str(), path.c_str()) == 0;
}

kms::Status hand_out(const Options& options, const char* name, const kms::Secret& api_key) {
  const auto bytes = kms::SecretAccess::bytes(api_key);
  const auto newline = hsm::view("\n");
  if (options.keys_descriptor >= 0) {
    const auto prefix = std::string(name) + " ";
    for (const auto part : {hsm::view(prefix), bytes, newline}) {
      if (!write_all(options.keys_descriptor, part)) {
        return kms::refuse(Fault::storage_unavailable, "cannot write an API key to the descriptor of --api-keys-fd");
      }
    }
    return kms::Done{};
  }
  const auto path = options.state / (std::string(name) + ".apikey");
  if (!replace_file(path, 0600, {bytes, newline})) {
    return kms::refuse(Fault::storage_unavailable, "cannot write an API key").about(path.string());
  }
  return kms::Done{};
}

kms::Result<std::string> find_or_make_instance(kms::Service& service, const Options& options) {
  for (const auto& instance : TRY(service.instances())) {
    if (options.instance.empty() || instance.id == options.instance) return instance.id;
  }
  return TRY(service.create_instance({.id = options.instance, .name = "default", .account = options.account, .created = {}})).id;
}

kms::Status make_identities(kms::Service& service, const Options& options, const std::string& instance) {
  const auto known = TRY(service.identities());
  for (const auto& [name, role] : kIdentities) {
    const auto self = std::ranges::find_if(known, [&](const kms::Identity& identity) {
      return identity.name == name && std::ranges::any_of(identity.grants, [&](const kms::Grant& g) { return g.instance == instance; });
    });
    if (self != known.end()) {  // made by a start that did not come to its end
      TRY(hand_out(options, name, TRY(service.create_api_key(self->iam_id))));
      continue;
    }
    const auto made = TRY(service.create_identity({.iam_id = {},
                                                   .name = name,
                                                   .account = options.account,
                                                   .service = true,
                                                   .grants = {{.instance = instance, .role = role}},
                                                   .created = {}}));
    TRY(hand_out(options, name, made.api_key));
  }
  return kms::Done{};
}

}  // namespace

bool write_text(const std::filesystem::path& path, const std::string& text) {
  return replace_file(path, 0644, {hsm::view(text)});
}

kms::Result<std::string> first_start(kms::Service& service, const Options& options) {
  const auto instance = TRY(find_or_make_instance(service, options));
  // This file says that the keys were handed out: whoever has put them elsewhere finds no new ones at the next start.
  const auto done = options.state / "instance";
  std::error_code ignored;
  if (!std::filesystem::exists(done, ignored)) {
    TRY(make_identities(service, options, instance));
    if (!write_text(done, instance + "\n")) {
      return kms::refuse(Fault::storage_unavailable, "cannot write the instance's id").about(done.string());
    }
  }
  return instance;
}

}  // namespace kmsd
