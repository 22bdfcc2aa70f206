#include <thread>

#include "test/kms/core/service_fixture.h"

using kms::Fault;
using kms::JobState;
using test::must;

namespace {

std::string resource(int number) { return "crn:v1:bluemix:public:is:local:a/acc::volume:" + std::to_string(100000 + number); }

struct RewrapFixture : test::ServiceFixture {
  kms::Registration store(const kms::Key& key, int number, std::string wdek, kms::Aad aad = {}) {
    kms::PutRegistration request;
    request.wdek = std::move(wdek);
    request.aad = std::move(aad);
    return must(service->put_registration(writer, key.id, resource(number), request));
  }
  kms::RewrapJob wait_for_job(const kms::Key& key) {
    for (int i = 0; i < 1000; ++i) {
      auto jobs = must(service->rewrap_jobs(reader, key.id));
      const bool busy = std::any_of(jobs.begin(), jobs.end(), [](const auto& job) {
        return job.state == JobState::pending || job.state == JobState::running;
      });
      if (!jobs.empty() && !busy) return jobs.front();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the rewrap job does not end");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rewrap_jobs, RewrapFixture)

BOOST_AUTO_TEST_CASE(a_rotation_rewraps_every_stored_wdek_by_itself) {
  const auto key = root();
  for (int i = 0; i < 50; ++i) store(key, i, wrapped(key, std::to_string(i), {"volume"}), {"volume"});
  rotate(key);
  const auto job = wait_for_job(key);
  BOOST_TEST(job.state == JobState::done);
  BOOST_TEST(job.total == 50U);
  BOOST_TEST(job.done == 50U);
  BOOST_TEST(job.failed == 0U);
  const auto current = metadata(key).version->id;
  for (int i = 0; i < 50; ++i) {
    const auto kept = must(service->get_registration(reader, key.id, resource(i)));
    BOOST_TEST(kept.version.id == current);
    const auto back = must(service->unwrap(reader, key.id, *kept.wdek, {"volume"}));
    BOOST_TEST(test::text(back.plaintext) == std::to_string(i));
    BOOST_TEST(!back.renewed);
  }
  const auto census = must(service->census(reader, key.id));
  BOOST_TEST(census.at(0).wdeks == 50U);
  BOOST_TEST(census.at(1).wdeks == 0U);
}

BOOST_AUTO_TEST_CASE(a_wdek_registered_late_with_an_old_version_is_picked_up) {
  const auto key = root();
  const auto old = wrapped(key, "late");
  rotate(key);
  BOOST_TEST(wait_for_job(key).state == JobState::done);
  store(key, 1, old);
  BOOST_TEST(wait_for_job(key).state == JobState::done);
  BOOST_TEST(must(service->get_registration(reader, key.id, resource(1))).version.id == metadata(key).version->id);
}

BOOST_AUTO_TEST_CASE(a_second_rotation_supersedes_the_job_of_the_first_and_nothing_stays_behind) {
  settings.rewrap_worker = false;
  restart();
  const auto key = root();
  for (int i = 0; i < 20; ++i) store(key, i, wrapped(key, "x"));
  rotate(key);
  rotate(key);
  auto jobs = must(service->rewrap_jobs(reader, key.id));
  BOOST_TEST(jobs.at(0).state == JobState::pending);
  BOOST_TEST(jobs.at(1).state == JobState::superseded);
  settings.rewrap_worker = true;
  restart();
  BOOST_TEST(wait_for_job(key).done == 20U);
  BOOST_TEST(must(service->census(reader, key.id)).at(0).wdeks == 20U);
}

BOOST_AUTO_TEST_CASE(the_job_of_a_disabled_key_waits_until_it_is_enabled) {
  settings.rewrap_worker = false;
  restart();
  const auto key = root();
  store(key, 1, wrapped(key, "x"));
  rotate(key);
  must(service->disable(manager, key.id));
  settings.rewrap_worker = true;
  restart();
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  BOOST_TEST(must(service->rewrap_jobs(reader, key.id)).at(0).state == JobState::pending);
  pass(kms::Seconds(30));
  must(service->enable(manager, key.id));
  BOOST_TEST(wait_for_job(key).done == 1U);
}

BOOST_AUTO_TEST_CASE(a_wdek_that_cannot_be_opened_is_counted_and_named_and_stops_nothing) {
  settings.rewrap_worker = false;
  restart();
  const auto key = root();
  for (int i = 0; i < 5; ++i) store(key, i, wrapped(key, "x"));
  auto broken = must(service->get_registration(reader, key.id, resource(2)));
  broken.wdek->at(30) = broken.wdek->at(30) == 'A' ? 'B' : 'A';
  auto change = database->begin();
  change->put_registration(broken);
  change->commit();
  change.reset();
  rotate(key);
  settings.rewrap_worker = true;
  restart();
  const auto job = wait_for_job(key);
  BOOST_TEST(job.done == 4U);
  BOOST_TEST(job.failed == 1U);
  BOOST_TEST(!must(service->get_registration(reader, key.id, resource(2))).rewrap_failure.empty());
}

BOOST_AUTO_TEST_CASE(a_worker_without_the_lease_writes_nothing) {
  settings.rewrap_worker = false;
  restart();
  const auto key = root();
  store(key, 1, wrapped(key, "x"));
  rotate(key);
  const auto now = settings.now();
  auto change = database->begin();
  auto first = *change->lease_job("one", now, now + kms::Seconds(10));
  change->commit();
  change = nullptr;
  change = database->begin();
  BOOST_TEST(!change->lease_job("two", now + kms::Seconds(9), now + kms::Seconds(20)));
  auto second = *change->lease_job("two", now + kms::Seconds(10), now + kms::Seconds(20));
  BOOST_TEST(second.fence == first.fence + 1);
  BOOST_TEST(!change->save_job(first));
  BOOST_TEST(change->save_job(second));
}

BOOST_AUTO_TEST_CASE(a_registration_takes_only_a_wdek_of_its_key_and_aad) {
  const auto key = root();
  const auto other = root("other");
  kms::PutRegistration request;
  request.wdek = wrapped(other, "x");
  KM_REFUSED(service->put_registration(writer, key.id, resource(1), request), Fault::unprocessable_ciphertext);
  request.wdek = wrapped(key, "x", {"a"});
  KM_REFUSED(service->put_registration(writer, key.id, resource(1), request), Fault::unprocessable_ciphertext);
  request.aad = kms::Aad{"a"};
  must(service->put_registration(writer, key.id, resource(1), request));
  request = {};
  request.version = "11111111-2222-4333-8444-555555555555";
  KM_REFUSED(service->put_registration(writer, key.id, resource(2), request), Fault::registration_key_version);
  must(service->disable(manager, key.id));
  KM_REFUSED(service->put_registration(writer, key.id, resource(3), {}), Fault::registration_key_state);
  const auto standard = must(service->create_key(manager, {"standard", "", {}, {}, true, {}, {}}));
  KM_REFUSED(service->put_registration(writer, standard.key.id, resource(3), {}), Fault::registration_key_not_root);
  KM_REFUSED(service->put_registration(writer, key.id, "not a crn", {}), Fault::invalid_field);
  BOOST_TEST(must(service->list_registrations(reader, {})).total == 1U);
}

BOOST_AUTO_TEST_CASE(registrations_are_listed_by_key_by_pattern_and_by_protection_and_can_be_deleted) {
  const auto key = root();
  for (int i = 0; i < 3; ++i) must(service->put_registration(writer, key.id, resource(i), {}));
  kms::RegistrationQuery query;
  query.key = key.id;
  query.resource = "crn:v1:*:*:is:local:a/acc::volume:10000*";
  BOOST_TEST(must(service->list_registrations(reader, query)).total == 3U);
  query.resource = resource(1);
  BOOST_TEST(must(service->list_registrations(reader, query)).items.at(0).key_name == "root");
  query.resource.reset();
  query.prevent_key_deletion = true;
  BOOST_TEST(must(service->list_registrations(reader, query)).total == 0U);
  must(service->delete_registration(writer, key.id, resource(1)));
  KM_REFUSED(service->delete_registration(writer, key.id, resource(1)), Fault::registration_not_found);
  KM_REFUSED(service->get_registration(reader, key.id, resource(1)), Fault::registration_not_found);
}

BOOST_AUTO_TEST_SUITE_END()
