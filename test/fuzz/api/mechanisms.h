#pragma once

#include "hsm/model/mechanism.h"
#include "test/fuzz/api/memory.h"

namespace fuzz {

/// What a parameter may name besides octets: the handles of keys.
using Handles = std::vector<CK_OBJECT_HANDLE>;

/// A mechanism of the table (or none), with the structure that it takes, or another one; inside it lengths, pointers and numbers as they
/// should be or not.
class MechanismMaker {
 public:
  MechanismMaker(Choices& choices, Memory& memory, const Handles& keys) : choices_(choices), memory_(memory), keys_(keys) {}

  /// One that has one of these uses most of the time (hsm::Uses), and is there.
  CK_MECHANISM_PTR make(std::uint32_t uses);
  /// The row of the mechanism that was made last; a null pointer if it has none.
  const hsm::MechanismRow* row() const { return row_; }
  /// Those that a token has. Others are made once in a while.
  static void prefer(std::vector<CK_MECHANISM_TYPE> mechanisms);
  /// The parameter of one message of an AEAD, and its size.
  In message_parameter();

 private:
  In parameter(hsm::Param param);
  In zeros();
  template <class T>
  In structure(const T& value);
  In octets(std::size_t usual);
  template <class T>
  T number(std::initializer_list<T> usual);
  CK_MECHANISM_TYPE hash();
  CK_BBOOL yes_or_no() { return static_cast<CK_BBOOL>(choices_.octet() & 1); }

  In gcm();
  In ccm();
  In pss();
  CK_RSA_PKCS_OAEP_PARAMS oaep();
  In one_time_password();
  In derivation(hsm::Param param);
  In of_tls(hsm::Param param);
  In of_ike(hsm::Param param);
  CK_SSL3_RANDOM_DATA randoms();
  CK_OBJECT_HANDLE key();
  CK_PRF_DATA_PARAM field();
  CK_PRF_DATA_PARAM_PTR fields(CK_ULONG& count);
  CK_DERIVED_KEY_PTR additional_keys(CK_ULONG& count);

  Choices& choices_;
  Memory& memory_;
  const Handles& keys_;
  const hsm::MechanismRow* row_ = nullptr;
};

template <class T>
In MechanismMaker::structure(const T& value) {
  if (!choices_.once_in(32)) return {static_cast<CK_BYTE_PTR>(static_cast<void*>(memory_.place_for(value, Memory::Alignment::any))), sizeof value};
  switch (choices_.below(6)) {
    case 0: return {nullptr, sizeof value};
    case 1: return {nullptr, 0};
    case 2: return {memory_.place(sizeof value - 1), sizeof value - 1};
    case 3: return {memory_.place(sizeof value + 8), sizeof value + 8};
    case 4: return {memory_.place(0), 0};
    default: return {memory_.place(0), choices_.once_in(2) ? ~CK_ULONG{0} : CK_ULONG{1} << 63};
  }
}

template <class T>
T MechanismMaker::number(std::initializer_list<T> usual) {
  if (choices_.once_in(16)) return static_cast<T>(choices_.number());
  return usual.begin()[choices_.below(usual.size())];
}

}  // namespace fuzz
