// How an output buffer is offered to a call: shared by the files that implement Session.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "session.h"

namespace conformance {

inline constexpr CK_BYTE kCanary = 0xA5;
inline constexpr std::size_t kCanaries = 16;

// Runs call(pointer, &length) and checks that nothing was written behind the room that was offered.
template <class Call>
Answer into(Room room, Call call) {
  Bytes buffer(room.value_or(0) + kCanaries, kCanary);
  CK_ULONG length = room.value_or(0);
  const Rv rv = call(room ? buffer.data() : nullptr, &length);
  const auto behind = buffer.begin() + static_cast<std::ptrdiff_t>(room.value_or(0));
  if (!std::all_of(behind, buffer.end(), [](CK_BYTE b) { return b == kCanary; }))
    BOOST_ERROR("the module wrote behind the buffer it was given");
  Answer answer{.rv = rv, .bytes = {}, .length = length};
  if (rv == CKR_OK && room) {
    if (length > *room) BOOST_ERROR("the module announced more than the buffer holds and answered CKR_OK");
    buffer.resize(std::min<std::size_t>(length, *room));
    answer.bytes = std::move(buffer);
  }
  return answer;
}

}  // namespace conformance
