#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "hsm/base/codec.h"
#include "hsm/base/result.h"
#include "hsm/wire/channel.h"

// What a frame holds (grammar; values as in hsm/base/codec.h):
//
//   frame   = u32 length, (request / reply)
//   request = u16 number, fields of the request          ; number = its place in the list of requests
//   reply   = u64 rv, (success / refusal)                 ; success when rv is CKR_OK
//   success = fields of the reply [octets]                ; octets when the request has a room: what was written into it
//   refusal = text reason, text subject                   ; a reason is a literal of the server; neither holds a secret

namespace hsm::wire {

template <class T, class Tuple>
struct PlaceIn;
template <class T, class... Ts>
struct PlaceIn<T, std::tuple<Ts...>> {
  static constexpr std::uint16_t value = [] {
    constexpr bool same[] = {std::is_same_v<T, Ts>...};
    std::uint16_t i = 0;
    while (i < sizeof...(Ts) && !same[i]) ++i;
    return i;
  }();
  static_assert(value < sizeof...(Ts), "not a request of this protocol");
};
/// The number of request T on the wire.
template <class T, class Tuple>
inline constexpr std::uint16_t number_of = PlaceIn<T, Tuple>::value;

template <class Request>
concept WritesIntoRoom = requires(const Request& r) { r.room.data(); };

/// Puts the length in front, where the writer left four octets for it.
inline WipedBytes finish_frame(Writer&& writer) {
  auto frame = writer.take();
  const auto length = static_cast<std::uint32_t>(frame.size() - sizeof(std::uint32_t));
  std::memcpy(frame.data(), &length, sizeof length);
  return frame;
}

template <class Request>
WipedBytes encode_request(std::uint16_t number, const Request& request) {
  Writer writer;
  writer.put(std::uint32_t{0});
  writer.put(number);
  writer.put(request);
  return finish_frame(std::move(writer));
}

inline WipedBytes encode_refusal(const Error& error) {
  Writer writer;
  writer.put(std::uint32_t{0});
  writer.put(error.rv == Rv::ok ? Rv::general_error : error.rv);
  writer.put(view(error.why));
  writer.put(error.subject);
  return finish_frame(std::move(writer));
}

template <class Request>
WipedBytes encode_reply(const Request& request, const Result<typename Request::Reply>& result) {
  if (!result) return encode_refusal(result.error());
  Writer writer;
  writer.put(std::uint32_t{0});
  writer.put(Rv::ok);
  writer.put(*result);
  if constexpr (WritesIntoRoom<Request>) {
    const std::size_t written = result->written ? result->size : 0;
    writer.put(ByteView(request.room.first(std::min(written, request.room.size()))));
  }
  return finish_frame(std::move(writer));
}

/// Reads the reply to `request` and fills its room. Throws Malformed for a reply that breaks the grammar or the room.
template <class Request>
Result<typename Request::Reply> decode_reply(const Request& request, ByteView frame) {
  Reader reader(frame);
  if (const auto rv = reader.get<Rv>(); rv != Rv::ok) {
    auto reason = reader.get<std::string>();
    const auto subject = reader.get<std::string>();
    reader.expect_end();
    if (!subject.empty()) reason += ": " + subject;
    return fail(rv, "").about(std::move(reason));
  }
  auto reply = reader.get<typename Request::Reply>();
  if constexpr (WritesIntoRoom<Request>) {
    const auto octets = reader.get<ByteView>();
    if (octets.size() > request.room.size()) throw Malformed("more octets than there is room for");
    if (octets.size() != (reply.written ? reply.size : 0)) throw Malformed("octets that are not those announced");
    if (!octets.empty()) std::memcpy(request.room.data(), octets.data(), octets.size());
  }
  reader.expect_end();
  return reply;
}

/// Reads one request of `Tuple` out of `frame`, has it answered by `answer(request)` (a Result of its reply) and gives the
/// frame to send back. `room` holds the output meanwhile. Throws Malformed for what is no request, and what `answer` throws.
template <class Tuple, class Answer>
WipedBytes answer_request(ByteView frame, WipedBytes& room, Answer& answer) {
  using Serve = WipedBytes (*)(Reader&, Answer&);
  static constexpr auto serve_each = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Serve, sizeof...(I)>{[](Reader& reader, Answer& a) {
      const auto request = reader.get<std::tuple_element_t<I, Tuple>>();
      reader.expect_end();
      return encode_reply(request, a(request));
    }...};
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>{});

  Reader reader(frame, &room);
  const auto number = reader.get<std::uint16_t>();
  if (number >= serve_each.size()) throw Malformed("a request that does not exist");
  return serve_each[number](reader, answer);
}

}  // namespace hsm::wire
