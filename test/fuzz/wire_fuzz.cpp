#include <cstddef>
#include <cstdint>

#include "hsm/model/requests.h"
#include "hsm/wire/admin.h"
#include "hsm/wire/hello.h"
#include "hsm/wire/protocol.h"

// A frame from anybody: read as a request of either protocol, and as the reply to each request.

namespace {

struct Refuse {
  template <class Request>
  hsm::Result<typename Request::Reply> operator()(const Request&) {
    return hsm::fail(hsm::Rv::function_failed, "fuzzed");
  }
};

template <class All>
void as_request(hsm::ByteView frame) try {
  Refuse refuse;
  hsm::WipedBytes room;
  static_cast<void>(hsm::wire::answer_request<All>(frame, room, refuse));
} catch (const hsm::Malformed&) {
  // What a daemon closes the connection for.
}

template <class Request>
void as_reply(hsm::ByteView frame) try {
  static_cast<void>(hsm::wire::decode_reply(Request{}, frame));
} catch (const hsm::Malformed&) {
  // What a client gives up on.
}

template <class... Requests>
void as_replies(hsm::ByteView frame, std::tuple<Requests...>*) {
  (as_reply<Requests>(frame), ...);
}

/// The first frame of a connection, either way.
template <class T>
void as_greeting(hsm::ByteView frame) try {
  static_cast<void>(hsm::decode<T>(frame));
} catch (const hsm::Malformed&) {
  // As above.
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hsm::ByteView frame(data, size);
  as_request<hsm::request::All>(frame);
  as_request<hsm::admin::All>(frame);
  as_replies(frame, static_cast<hsm::request::All*>(nullptr));
  as_replies(frame, static_cast<hsm::admin::All*>(nullptr));
  as_greeting<hsm::wire::Hello>(frame);
  as_greeting<hsm::wire::Welcome>(frame);
  return 0;
}
