#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "hsm/wire/channel.h"
#include "hsm/wire/hello.h"
#include "hsm/wire/protocol.h"

#include <sys/mman.h>

namespace {

using namespace hsm;
using wire::Channel;

struct Pair {
  Pair() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    here = Descriptor(ends[0]);
    there = Channel(Descriptor(ends[1]));
  }
  Descriptor here;
  Channel there;
};

Bytes frame_of(std::uint32_t length, std::size_t octets) {
  Bytes frame(4 + octets, 0x5A);
  std::memcpy(frame.data(), &length, 4);
  return frame;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(channel)

BOOST_FIXTURE_TEST_CASE(a_frame_arrives_whole_however_it_is_cut, Pair) {
  const auto frame = frame_of(300, 300);
  std::thread sender([&] {
    for (std::size_t i = 0; i < frame.size(); i += 7)
      BOOST_TEST(send_all(here, ByteView(frame).subspan(i, std::min<std::size_t>(7, frame.size() - i))).ok());
  });
  const auto got = there.receive();
  sender.join();
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got->size() == 300u);
}

BOOST_FIXTURE_TEST_CASE(frames_sent_together_arrive_one_by_one, Pair) {
  auto both = frame_of(3, 3);
  const auto second = frame_of(5000, 5000);
  both.insert(both.end(), second.begin(), second.end());
  BOOST_REQUIRE(send_all(here, both).ok());
  BOOST_TEST(there.receive().value().size() == 3u);
  BOOST_TEST(there.receive().value().size() == 5000u);
}

BOOST_FIXTURE_TEST_CASE(an_empty_frame_is_a_frame, Pair) {
  BOOST_REQUIRE(send_all(here, frame_of(0, 0)).ok());
  BOOST_TEST(there.receive().value().empty());
}

BOOST_FIXTURE_TEST_CASE(a_frame_longer_than_the_limit_is_refused_before_it_is_read, Pair) {
  BOOST_REQUIRE(send_all(here, frame_of(wire::kMaxFrame + 1, 0)).ok());
  const auto got = there.receive();
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST((got.error().rv == Rv::data_len_range));
}

BOOST_FIXTURE_TEST_CASE(a_connection_closed_in_the_midst_of_a_frame_is_told_from_one_closed_between_frames, Pair) {
  BOOST_REQUIRE(send_all(here, frame_of(100, 50)).ok());
  here = Descriptor();
  const auto torn = there.receive();
  BOOST_REQUIRE(!torn.ok());
  BOOST_TEST(torn.error().text().find("midst") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_change_page_counts_for_those_it_was_passed_to_and_they_cannot_write_it) {
  auto page = wire::ChangePage::make().value();
  const auto seen = wire::ChangePage::map(page.descriptor()).value();
  BOOST_TEST(seen.count() == 0u);
  page.bump();
  BOOST_TEST(seen.count() == 1u);
  BOOST_TEST(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, page.descriptor().get(), 0) == MAP_FAILED);
}

BOOST_AUTO_TEST_SUITE_END()
