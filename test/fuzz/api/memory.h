#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "pkcs11/cryptoki.h"
#include "test/fuzz/api/choices.h"

namespace fuzz {

using Octets = std::vector<std::uint8_t>;

/// Ends the process with the name of the function that was called last and what is wrong.
[[noreturn]] void broken(const char* what);
/// Which function that is.
void calling(const char* function);

/// A pointer and a length as an application gives them.
struct In {
  CK_BYTE_PTR data = nullptr;
  CK_ULONG size = 0;
};

/// A place for output: what the module may write is `size` at most, whatever it was told.
struct Out {
  CK_BYTE_PTR data = nullptr;
  CK_ULONG_PTR size = nullptr;
  std::size_t real = 0;   ///< octets that are there
  CK_ULONG claimed = 0;   ///< octets that the module was told of
  /// The convention of the standard for lengths (PKCS#11 3.0, 5.2).
  void check(CK_RV rv) const;
  Octets written(CK_RV rv) const;
};

/// What lengths a module can know to be wrong without touching what they belong to.
enum class Limit {
  none,    ///< no wrong lengths
  memory,  ///< beyond half of the address space
  value,   ///< beyond what an attribute or a parameter may have
};

/// Memory that an application lends the module. Each piece is an allocation of its own, so that AddressSanitizer sees the octet before it and
/// the octet behind it; behind places for output stand canaries for the builds without. Input must be as it was when the call is over.
class Memory {
 public:
  explicit Memory(Choices& choices) : choices_(choices) {}

  /// A place of exactly this size, zeros. Not aligned once in a while, where `aligned` does not forbid it.
  enum class Alignment { any, natural };
  CK_BYTE_PTR place(std::size_t size, Alignment alignment = Alignment::natural);
  template <class T>
  T* place_for(const T& value, Alignment alignment = Alignment::natural) {
    auto* at = place(sizeof value, alignment);
    std::memcpy(at, &value, sizeof value);
    return static_cast<T*>(static_cast<void*>(at));
  }
  /// A place that the module may write, zeros, with canaries behind it.
  CK_BYTE_PTR room(std::size_t size);
  In input(const Octets& octets);
  /// Octets to be read: none, a few, many, what an earlier call gave, null pointers, wrong lengths.
  In input(Limit limit);
  Out output();
  CK_ULONG_PTR number(CK_ULONG value) { return place_for(value); }

  void check(CK_RV rv) const;
  void remember(Octets octets);
  /// The size that the last call asked for, for the next one to give.
  void announce(CK_ULONG size) { announced_ = size; }
  /// Ends the loan of all pieces.
  void release();

 private:
  struct Piece {
    std::unique_ptr<CK_BYTE[]> memory;
    CK_BYTE_PTR data;
    std::size_t size;
  };
  struct Lent {
    In in;
    Octets before;
  };
  CK_BYTE_PTR allocate(std::size_t size, std::size_t offset, std::size_t behind);

  Choices& choices_;
  std::vector<Piece> pieces_;
  std::vector<Lent> inputs_;
  std::vector<Out> outputs_;
  std::vector<std::pair<CK_BYTE_PTR, std::size_t>> canaries_;
  std::vector<Octets> earlier_;
  CK_ULONG announced_ = 0;
};

}  // namespace fuzz
