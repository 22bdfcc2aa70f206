#include <fmt/core.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "hsm/daemon/admin_service.h"
#include "hsm/daemon/device_service.h"
#include "hsm/daemon/listener.h"
#include "hsm/daemon/unit.h"
#include "hsm/wire/admin_client.h"
#include "hsm/wire/remote_device.h"

namespace {

using namespace hsm;
using daemon::Listener;

/// A store in a temporary folder, and the daemon's sockets over it in this process. restart() is what a restart does.
struct Rehearsal {
  Rehearsal() {
    char name[] = "/tmp/keymantle-unit-XXXXXX";
    folder = ::mkdtemp(name);
    start();
  }
  ~Rehearsal() {
    stop();
    std::filesystem::remove_all(folder);
  }
  void start(bool development = false) {
    unit = daemon::Unit::open({.store = folder / "store", .development = development}).value();
    administrators.emplace(listen_unix(admin_path(), 0600).value(), "admin", daemon::AllowList{},
                           [this](wire::Channel& c, const Peer& p) { daemon::serve_admin(c, p, *unit); });
    devices.emplace(listen_unix(device_path(), 0600).value(), "device", daemon::AllowList{}, [this](wire::Channel& c, const Peer& p) {
      daemon::serve_device(c, p, *unit);
    });
  }
  void stop() {
    devices.reset();
    administrators.reset();
    unit.reset();
  }
  void restart() {
    stop();
    start();
  }
  std::string admin_path() const { return folder / "admin.sock"; }
  std::string device_path() const { return folder / "hsm.sock"; }

  template <class Request>
  Result<typename Request::Reply> admin(const Request& request) {
    return admin::Client::connect(admin_path()).value().call(request);
  }
  admin::UnitStatus status() { return admin(admin::GetStatus{}).value(); }
  static Secret passphrase(std::size_t i) { return Secret::copy_of(view("passphrase of custodian " + std::to_string(i))); }

  admin::ShareFiles make_shares(std::uint8_t threshold = 2, std::size_t count = 3) {
    admin::MakeShares request{.threshold = threshold, .passphrases = {}, .rehearsal = true};
    for (std::size_t i = 0; i < count; ++i) request.passphrases.push_back(passphrase(i));
    made = admin(request).value();
    return made;
  }
  Result<admin::ShareChecked> check(std::size_t i) { return admin(admin::CheckShare{made.files[i], passphrase(i)}); }
  Result<admin::UnitStatus> unseal(std::size_t i) { return admin(admin::Unseal{made.files[i], passphrase(i)}); }
  void activate() {
    make_shares();
    for (std::size_t i = 0; i < made.files.size(); ++i) BOOST_REQUIRE(check(i).ok());
    BOOST_REQUIRE(admin(admin::Activate{made.fingerprint}).ok());
  }
  Rv slots_say() {
    const auto device = wire::connect_device(device_path()).value();
    const auto token = device->call(request::GetSlot{0});
    return token ? Rv::ok : token.error().rv;
  }

