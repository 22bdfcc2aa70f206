#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "hsm/base/bytes.h"

namespace hsm::engine::test {

/// What somebody knows of keys whose values he was not told, as facts about them: which octets of which key he has, what follows from
/// what, and what a key under which he may ask for decryption opens. Nothing is computed but what follows; the oracle gives the values
/// only so that two handles of one value are one key.
class Knowledge {
 public:
  using Id = std::size_t;

  /// What opens what a key closed, besides the key itself.
  enum class Opens : std::uint8_t {
    key_only,    ///< nothing
    decryption,  ///< its block cipher backwards: AES key wrap, ECB, CBC; or its private half at work
    encryption,  ///< its block cipher forwards, because it is a key stream: CTR, GCM, OFB
    block,       ///< its block cipher forwards, because it is a block
    mac,         ///< its MAC of what he chose, because it was derived by that
  };

  /// The key of this value. The same value is the same key.
  Id key(const Bytes& value);

  /// He chose it, or took part in making it: nobody need protect it from him.
  void own(Id key);
  void know(Id key);
  /// Whatever octets he was told, that may contain values.
  void see(Bytes octets) { seen_.push_back(std::move(octets)); }
  /// He may have it decrypt, encrypt or sign what he chooses.
  void decrypts(Id key) { decrypting_.insert(key); }
  void encrypts(Id key) { encrypting_.insert(key); }
  void signs(Id key) { signing_.insert(key); }
  /// Octets that depend on the key and on what he chose: a MAC, a digest, a ciphertext.
  void told(Id key, std::size_t octets) { told_[key] += octets; }
  /// `output` is a function of all the inputs.
  void function(std::vector<Id> inputs, Id output) { functions_.push_back({std::move(inputs), output}); }
  /// Octets of one are octets of the other, as they are or changed by what he chose.
  void same(Id one, std::size_t at, Id other, std::size_t other_at, std::size_t count);
  /// `content` under `key`.
  void closed(Id key, Opens opens, Id content) { closed_.push_back({key, opens, content}); }

  std::size_t size(Id key) const { return values_[key].size(); }

  /// Everything that follows; to be asked before what is below.
  void close();
  bool knows(Id key) const;
  /// He had it made of what was his own.
  bool is_own(Id key) const { return own_.contains(key); }

 private:
  struct Function {
    std::vector<Id> inputs;
    Id output;
  };
  struct Same {
    Id one;
    std::size_t at;
    Id other;
    std::size_t other_at, count;
  };
  struct Closed {
    Id key;
    Opens opens;
    Id content;
  };

  std::size_t unknown_octets(Id key) const;
  void find_in_what_was_seen();
  void follow_functions();
  void follow_parts();
  void open_what_is_closed();
  void guess();
  void learn(Id key, std::size_t octet);

  std::map<Bytes, Id> ids_;
  std::vector<Bytes> values_;
  std::vector<std::vector<bool>> known_;  ///< by octet
  std::set<Id> own_, decrypting_, encrypting_, signing_;
  std::map<Id, std::size_t> told_;
  std::vector<Bytes> seen_;
  std::vector<Function> functions_;
  std::vector<Same> same_;
  std::vector<Closed> closed_;
  bool more_ = false;
};

}  // namespace hsm::engine::test
