#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "hsm/crypto/crypto.h"
#include "hsm/softhsm/meaning.h"
#include "hsm/softhsm/token.h"

// A token of SoftHSM2 in a stranger's directory. The first octet says what the others are: the user's PIN as token.object has it sealed, the file
// of an object, or an object that was decrypted already.

namespace {

using namespace hsm;
namespace fs = std::filesystem;

constexpr std::uint64_t kLabel = 0x80005349, kUserPin = 0x8000534D;

void put(Bytes& to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(number >> shift));
}
void put(Bytes& to, std::uint64_t type, ByteView octets) {
  put(to, type);
  put(to, 3);
  put(to, octets.size());
  to.insert(to.end(), octets.begin(), octets.end());
}

Bytes encrypted(const Secret& key, ByteView text) {
  Template attributes;
  attributes.push_back(attribute(Attr::object_class, ObjectClass::secret_key));
  attributes.push_back(attribute(Attr::key_type, KeyType::aes));
  attributes.push_back(attribute(Attr::value, key.clone(crypto::SecretAccess::use())));
  const Bytes iv(16, 1);
  const auto operation = crypto::begin(Use::encrypt, {static_cast<std::uint64_t>(Mech::aes_cbc_pad), IvParams{iv}}, *crypto::load_key(attributes));
  Bytes out(text.size() + 16);
  out.resize((*operation)->once(text, out).value());
  out.insert(out.begin(), iv.begin(), iv.end());
  return out;
}

/// A store with one token, whose PIN is "1234".
struct Folder {
  Folder() {
    auto name = (fs::temp_directory_path() / "keymantle-softhsm-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    fs::create_directory(folder / "token");
    const Bytes salt(8, 2);
    auto text = bytes_of(view("RJR"));
    text.resize(text.size() + 32, 3);
    auto sealed = encrypted(crypto::iterated_sha256(salt, pin(), 1500 + salt.back()), text);
    sealed.insert(sealed.begin(), salt.begin(), salt.end());
    write_token(sealed);
  }
  ~Folder() { fs::remove_all(folder); }

  static Secret pin() { return Secret::copy_of(view("1234")); }
  void write(const fs::path& file, ByteView content) const {
    std::ofstream(file, std::ios::binary | std::ios::trunc).write(static_cast<const char*>(static_cast<const void*>(content.data())),
                                                                  static_cast<std::streamsize>(content.size()));
  }
  void write_token(ByteView sealed_pin) const {
    Bytes token;
    put(token, 1);
    put(token, kLabel, view("fuzz"));
    put(token, kUserPin, sealed_pin);
    write(folder / "token" / "token.object", token);
  }
  softhsm::Token token() const { return softhsm::Token::find(folder, "fuzz").value(); }

  fs::path folder;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    static const Folder place;
    place.write_token(rest);
    static_cast<void>(place.token().unlock(Folder::pin()).ok());
  } else if (data[0] % 3 == 1) {
    static const Folder place;
    static const auto token = [] {
      auto found = place.token();
      if (!found.unlock(Folder::pin())) std::abort();
      return found;
    }();
    const auto file = place.folder / "token" / "one.object";
    place.write(file, rest);
    if (const auto object = token.read(file)) static_cast<void>(softhsm::identity_of(*object));
  } else if (auto object = softhsm::parse_object(rest)) {
    softhsm::correct_key(*object);
    for (const auto& item : softhsm::identity_of(*object))
      if (item.value.empty()) std::abort();
  }
  return 0;
}
