#include "kms/vpc/volume.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "hsm/base/socket.h"
#include "kms/client/secret_access.h"
#include "kms/vpc/passphrase_file.h"
#include "kms/vpc/qemu_img.h"

namespace kms::vpc {
using client::local_error;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kGrain = std::uint64_t{1} << 20;

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string random_id() {
  std::array<std::uint8_t, 16> octets{};
  if (getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) std::abort();
  const auto hex = hsm::to_hex(octets);
  return fmt::format("r006-{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

/// crn:v1:CNAME:CTYPE:kms:REGION:a/ACCOUNT:INSTANCE:key:ID -> the same cloud, region and account, service `is`.
std::string crn_beside(const std::string& key_crn, Kind kind) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at != std::string::npos && parts.size() < 7;) {
    const auto colon = key_crn.find(':', at);
    parts.push_back(key_crn.substr(at, colon == std::string::npos ? colon : colon - at));
    at = colon == std::string::npos ? colon : colon + 1;
  }
  parts.resize(7);
  return fmt::format("crn:v1:{}:{}:is:{}:{}::{}:{}", parts[2], parts[3], parts[5], parts[6], name_of(kind), random_id());
}

/// A file of its final size that disappears unless it is kept.
class Unfinished {
 public:
  static client::Result<Unfinished> make(fs::path path, std::uint64_t size) {
    const hsm::Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const bool made = static_cast<bool>(file);
    if (!made || ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
      const int error = errno;
      if (made) unlink(path.c_str());
      return local_error("io", fmt::format("the volume file cannot be made: {}: {}", path.string(), std::strerror(error)),
                         error == EEXIST   ? "remove what an interrupted run left, or choose another name"
                         : error == ENOSPC ? "free some space, and repeat this"
                                           : "name another directory with --dir, or check its owner and mode");
    }
    return Unfinished(std::move(path));
  }
  Unfinished(Unfinished&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Unfinished& operator=(Unfinished&&) = delete;
  ~Unfinished() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  const fs::path& path() const { return path_; }
  client::Status rename_to(const fs::path& final_name) {
    if (rename(path_.c_str(), final_name.c_str()) != 0) {
      return local_error("io", fmt::format("the volume file cannot be named: {}: {}", final_name.string(),
                                           std::strerror(errno)));
    }
    path_ = final_name;
    return hsm::Done{};
  }
  void keep() { path_.clear(); }

 private:
  explicit Unfinished(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

client::Result<std::uint64_t> size_for(const NewVolume& wanted) {
  std::uint64_t least = wanted.size;
  if (!wanted.from.empty()) {
    std::error_code error;
    const auto source = fs::file_size(wanted.from, error);
    if (error) {
      return local_error("no_file", fmt::format("the image to fill it with cannot be read: {}: {}", wanted.from.string(),
                                                error.message()));
    }
    if (wanted.size != 0 && wanted.size < source) {
      return local_error("size", fmt::format("{} octets do not hold {} ({} octets)", wanted.size, wanted.from.string(), source),
                         "leave --size out, or make it larger");
    }
    least = std::max<std::uint64_t>(least, source);
  }
  if (least == 0) return local_error("size", "a volume needs a size", "give --size 64M or --from IMAGE");
  return (least + kGrain - 1) / kGrain * kGrain;
}

}  // namespace

client::Result<Record> Volumes::describe(Kind kind, const std::string& name, const client::Key& key) const {
  if (key.extractable) {
    return local_error("standard_key", fmt::format("not a root key: {}", key.name),
                       "make one with: keymantle key create NAME");
  }
  Record record;
  record.kind = kind;
  record.name = name;
  record.crn = crn_beside(key.crn, kind);
  record.key_id = key.id;
  record.key_crn = key.crn;
  record.created = now();
  return record;
}

client::Status Volumes::register_at_kms(const Record& record) {
  TRY(kms_.put_registration(record.key_id, record.crn,
                            {.description = fmt::format("{} {}", name_of(record.kind), record.name),
                             .wdek = record.wdek,
                             .key_version = record.key_version}));
  return hsm::Done{};
}

/// The record first: a volume that a crash left unregistered is whole, and the next open registers it.
client::Status Volumes::keep(const Record& record) {
  TRY(records_.write(record));
  auto registered = register_at_kms(record);
  if (!registered) {
    TRY(records_.remove(record.name));
    return registered;
  }
  return hsm::Done{};
}

client::Result<Record> Volumes::create(const NewVolume& wanted) {
  TRY(records_.refuse_taken(wanted.name));
  const auto size = TRY(size_for(wanted));
  const auto key = TRY(kms_.key(wanted.key));
  auto record = TRY(describe(Kind::volume, wanted.name, key));
  std::error_code error;
  record.file = (fs::absolute(records_.directory(), error) / (wanted.name + ".luks")).lexically_normal();
  if (fs::exists(record.file, error)) {
    return local_error("exists", fmt::format("the file exists: {}", record.file.string()), "choose another name");
  }
  record.size = size;
  record.format = wanted.version == LuksVersion::two ? "luks2" : "luks1";

  const auto wrapped = kms_.wrap(key.id);
  if (!wrapped) return explain(wrapped.error(), record);
  record.wdek = wrapped->wdek;
  record.key_version = wrapped->key_version;
  TRY(records_.make_directory());
  auto part = record.file;
  part += ".part";
  auto file = TRY(Unfinished::make(std::move(part), size + luks::kHeaderSize));
  if (wanted.from.empty()) {
    TRY(luks::format(file.path(), wanted.version, wrapped->plaintext));
  } else {
    TRY(luks::format(file.path(), LuksVersion::one, wrapped->plaintext));  // what qemu writes
    const auto passphrase = TRY(PassphraseFile::make(wrapped->plaintext));
    TRY(qemu_img::fill(wanted.from, file.path(), passphrase));
    TRY(luks::replace_header(file.path(), wanted.version, wrapped->plaintext));
  }
  TRY(luks::test(file.path(), wrapped->plaintext));
  TRY(file.rename_to(record.file));
  TRY(keep(record));
  file.keep();
  return record;
}

client::Result<Record> Volumes::import_image(const NewImage& wanted) {
  TRY(records_.refuse_taken(wanted.name));
  const auto key = TRY(kms_.key(wanted.key));
  auto record = TRY(describe(Kind::image, wanted.name, key));
  std::error_code error;
  record.file = fs::absolute(wanted.file, error).lexically_normal();
  record.format = "qcow2";
  record.wdek = wanted.wdek;
  record.key_version = key.version.id;
  bool rewrapped = false;
  const auto text = TRY(unwrap(record, rewrapped));
  const auto passphrase = TRY(PassphraseFile::make(text));
  TRY(qemu_img::test(record.file, passphrase));
  TRY(records_.make_directory());
  TRY(keep(record));
  return record;
}

client::Result<Record> Volumes::with_registered_wdek(Record record) {
  const auto registered = kms_.registration(record.key_id, record.crn);
  if (registered) {
    if (!registered->wdek.empty() && registered->wdek != record.wdek) {
      record.wdek = registered->wdek;
      record.key_version = registered->version.id;
      TRY(records_.write(record));
    }
    return record;
  }
  if (registered.error().kind != client::Kind::refused) return registered.error();
  if (registered.error().status == 404 && kms_.key(record.key_id)) {
    if (auto again = register_at_kms(record); !again) return explain(again.error(), record);
  }
  return record;  // whatever the registry says, unwrap decides
}

client::Result<hsm::Secret> Volumes::unwrap(Record& record, bool& rewrapped) {
  auto unwrapped = kms_.unwrap(record.key_id, record.wdek);
  if (!unwrapped) return explain(unwrapped.error(), record);
  rewrapped = unwrapped->rewrapped.has_value();
  record.key_version = unwrapped->key_version;
  if (rewrapped) {
    record.wdek = *unwrapped->rewrapped;
    record.key_version = unwrapped->rewrapped_version;
  }
  if (record.kind == Kind::volume) return std::move(unwrapped->plaintext);
  auto passphrase = hsm::Secret::from_base64(hsm::text_of(SecretAccess::bytes(unwrapped->plaintext)));
  if (!passphrase) return client::Error{client::Kind::unusable, 200, "bad_answer", "the KMS sent a plaintext that is not base64", {}};
  return std::move(passphrase).value();
}

client::Result<Opened> Volumes::open(Kind kind, const std::string& name) {
  auto record = TRY(with_registered_wdek(TRY(records_.read(kind, name))));
  bool rewrapped = false;
  auto passphrase = TRY(unwrap(record, rewrapped));
  if (rewrapped) {
    TRY(records_.write(record));
    TRY(register_at_kms(record));
  }
  if (kind == Kind::volume) {
    TRY(luks::test(record.file, passphrase));
  } else {
    const auto file = TRY(PassphraseFile::make(passphrase));
    TRY(qemu_img::test(record.file, file));
  }
  return Opened{.record = std::move(record), .passphrase = std::move(passphrase), .rewrapped = rewrapped};
}

client::Status Volumes::remove(Kind kind, const std::string& name) {
  const auto record = TRY(records_.read(kind, name));
  const auto gone = kms_.delete_registration(record.key_id, record.crn);
  // A registration that went with its deleted key does not keep the volume.
  const bool absent = !gone && gone.error().kind == client::Kind::refused &&
                      (gone.error().status == 404 || gone.error().status == 410);
  if (!gone && !absent) return gone.error();
  if (kind == Kind::volume && unlink(record.file.c_str()) != 0 && errno != ENOENT) {
    return local_error("io", fmt::format("the volume file cannot be removed: {}: {}", record.file.string(),
                                         std::strerror(errno)));
  }
  return records_.remove(name);
}

/// Says it in the words of the storage platform when the reason is the key's state.
client::Error Volumes::explain(client::Error error, const Record& record) {
  if (error.kind != client::Kind::refused) return error;
  const auto key = kms_.key(record.key_id);
  if (!key) return error;
  if (key->state == client::KeyState::destroyed) {
    error.code = "encryption_key_deleted";
    error.message = fmt::format("{} {} is unusable: its root key was deleted: {}", name_of(record.kind), record.name, key->name);
    error.hint = "without that key the data cannot be read by anybody";
  } else if (key->state == client::KeyState::suspended) {
    error.code = "encryption_key_disabled";
    error.message = fmt::format("{} {} cannot be opened: its root key is disabled: {}", name_of(record.kind), record.name, key->name);
    error.hint = fmt::format("enable it with: keymantle key enable {}", record.key_id);
  }
  return error;
}

}  // namespace kms::vpc
