#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "hsm/model/requests.h"
#include "hsm/wire/admin.h"
#include "hsm/wire/protocol.h"
#include "samples.h"

namespace {

using namespace hsm;
using test::for_each_type;
using test::Samples;

constexpr unsigned kRounds = 40;

template <class T>
void comes_back_the_same(unsigned seed) {
  Samples samples(seed);
  const auto value = samples.make<T>();
  const auto once = encode(value);
  WipedBytes room;
  const auto twice = encode(decode<T>(once, &room));
  BOOST_TEST(once == twice, boost::test_tools::per_element());
}

/// Every beginning of a message that is shorter than the message is refused.
template <class T>
void torn_is_refused(unsigned seed) {
  Samples samples(seed);
  const auto whole = encode(samples.make<T>());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WipedBytes room;
    BOOST_CHECK_THROW(decode<T>(ByteView(whole).first(size), &room), Malformed);
  }
}

template <class All>
void every_message_comes_back() {
  for_each_type<All>([]<class Request>() {
    for (unsigned seed = 0; seed < kRounds; ++seed) {
      comes_back_the_same<Request>(seed);
      comes_back_the_same<typename Request::Reply>(seed);
    }
  });
}

template <class All>
void every_torn_message_is_refused() {
  for_each_type<All>([]<class Request>() {
    for (unsigned seed = 0; seed < 4; ++seed) {
      torn_is_refused<Request>(seed);
      torn_is_refused<typename Request::Reply>(seed);
    }
  });
}

/// A server that takes the request apart and answers it with a sample reply of its own type.
struct Echo {
  unsigned seed;
  std::size_t number = 999;

  template <class Request>
  Result<typename Request::Reply> operator()(const Request& request) {
    number = wire::number_of<Request, request::All>;
    auto reply = Samples(seed).make<typename Request::Reply>();
    if constexpr (wire::WritesIntoRoom<Request>) {
      reply.written = !request.room.empty();
      reply.size = request.room.size();
      std::ranges::fill(request.room, std::uint8_t{0xA5});
    }
    return reply;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(every_request_and_reply_of_the_device_comes_back_as_it_was_sent) { every_message_comes_back<request::All>(); }
BOOST_AUTO_TEST_CASE(every_request_and_reply_of_the_admin_socket_comes_back_as_it_was_sent) {
  every_message_comes_back<admin::All>();
}
BOOST_AUTO_TEST_CASE(a_torn_message_of_the_device_is_refused_wherever_it_is_torn) { every_torn_message_is_refused<request::All>(); }
BOOST_AUTO_TEST_CASE(a_torn_message_of_the_admin_socket_is_refused_wherever_it_is_torn) {
  every_torn_message_is_refused<admin::All>();
}

BOOST_AUTO_TEST_CASE(a_request_reaches_its_own_handler_and_its_reply_fills_the_room) {
  for_each_type<request::All>([]<class Request>() {
    for (unsigned seed = 0; seed < kRounds; ++seed) {
      Samples samples(seed);
      const auto asked = samples.make<Request>();
      const auto frame = wire::encode_request(wire::number_of<Request, request::All>, asked);
      Echo echo{seed};
      WipedBytes room;
      const auto answer = wire::answer_request<request::All>(ByteView(frame).subspan(4), room, echo);
      BOOST_TEST(echo.number == (wire::number_of<Request, request::All>));
      const auto reply = wire::decode_reply(asked, ByteView(answer).subspan(4));
      BOOST_REQUIRE(reply.ok());
      if constexpr (wire::WritesIntoRoom<Request>) {
        BOOST_TEST(reply->size == asked.room.size());
        BOOST_TEST(std::ranges::all_of(asked.room, [](auto b) { return b == 0xA5; }));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_refusal_comes_back_with_its_code_reason_and_subject) {
  const auto frame = wire::encode_refusal(fail(Rv::pin_locked, "the PIN is locked").about("slot 3"));
  const auto reply = wire::decode_reply(request::Logout{}, ByteView(frame).subspan(4));
  BOOST_REQUIRE(!reply.ok());
  BOOST_TEST((reply.error().rv == Rv::pin_locked));
  BOOST_TEST(reply.error().text() == "the PIN is locked: slot 3");
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_request_is_refused) {
  Writer writer;
  writer.put(std::uint16_t{std::tuple_size_v<request::All>});
  Echo echo{1};
  WipedBytes room;
  BOOST_CHECK_THROW(wire::answer_request<request::All>(writer.bytes(), room, echo), Malformed);
}

BOOST_AUTO_TEST_CASE(octets_behind_a_request_are_refused) {
  auto frame = wire::encode_request(wire::number_of<request::Logout, request::All>, request::Logout{7});
  frame.push_back(0);
  Echo echo{1};
  WipedBytes room;
  BOOST_CHECK_THROW(wire::answer_request<request::All>(ByteView(frame).subspan(4), room, echo), Malformed);
}

BOOST_AUTO_TEST_CASE(a_room_beyond_the_limit_is_refused_before_anything_is_allocated) {
  Writer writer;
  writer.put(wire::number_of<request::GenerateRandom, request::All>);
  writer.put(std::uint64_t{1});
  writer.put(Reader::kMaxRoom + 1);
  Echo echo{1};
  WipedBytes room;
  BOOST_CHECK_THROW(wire::answer_request<request::All>(writer.bytes(), room, echo), Malformed);
  BOOST_TEST(room.capacity() == 0u);
}

BOOST_AUTO_TEST_CASE(a_reply_with_more_octets_than_the_room_holds_is_refused) {
  Bytes large(100), small(10);
  const auto frame = wire::encode_reply(request::GenerateRandom{1, large}, Result<request::Produced>(request::Produced{100, true}));
  BOOST_CHECK_THROW(static_cast<void>(wire::decode_reply(request::GenerateRandom{1, small}, ByteView(frame).subspan(4))), Malformed);
}

BOOST_AUTO_TEST_SUITE_END()
