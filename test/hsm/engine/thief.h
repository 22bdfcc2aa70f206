#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "test/hsm/engine/fixtures.h"

// A model of whoever may call the API as a user and wants to know a key that the token alone knows. He does random
// acts; then what he was told is closed under everything that he could compute, and compared with what an oracle knows,
// which reads the store.

namespace hsm::engine::test {

/// One call, as numbers: the same list gives the same attack on another token, so that a failure can be shrunk.
struct Act {
  enum Kind : std::uint8_t { generate, pair, create, copy, set, wrap, unwrap, encrypt, decrypt, derive, read };
  static constexpr unsigned kKinds = 11;
  Kind kind = generate;
  std::uint32_t serial = 0;  ///< its place in the list that nothing was left out of
  std::uint32_t flags = 0;   ///< which attributes are given, and how
  std::uint32_t one = 0,
                other = 0;  ///< keys and wrapped keys, by the serial of the act that made them or of a later one
  std::uint32_t how = 0;    ///< mechanism
};
using Acts = std::vector<Act>;

Acts random_acts(std::uint64_t seed, std::size_t count);
std::string to_text(const Act& act);

class Thief : UserFixture {
 public:
  explicit Thief(PolicyProfile profile);

  /// Does all of it.
  void act(const Acts& acts);
  /// What the oracle calls secret (made by the token, always sensitive) and the thief knows all the same.
  std::size_t stolen();
  std::size_t secrets() const { return secrets_.size(); }
  std::size_t accepted() const { return accepted_; }

 private:
  struct Told {
    Bytes octets;
    bool stream = false;               ///< by a key stream that is the same each time
    Bytes plaintext;                   ///< empty when the thief does not know it ...
    ObjectHandle wrapped = kNoHandle;  ///< ... because it is this key
  };

  void act(const Act& act);
  void keep(const Act& act, const Result<request::OneObject>& made);
  void remember_secrets();
  void wrap(const Act& act);
  void unwrap(const Act& act);
  void crypt(const Act& act, Use use);
  void derive(const Act& act);
  void read(const Act& act);
  Template given(const Act& act, bool with_class) const;
  ObjectHandle key(std::uint32_t serial) const;
  void know(ByteView octets);
  void close_over_known();
  void open_with(const Bytes& value);
  void use_streams_twice();

  std::map<std::uint32_t, ObjectHandle> keys_, points_;  ///< by the serial of the act that made them
  std::map<std::uint32_t, Told> told_;
  std::set<Bytes> known_;
  std::set<Bytes> secrets_;               ///< the oracle's
  std::set<Bytes> values_;                ///< of all keys, the oracle's
  std::map<ObjectHandle, Bytes> chosen_;  ///< of keys whose value the thief gave
  store::Cursor cursor_;
  std::optional<store::Unlocked> door_;
  std::size_t accepted_ = 0;
  std::mt19937_64 octets_{7};
};

}  // namespace hsm::engine::test
