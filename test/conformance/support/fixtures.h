// What a sentence needs, opened before it and closed behind it. Each fixture leaves the module finalized.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "for_each.h"
#include "session.h"

namespace conformance {

inline constexpr std::string_view kSoPin = "12345678";
inline constexpr std::string_view kUserPin = "7654321x";
inline constexpr std::string_view kWrongPin = "wrong-pin";

std::vector<CK_SLOT_ID> slots(bool with_token_only);
CK_TOKEN_INFO token_info(CK_SLOT_ID slot);
CK_FLAGS token_flags(CK_SLOT_ID slot);
std::string label_of(const CK_TOKEN_INFO& info);  // without the padding
CK_SLOT_ID empty_slot();                          // a slot whose token is not initialized; ends the test if there is none
Rv init_token(CK_SLOT_ID slot, std::string_view so_pin, std::string_view label);
CK_SLOT_ID slot_labelled(std::string_view label);

// The module is there, and not initialized.
struct Loaded {
  Loaded() = default;
  ~Loaded() { p11().C_Finalize(nullptr); }
};

struct Initialized {
  Initialized();
  ~Initialized() { p11().C_Finalize(nullptr); }
  void restart();  // C_Finalize, C_Initialize: what a new process of the same user would see
};

// A token nobody else uses: the security officer's PIN is kSoPin, there is no user PIN yet.
struct FreshToken : Initialized {
  FreshToken();
  void give_user_pin(std::string_view pin = kUserPin);
  void find_again();  // after restart(): the token's slot may have another number
  std::string label;
  CK_SLOT_ID slot;
};

struct FreshTokenWithUser : FreshToken {
  FreshTokenWithUser() { give_user_pin(); }
};

// The one token that most tests share: made at first use, left without token objects.
struct Token : Initialized {
  Token();
  CK_SLOT_ID slot;
};

struct PublicSession : Token {
  Session session{slot};
};

struct UserSession : Token {
  UserSession() { session.login(CKU_USER, kUserPin).must(); }
  ~UserSession();  // destroys what the test left on the token
  Session session{slot};
};

// For mechanisms that a strict token of ours refuses; a token of another module is what it is.
struct CompatibleToken : Initialized {
  CompatibleToken();
  CK_SLOT_ID slot;
};

struct CompatibleSession : CompatibleToken {
  CompatibleSession() { session.login(CKU_USER, kUserPin).must(); }
  ~CompatibleSession();  // destroys what the test left on the token
  Session session{slot};
};

struct SoSession : Token {
  SoSession() { session.login(CKU_SO, kSoPin).must(); }
  Session session{slot};
};

}  // namespace conformance
