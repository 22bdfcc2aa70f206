#include "outcome.h"

#include <algorithm>
#include <sstream>

namespace conformance {

static std::string unknown(unsigned long number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

#define CONFORMANCE_NAME(name, number) \
  case number:                         \
    return #name;

std::string name_of_return_value(CK_RV code) {
  switch (code) { CK_RETURN_VALUES(CONFORMANCE_NAME) }
  return unknown(code);
}

std::string name_of_mechanism(CK_MECHANISM_TYPE type) {
  switch (type) { CK_MECHANISM_TYPES(CONFORMANCE_NAME) }
  return unknown(type);
}

#undef CONFORMANCE_NAME

void Rv::must(Place place) const {
  if (code == CKR_OK) return;
  BOOST_FAIL("the test needed CKR_OK at " << place.file << ":" << place.line << ", and got " << *this);
}

boost::test_tools::assertion_result among(Rv rv, std::initializer_list<CK_RV> allowed) {
  boost::test_tools::assertion_result result(std::find(allowed.begin(), allowed.end(), rv.code) != allowed.end());
  result.message() << rv << " is none of";
  for (CK_RV code : allowed) result.message() << ' ' << name_of_return_value(code);
  return result;
}

}  // namespace conformance
