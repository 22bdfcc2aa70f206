#include "hsm/softhsm/token.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "hsm/base/socket.h"
#include "hsm/crypto/crypto.h"
#include "hsm/softhsm/meaning.h"

// locked key = salt (8) || IV (16) || AES-256-CBC-PAD("RJR" || key (32)) under SHA-256^n(salt || PIN), n = 1500 + the salt's last octet.
// encrypted octets of a private object = IV (16) || AES-256-CBC-PAD(octets) under the key; empty octets stay empty.

namespace hsm::softhsm {
namespace {

namespace fs = std::filesystem;
using crypto::SecretAccess;

constexpr std::uint64_t kTokenLabel = 0x80005349, kUserPin = 0x8000534D;  // SoftHSM2's own attributes
constexpr std::size_t kMostFile = std::size_t{1} << 20;
constexpr std::size_t kSalt = 8, kBlock = 16, kKey = 32;
constexpr unsigned kRounds = 1500;
constexpr std::string_view kMagic = "RJR";

Result<StoredObject> read_file(const fs::path& file) {
  const Descriptor open_file(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!open_file) return fail(Rv::data_invalid, "the file cannot be read").about(file.string());
  const auto octets = TRY(Secret::read_from(open_file.get(), Secret::Ends::at_eof, kMostFile));
  return parse_object(octets.reveal(SecretAccess::use()));
}

Result<Secret> decrypt(const Secret& key, ByteView sealed) {
  if (sealed.size() < 2 * kBlock || sealed.size() % kBlock != 0)
    return fail(Rv::encrypted_data_invalid, "what is encrypted has a wrong length");
  Template attributes;
  attributes.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  attributes.push_back(attribute(Attr::key_type, KeyType::aes));
  attributes.push_back(attribute(Attr::value, key.clone(SecretAccess::use())));
  const auto loaded = TRY(crypto::load_key(attributes));
  const Mechanism cbc{static_cast<std::uint64_t>(Mech::aes_cbc_pad), IvParams{bytes_of(sealed.first(kBlock))}};
  const auto operation = TRY(crypto::begin(Use::decrypt, cbc, loaded));
  Secret plain(sealed.size());
  const auto size = TRY(operation->once(sealed.subspan(kBlock), plain.fill(SecretAccess::use())));
  plain.shrink(size);
  return plain;
}

/// "directories.tokendir = DIR" of a softhsm2.conf.
std::optional<fs::path> token_directory_of(const fs::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const auto trim = [](std::string_view text) {
      constexpr std::string_view kBlank = " \t\r";
      const auto first = text.find_first_not_of(kBlank);
      if (first == std::string_view::npos) return std::string_view{};
      return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
    };
    if (trim(std::string_view(line).substr(0, equals)) == "directories.tokendir")
      return fs::path(trim(std::string_view(line).substr(equals + 1)));
  }
  return {};
}

std::vector<fs::path> sorted_entries(const fs::path& directory, std::error_code& error) {
  std::vector<fs::path> entries;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator(); it.increment(error))
    entries.push_back(it->path());
  std::ranges::sort(entries);
  return entries;
}

std::string label_of(const StoredObject& token) {
  const auto* label = find(token, kTokenLabel);
  if (label == nullptr) return {};
  auto text = std::string(text_of(label->value.reveal(SecretAccess::use())));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

bool is_private(const StoredObject& object) {
  const auto* flag = find(object, static_cast<std::uint64_t>(Attr::private_));
  return flag == nullptr || flag->value.empty() || flag->value.reveal(SecretAccess::use())[0] != 0;
}

/// SoftHSM2 leaves these in clear in private objects, too.
bool always_clear(std::uint64_t type) {
  return type == static_cast<std::uint64_t>(Attr::start_date) || type == static_cast<std::uint64_t>(Attr::end_date);
}

}  // namespace

fs::path default_directory() {
  std::vector<fs::path> files;
  if (const char* named = std::getenv("SOFTHSM2_CONF"); named != nullptr) files.emplace_back(named);
  if (const char* home = std::getenv("HOME"); home != nullptr) files.push_back(fs::path(home) / ".config/softhsm2/softhsm2.conf");
  files.emplace_back("/etc/softhsm/softhsm2.conf");
  for (const auto& file : files)
    if (auto directory = token_directory_of(file)) return *directory;
  return "/var/lib/softhsm/tokens";
}

Result<Token> Token::find(const fs::path& directory, const std::string& label) {
  std::error_code error;
  std::optional<Token> found;
  for (const auto& entry : sorted_entries(directory, error)) {
    std::error_code absent;
    if (!fs::exists(entry / "token.object", absent)) continue;
    const auto token = TRY(read_file(entry / "token.object"));
    if (label_of(token) != label) continue;
    if (found) return fail(Rv::token_not_recognized, "several tokens of SoftHSM2 have this label").about(label);
    const auto* pin = softhsm::find(token, kUserPin);
    if (pin == nullptr) return fail(Rv::user_pin_not_initialized, "the token of SoftHSM2 has no user PIN").about(label);
    found = Token(entry, pin->value.clone(SecretAccess::use()));
  }
  if (error) return fail(Rv::token_not_recognized, "the directory cannot be read").about(directory.string());
  if (!found) return fail(Rv::token_not_recognized, "SoftHSM2 has no token of this label here").about(directory.string());
  return std::move(*found);
}

Status Token::unlock(const Secret& pin) {
  const auto locked = locked_key_.reveal(SecretAccess::use());
  if (locked.size() < kSalt + 2 * kBlock || pin.empty()) return fail(Rv::pin_incorrect, "not the user's PIN of SoftHSM2's token");
  const auto salt = locked.first(kSalt);
  const auto pin_key = crypto::iterated_sha256(salt, pin, kRounds + salt.back());
  const auto opened = decrypt(pin_key, locked.subspan(kSalt));
  if (!opened || opened->size() != kMagic.size() + kKey ||
      text_of(opened->reveal(SecretAccess::use()).first(kMagic.size())) != kMagic)
    return fail(Rv::pin_incorrect, "not the user's PIN of SoftHSM2's token");
  key_ = Secret::copy_of(opened->reveal(SecretAccess::use()).subspan(kMagic.size()));
  return Done{};
}

Result<std::vector<fs::path>> Token::objects() const {
  std::error_code error;
  auto files = sorted_entries(directory_, error);
  if (error) return fail(Rv::token_not_recognized, "the directory cannot be read").about(directory_.string());
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".object" || file.filename() == "token.object"; });
  return files;
}

Result<StoredObject> Token::read(const fs::path& file) const {
  auto object = TRY(read_file(file));
  if (is_private(object)) {
    for (auto& item : object) {
      if (item.kind != StoredAttribute::Kind::octets || item.value.empty() || always_clear(item.type)) continue;
      item.value = TRY(decrypt(key_, item.value.reveal(SecretAccess::use())));
    }
  }
  correct_key(object);
  return object;
}

}  // namespace hsm::softhsm
