#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "test/hsm/engine/fixtures.h"
#include "test/hsm/engine/knowledge.h"

// A model of whoever may call the API as a user and wants to know a key that the token alone knows. He does random
// acts; then what he was told is closed under everything that follows from it, and compared with what an oracle knows,
// which reads the store.
//
//   thief.cpp          the table of acts, and how the oracle sees keys
//   thief_makes.cpp    acts that make and change keys, sessions and logins
//   thief_wraps.cpp    acts by which keys leave and come back
//   thief_uses.cpp     acts by which keys are used
//   thief_derives.cpp  acts by which keys come out of keys

namespace hsm::engine::test {

/// One call, or a few, as numbers: the same list gives the same attack on another token, so that a failure can be shrunk.
struct Act {
  std::size_t kind = 0;      ///< in kinds()
  std::uint32_t serial = 0;  ///< its place in the list that nothing was left out of
  std::uint32_t flags = 0;   ///< which attributes are given, and how
  std::uint32_t one = 0,
                other = 0;  ///< keys and wrapped keys, by the serial of the act that made them or of a later one
  std::uint32_t how = 0;    ///< mechanism
};
using Acts = std::vector<Act>;

class Thief;
struct Kind {
  const char* name;
  unsigned weight;  ///< how often it comes
  bool in_strict;   ///< a strict token ever does it
  bool (Thief::*does)(const Act&);
};
std::span<const Kind> kinds();

Acts random_acts(std::uint64_t seed, std::size_t count);
std::string to_text(const Act& act);

class Thief : UserFixture {
 public:
  using Id = Knowledge::Id;

  explicit Thief(PolicyProfile profile);

  /// Does all of it.
  void act(const Acts& acts);
  /// What the oracle calls secret (made by the token, always sensitive) and the thief knows all the same.
  std::size_t stolen();
  std::size_t secrets() const { return secrets_.size(); }
  /// How many acts of each kind succeeded.
  const std::vector<std::size_t>& succeeded() const { return succeeded_; }

  // The acts. Each tells whether the token did what it was asked.
  bool make_aes(const Act&);
  bool make_generic(const Act&);
  bool make_pair(const Act&);
  bool create_aes(const Act&);
  bool create_generic(const Act&);
  bool create_rsa(const Act&);
  bool copy_key(const Act&);
  bool set_flag(const Act&);
  bool log_out_and_in(const Act&);
  bool read_value(const Act&);

  bool wrap(const Act&);
  bool unwrap(const Act&);
  bool wrap_authenticated(const Act&);
  bool unwrap_authenticated(const Act&);
  bool wrap_to_public(const Act&);
  bool unwrap_by_private(const Act&);
  bool encapsulate(const Act&);
  bool decapsulate(const Act&);

  bool encrypt(const Act&);
  bool decrypt(const Act&);
  bool encrypt_message(const Act&);
  bool decrypt_message(const Act&);
  bool decrypt_by_rsa(const Act&);
  bool sign_by_rsa(const Act&);
  bool mac(const Act&);
  bool mac_of_message(const Act&);
  bool mac_taken_up_again(const Act&);
  bool digest_key(const Act&);

  bool agree(const Act&);
  bool derive_by_hkdf(const Act&);
  bool derive_by_kbkdf(const Act&);
  bool derive_by_ike(const Act&);
  bool derive_by_hash(const Act&);
  bool derive_by_joining(const Act&);
  bool derive_by_extracting(const Act&);
  bool derive_by_encrypting(const Act&);
  bool take_apart(const Act&);
  bool make_public_half(const Act&);

 private:
  enum class By : std::uint8_t { cipher, aead, public_key, encapsulation };
  /// Octets that he was given, and what is in them.
  struct Told {
    By by = By::cipher;
    std::uint32_t how = 0;
    Bytes octets, tag;
    Id key = 0;
    std::optional<Id> content;
  };
  struct Pair {
    ObjectHandle public_key = kNoHandle, private_key = kNoHandle;
    Id id = 0;
    Bytes point;     ///< of an EC pair
    bool rsa = false;
  };
  void set_up(PolicyProfile profile);
  Pair make_office_rsa();
  Pair make_office_ec();

  /// What act.flags says of a new key.
  Template given(const Act& act, bool with_class, KeyType type = KeyType::aes) const;
  /// The same of a key that comes back, which is mostly refused when much is said of it: half the time nothing is.
  Template given_back(const Act& act) const;
  Template given_private(const Act& act) const;
  /// The key that this serial made, or the last one before it that made some; some serials mean the office's private keys.
  ObjectHandle key(std::uint32_t serial) const;
  /// The same of a type, and with a use: what he looks for in the keys that he has. Any key where there is none such.
  ObjectHandle key(std::uint32_t serial, std::initializer_list<KeyType> types, Attr use);
  /// Mostly one of the same value as what closed the octets.
  ObjectHandle opener(std::uint32_t serial, const Told& blob, std::initializer_list<KeyType> types, Attr use);
  ObjectHandle leaving(std::uint32_t serial);
  bool may(ObjectHandle handle, std::initializer_list<KeyType> types, Attr use);
  Pair pair(std::uint32_t serial) const;
  const Told* told(std::uint32_t serial, By by) const;

  bool keep(const Act& act, const Result<request::OneObject>& made);
  bool is_readable(ObjectHandle handle);
  void read(ObjectHandle handle);
  bool remember(const Act& act, Told blob);
  std::optional<Bytes> run(Use family, Mechanism with, ObjectHandle key, ByteView data);
  Result<request::Derived> derive(Mechanism with, ObjectHandle base, Template wanted);
  /// Keys of the same derivation begin, or end, alike.
  void alike(const std::string& derivation, Id made, bool at_the_end);
  Template wanted(const Act& act, std::uint64_t length) const;
  /// Derives, and notes that the key follows from the base key.
  bool derived(const Act& act, Mechanism with, ObjectHandle base, Template attributes, const std::string& name);

  // The oracle.
  Id id_of(ObjectHandle handle);
  Id learn(ObjectHandle handle);
  void refresh_oracle();

  Knowledge knowledge_;
  std::map<std::uint32_t, ObjectHandle> keys_;  ///< by the serial of the act that made them
  std::map<std::uint32_t, Pair> pairs_;
  std::map<std::uint32_t, Told> told_;
  std::map<std::string, std::vector<Id>> derivations_;
  Pair office_rsa_, office_ec_, own_rsa_;
  std::map<std::uint64_t, Id> of_number_;   ///< of token objects, the oracle's
  std::map<std::uint64_t, Id> of_handle_;   ///< by the lasting part of the handle
  std::set<Id> secrets_;                    ///< the oracle's
  store::Cursor cursor_;
  std::optional<store::Unlocked> door_;
  std::vector<std::size_t> succeeded_;
  std::mt19937_64 octets_{7};
};

}  // namespace hsm::engine::test
