// What a call answered: a code that prints by name, alone or with what it gave.
#pragma once

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>

#include "bytes.h"

namespace conformance {

std::string name_of_return_value(CK_RV code);
std::string name_of_mechanism(CK_MECHANISM_TYPE type);

// Where a test asked, for messages about what the test took for granted.
struct Place {
  const char* file;
  int line;
  static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
};

struct Rv {
  CK_RV code = CKR_OK;
  constexpr Rv(CK_RV c) : code(c) {}  // implicit: `rv == CKR_OK` is how a test says it

  // Ends the test if the code is not CKR_OK: for calls a sentence needs but is not about.
  void must(Place place = Place::here()) const;

  friend bool operator==(const Rv&, const Rv&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Rv& rv) { return out << name_of_return_value(rv.code); }
};

// For the few places where the standard leaves the choice among codes: BOOST_TEST(among(rv, {CKR_..., CKR_...})).
boost::test_tools::assertion_result among(Rv rv, std::initializer_list<CK_RV> allowed);

template <class T>
struct Outcome {
  Rv rv;
  T value{};
  const T& must(Place place = Place::here()) const {
    rv.must(place);
    return value;
  }
};

// Bytes a call wrote, and the length it announced (which is all there is after a size query or a too small buffer).
struct Answer {
  Rv rv;
  Bytes bytes;
  CK_ULONG length = 0;
  const Bytes& must(Place place = Place::here()) const {
    rv.must(place);
    return bytes;
  }
};

}  // namespace conformance