  std::filesystem::path folder;
  std::unique_ptr<daemon::Unit> unit;
  std::optional<Listener> administrators, devices;
  admin::ShareFiles made;
};

template <class T>
void refused(const Result<T>& result, Rv rv, std::string_view reason) {
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST((result.error().rv == rv), result.error().text());
  BOOST_TEST(result.error().text().find(reason) != std::string::npos, result.error().text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)

BOOST_FIXTURE_TEST_CASE(a_new_unit_has_no_master_key_and_says_what_to_do, Rehearsal) {
  const auto now = status();
  BOOST_TEST((now.state == admin::State::empty));
  BOOST_TEST(now.next == "make a master key and split it into shares");
}

BOOST_FIXTURE_TEST_CASE(two_of_three_shares_unseal_the_restarted_unit, Rehearsal) {
  activate();
  BOOST_TEST((status().state == admin::State::operational));
  BOOST_TEST((slots_say() == Rv::ok));
  restart();
  BOOST_TEST((status().state == admin::State::sealed));
  BOOST_TEST(status().fingerprint == made.fingerprint);
  const auto first = unseal(2).value();
  BOOST_TEST(int(first.collected) == 1);
  BOOST_TEST((first.state == admin::State::sealed));
  BOOST_TEST((unseal(0).value().state == admin::State::operational));
  BOOST_TEST((slots_say() == Rv::ok));
}

BOOST_FIXTURE_TEST_CASE(an_operational_unit_tells_how_many_shares_its_key_has_and_needs, Rehearsal) {
  activate();
  BOOST_TEST(int(status().threshold) == 2);
  BOOST_TEST(int(status().shares) == 3);
  restart();
  BOOST_REQUIRE((unseal(0).ok() && unseal(1).ok()));
  BOOST_TEST(int(status().threshold) == 2);
  BOOST_TEST(int(status().shares) == 3);
}

BOOST_FIXTURE_TEST_CASE(the_audit_log_names_the_process_that_gave_a_wrong_pin, Rehearsal) {
  activate();
  const auto device = wire::connect_device(device_path()).value();
  BOOST_REQUIRE(device->call(request::InitToken{.slot = 0, .pin = passphrase(0), .label = "t"}).ok());
  const auto session = device->call(request::OpenSession{0, true}).value().session;
  BOOST_TEST(!device->call(request::Login{session, static_cast<std::uint64_t>(UserType::so), passphrase(1)}).ok());
  const auto log = admin(admin::ExportAudit{.from = 1}).value().lines;
  const auto wrong = std::ranges::find_if(log, [](const auto& line) { return line.find(R"("login")") != std::string::npos; });
  BOOST_REQUIRE((wrong != log.end()));
  BOOST_TEST(wrong->find(fmt::format("uid {} pid {}", ::getuid(), ::getpid())) != std::string::npos, *wrong);
}

BOOST_FIXTURE_TEST_CASE(a_master_key_is_not_used_before_every_share_was_checked, Rehearsal) {
  make_shares();
  BOOST_TEST(int(check(0).value().confirmed) == 1);
  BOOST_TEST(int(check(0).value().confirmed) == 1);
  refused(admin(admin::Activate{made.fingerprint}), Rv::action_prohibited, "not every share");
}

BOOST_FIXTURE_TEST_CASE(a_master_key_is_not_used_under_another_fingerprint, Rehearsal) {
  make_shares();
  for (std::size_t i = 0; i < 3; ++i) BOOST_REQUIRE(check(i).ok());
  refused(admin(admin::Activate{"00"}), Rv::data_invalid, "fingerprint");
}

BOOST_FIXTURE_TEST_CASE(a_discarded_master_key_leaves_the_unit_empty_and_its_shares_worthless, Rehearsal) {
  make_shares();
  const auto old = made;
  BOOST_TEST((admin(admin::Discard{}).value().state == admin::State::empty));
  make_shares();
  refused(admin(admin::CheckShare{old.files[0], passphrase(0)}), Rv::data_invalid, "another master key");
}

BOOST_FIXTURE_TEST_CASE(one_share_is_not_enough_even_given_twice, Rehearsal) {
  activate();
  restart();
  BOOST_REQUIRE(unseal(1).ok());
  refused(unseal(1), Rv::data_invalid, "given before");
  BOOST_TEST((status().state == admin::State::sealed));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_passphrase_opens_no_share, Rehearsal) {
  activate();
  restart();
  BOOST_TEST(!admin(admin::Unseal{made.files[0], passphrase(9)}).ok());
  BOOST_TEST(int(status().collected) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_share_of_another_unit_is_refused, Rehearsal) {
  activate();
  const auto ours = made;
  stop();
  std::filesystem::rename(folder / "store", folder / "other");
  start();
  activate();
  restart();
  refused(admin(admin::Unseal{ours.files[0], passphrase(0)}), Rv::data_invalid, "another master key");
}

BOOST_FIXTURE_TEST_CASE(a_sealed_unit_offers_no_slots_and_refuses_sessions, Rehearsal) {
  activate();
  const auto device = wire::connect_device(device_path()).value();
  BOOST_TEST(!device->call(request::ListSlots{}).value().slots.empty());
  BOOST_REQUIRE(admin(admin::Seal{}).ok());
  BOOST_TEST(device->call(request::ListSlots{}).value().slots.empty());
  refused(device->call(request::OpenSession{0, true}), Rv::token_not_present, "sealed");
  refused(device->call(request::Logout{1}), Rv::device_removed, "sealed");
}

BOOST_FIXTURE_TEST_CASE(a_sealed_unit_serves_the_same_application_again_when_it_is_unsealed, Rehearsal) {
  activate();
  const auto device = wire::connect_device(device_path()).value();
  BOOST_REQUIRE(admin(admin::Seal{}).ok());
  BOOST_REQUIRE((unseal(0).ok() && unseal(1).ok()));
  BOOST_TEST(!device->call(request::ListSlots{}).value().slots.empty());
}

BOOST_FIXTURE_TEST_CASE(an_application_is_told_of_the_master_key_in_every_state, Rehearsal) {
  const auto device = wire::connect_device(device_path()).value();
  const auto told = [&] { return device->call(request::GetCeremony{}).value(); };
  BOOST_TEST((told().state == CeremonyState::empty));
  BOOST_TEST((told().profile == CeremonyProfile::isolated));
  BOOST_TEST(told().fingerprint.empty());
  activate();
  BOOST_TEST((told().state == CeremonyState::operational));
  BOOST_TEST(told().fingerprint == made.fingerprint);
  BOOST_TEST(told().threshold == 2u);
  BOOST_TEST(told().shares == 3u);
  BOOST_REQUIRE(admin(admin::Seal{}).ok());
  BOOST_TEST((told().state == CeremonyState::sealed));
  BOOST_TEST(told().collected == 0u);
  BOOST_REQUIRE(unseal(1).ok());
  BOOST_TEST(told().collected == 1u);
  BOOST_TEST(told().threshold == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_sealed_unit_has_no_slot_event, Rehearsal) {
  BOOST_TEST(!wire::connect_device(device_path()).value()->call(request::PollSlotEvent{}).value().slot.has_value());
}

BOOST_FIXTURE_TEST_CASE(two_daemons_do_not_share_a_store, Rehearsal) {
  refused(daemon::Unit::open({.store = folder / "store"}), Rv::device_error, "another keymantle-hsmd");
}

BOOST_FIXTURE_TEST_CASE(an_isolated_unit_refuses_a_store_of_the_development_profile, Rehearsal) {
  stop();
  start(true);
  BOOST_TEST((status().profile == admin::Profile::development));
  BOOST_TEST((status().state == admin::State::operational));
  refused(admin(admin::Seal{}), Rv::action_prohibited, "development");
  stop();
  refused(daemon::Unit::open({.store = folder / "store"}), Rv::device_error, "development profile");
  start(true);
}

BOOST_FIXTURE_TEST_CASE(the_ceremony_is_in_the_audit_chain_which_can_be_read_in_pages, Rehearsal) {
  activate();
  restart();
  BOOST_REQUIRE((unseal(0).ok() && unseal(1).ok()));
  std::vector<std::string> lines;
  for (std::uint64_t from = 1; from != 0;) {
    const auto page = admin(admin::ExportAudit{from, 2}).value();
    lines.insert(lines.end(), page.lines.begin(), page.lines.end());
    from = page.next;
  }
  const auto has = [&](std::string_view word) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(word) != std::string::npos; });
  };
  BOOST_TEST(has("ceremony_committed"));
  BOOST_TEST(has("ceremony_unsealed"));
  BOOST_TEST(admin(admin::VerifyAudit{}).ok());
}

BOOST_FIXTURE_TEST_CASE(an_application_under_the_name_of_another_process_is_refused, Rehearsal) {
  const Bytes name(wire::kApplicationOctets, 7);
  const auto first = unit->applications().join(name, Peer{.pid = 10, .uid = 0, .gid = 0});
  BOOST_REQUIRE(first.ok());
  BOOST_TEST(unit->applications().join(name, Peer{.pid = 10, .uid = 0, .gid = 0}).ok());
  refused(unit->applications().join(name, Peer{.pid = 11, .uid = 0, .gid = 0}), Rv::arguments_bad, "another process");
}

BOOST_AUTO_TEST_CASE(only_those_on_the_allow_list_may_connect) {
  const daemon::AllowList list{.users = {1234}, .groups = {77}};
  BOOST_TEST(list.allows({.pid = 1, .uid = 1234, .gid = 1}, {}));
  BOOST_TEST(list.allows({.pid = 1, .uid = 999, .gid = 77}, {}));
  BOOST_TEST(list.allows({.pid = 1, .uid = 999, .gid = 1}, {5, 77}));
  BOOST_TEST(list.allows({.pid = 1, .uid = 0, .gid = 0}, {}));
  BOOST_TEST(!list.allows({.pid = 1, .uid = 999, .gid = 1}, {5}));
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_breaks_the_protocol_is_closed_and_the_others_live_on, Rehearsal) {
  const auto rude = connect_unix(device_path()).value();
  BOOST_REQUIRE(receive_descriptor(rude).ok());
  BOOST_REQUIRE(send_all(rude, Bytes{4, 0, 0, 0, 9, 9, 9, 9}).ok());
  std::uint8_t octet = 0;
  BOOST_TEST(!receive_all(rude, std::span(&octet, 1)).ok());
  BOOST_TEST((slots_say() == Rv::token_not_present));
}

BOOST_AUTO_TEST_SUITE_END()
