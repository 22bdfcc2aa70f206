#include <stdlib.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "hsm/model/requests.h"
#include "hsm/wire/channel.h"
#include "hsm/wire/hello.h"
#include "hsm/wire/protocol.h"
#include "hsm/wire/remote_device.h"

namespace {

using namespace hsm;
using namespace hsm::request;

/// A server of one connection that notes the numbers of the requests it gets. `refuse` is answered to the next one.
class NotingServer {
 public:
  NotingServer() {
    char name[] = "/tmp/keymantle-wire-XXXXXX";
    directory_ = ::mkdtemp(name);
    listener_ = listen_unix(path(), 0600).value();
    thread_ = std::thread([this] { serve(); });
  }
  ~NotingServer() {
    thread_.join();
    BOOST_TEST(worked_);
    std::filesystem::remove_all(directory_);
  }
  std::string path() const { return directory_ + "/hsm.sock"; }

  std::vector<std::size_t> numbers;
  wire::ChangePage changes = wire::ChangePage::make().value();
  std::optional<Rv> refuse;
  bool die_at_next = false;

 private:
  void serve() {
    wire::Channel channel(accept_from(listener_).value());
    worked_ = send_descriptor(channel.socket(), changes.descriptor().get()).ok() && channel.receive().ok() &&
              channel.send(wire::encode_reply(wire::Hello{}, Result<wire::Welcome>(wire::Welcome{}))).ok();
    auto answer = [this]<class Request>(const Request& request) { return this->answer(request); };
    while (true) {
      const auto frame = channel.receive();
      if (!frame || die_at_next) return;
      WipedBytes room;
      worked_ = channel.send(wire::answer_request<All>(*frame, room, answer)).ok() && worked_;
    }
  }
  template <class Request>
  Result<typename Request::Reply> answer(const Request& request) {
    numbers.push_back(wire::number_of<Request, All>);
    if (refuse) return fail(*std::exchange(refuse, std::nullopt), "as told");
    typename Request::Reply reply{};
    if constexpr (wire::WritesIntoRoom<Request>) {
      reply.size = 16;
      reply.written = request.room.size() >= 16;
      if (reply.written) std::ranges::fill(request.room.first(16), std::uint8_t{1});
    }
    return reply;
  }

  std::string directory_;
  Descriptor listener_;
  bool worked_ = false;  ///< the thread's, until it ends
  std::thread thread_;
};

struct Client : NotingServer {
  Client() : device(wire::connect_device(path()).value()) {}

  Mechanism gcm(std::uint8_t octet, std::size_t iv_size = 12) {
    return {static_cast<std::uint64_t>(Mech::aes_gcm), GcmParams{Bytes(iv_size, octet), {}, 128}};
  }
  bool begin(const Mechanism& mechanism, Use use = Use::encrypt) { return device->call(Begin{5, use, mechanism, 9}).ok(); }
  bool once(std::size_t room = 64, Use use = Use::encrypt) {
    Bytes out(room);
    return device->call(Once{5, use, {}, out}).ok();
  }
  template <class Request>
  static constexpr std::size_t number = wire::number_of<Request, All>;

  std::shared_ptr<Device> device;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(remote_device)

BOOST_FIXTURE_TEST_CASE(the_second_like_operation_costs_one_round_trip, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST((begin(gcm(2)) && once()));
  const std::vector expected{number<Begin>, number<Once>, number<BeginOnce>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(after_a_change_in_the_hsm_the_beginning_is_sent_again, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  changes.bump();
  BOOST_TEST((begin(gcm(1)) && once()));
  const std::vector expected{number<Begin>, number<Once>, number<Begin>, number<Once>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_beginning_of_another_shape_is_sent, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1, 0)));
  BOOST_TEST(numbers.back() == number<Begin>);
}

BOOST_FIXTURE_TEST_CASE(a_running_operation_hears_of_a_second_beginning, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1)));
  BOOST_TEST(begin(gcm(1)));
  const std::vector expected{number<Begin>, number<Once>, number<Begin>, number<Begin>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_kept_beginning_is_sent_before_a_part, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1)));
  BOOST_TEST(device->call(Update{5, Use::encrypt, {}, {}}).ok());
  const std::vector expected{number<Begin>, number<Once>, number<Begin>, number<Update>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_kept_beginning_is_sent_before_anything_that_could_change_it, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1)));
  BOOST_TEST(device->call(DestroyObject{6, 9}).ok());
  const std::vector expected{number<Begin>, number<Once>, number<Begin>, number<DestroyObject>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(after_a_size_query_the_operation_runs_in_the_hsm, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1)));
  BOOST_TEST(once(4));
  BOOST_TEST(once());
  const std::vector expected{number<Begin>, number<Once>, number<BeginOnce>, number<Once>};
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(after_a_refusal_the_next_beginning_is_sent, Client) {
  BOOST_TEST((begin(gcm(1)) && once()));
  BOOST_TEST(begin(gcm(1)));
  refuse = Rv::data_len_range;
  BOOST_TEST(!once());
  BOOST_TEST(begin(gcm(1)));
  BOOST_TEST(numbers.back() == number<Begin>);
}

BOOST_FIXTURE_TEST_CASE(a_verification_begins_in_the_hsm, Client) {
  const Mechanism ecdsa{static_cast<std::uint64_t>(Mech::ecdsa), {}};
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(begin(ecdsa, Use::verify));
    BOOST_TEST(device->call(VerifyOnce{5, {}, {}}).ok());
  }
  BOOST_TEST(std::ranges::count(numbers, number<Begin>) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_huge_room_is_not_asked_of_the_daemon, Client) {
  Bytes out(16);
  const auto made = device->call(Once{5, Use::sign, {}, Room(out.data(), std::size_t{1} << 40)});
  BOOST_REQUIRE(made.ok());
  BOOST_TEST(made->size == 16u);
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_dies_is_a_removed_device_from_then_on, Client) {
  die_at_next = true;
  for (int i = 0; i < 2; ++i) {
    const auto gone = device->call(ListSlots{});
    BOOST_REQUIRE(!gone.ok());
    BOOST_TEST((gone.error().rv == Rv::device_removed));
    BOOST_TEST(gone.error().text().find("went away") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_socket_that_nobody_serves_is_named) {
  const auto device = wire::connect_device("/nonexistent/hsm.sock");
  BOOST_REQUIRE(!device.ok());
  BOOST_TEST(device.error().text().find("/nonexistent/hsm.sock") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
