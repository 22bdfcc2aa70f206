#include "test/kms/core/service_fixture.h"

using kms::Fault;
using kms::KeyState;
using kms::Seconds;
using test::must;
using test::secret;
using test::ServiceFixture;

BOOST_FIXTURE_TEST_SUITE(lifecycle, ServiceFixture)

BOOST_AUTO_TEST_CASE(a_disabled_key_neither_wraps_nor_unwraps_nor_rotates) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret");
  must(service->disable(manager, key.id));
  BOOST_TEST(metadata(key).state == KeyState::suspended);
  KM_REFUSED(service->wrap(writer, key.id, std::nullopt, {}), Fault::invalid_state);
  KM_REFUSED(service->unwrap(reader, key.id, wdek, {}), Fault::invalid_state);
  KM_REFUSED(service->rewrap(reader, key.id, wdek, {}), Fault::invalid_state);
  KM_REFUSED(service->rotate(manager, key.id, std::nullopt), Fault::invalid_state);
  KM_REFUSED(service->disable(manager, key.id), Fault::invalid_state);
  KM_REFUSED(service->list_versions(reader, key.id, {}, false), Fault::invalid_state);
  BOOST_TEST(must(service->list_versions(reader, key.id, {}, true)).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(enable_waits_30_seconds_after_disable_and_then_everything_opens_again) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret");
  KM_REFUSED(service->enable(manager, key.id), Fault::invalid_state);
  must(service->disable(manager, key.id));
  pass(Seconds(29));
  KM_REFUSED(service->enable(manager, key.id), Fault::too_early);
  pass(Seconds(1));
  must(service->enable(manager, key.id));
  BOOST_TEST(opened(key, wdek) == "secret");
}

BOOST_AUTO_TEST_CASE(a_deleted_key_is_gone_at_once_but_its_metadata_stays) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret");
  BOOST_TEST(must(service->delete_key(manager, key.id, false)).state == KeyState::destroyed);
  KM_REFUSED(service->unwrap(reader, key.id, wdek, {}), Fault::key_deleted);
  KM_REFUSED(service->wrap(writer, key.id, std::nullopt, {}), Fault::key_deleted);
  KM_REFUSED(service->delete_key(manager, key.id, true), Fault::key_deleted);
  const auto shown = metadata(key);
  BOOST_TEST(shown.state == KeyState::destroyed);
  BOOST_TEST(shown.deleted.has_value());
  BOOST_TEST(shown.deleted_by == manager.caller.iam_id);
}

BOOST_AUTO_TEST_CASE(a_key_rotates_once_an_hour_and_keeps_its_name) {
  const auto key = root();
  must(service->rotate(manager, key.id, std::nullopt));
  KM_REFUSED(service->rotate(manager, key.id, std::nullopt), Fault::rotation_not_permitted);
  pass(Seconds(3600));
  must(service->rotate(manager, key.id, std::nullopt));
  const auto versions = must(service->list_versions(reader, key.id, {}, false));
  BOOST_TEST(versions.total == 3U);
  BOOST_TEST(versions.items.back().id == key.version->id);
  BOOST_TEST(versions.items.front().id == metadata(key).version->id);
  BOOST_TEST(metadata(key).crn == key.crn);
}

BOOST_AUTO_TEST_CASE(an_expired_key_unwraps_but_does_not_wrap) {
  kms::CreateKey request;
  request.name = "expiring";
  request.extractable = false;
  request.expires = kms::Time(std::chrono::milliseconds(now_ms)) + Seconds(60);
  const auto key = must(service->create_key(manager, std::move(request))).key;
  const auto wdek = wrapped(key, "secret");
  pass(Seconds(60));
  BOOST_TEST(metadata(key).state == KeyState::deactivated);
  KM_REFUSED(service->wrap(writer, key.id, std::nullopt, {}), Fault::invalid_state);
  BOOST_TEST(opened(key, wdek) == "secret");
}

BOOST_AUTO_TEST_CASE(a_key_with_registrations_is_deleted_by_force_only) {
  const auto key = root();
  must(service->put_registration(writer, key.id, "crn:v1:a:b:c:d:e:f:volume:1", {}));
  KM_REFUSED(service->delete_key(manager, key.id, false), Fault::protected_resource);
  BOOST_TEST(must(service->delete_key(manager, key.id, true)).state == KeyState::destroyed);
  BOOST_TEST(must(service->list_registrations(reader, {})).total == 0U);
}

BOOST_AUTO_TEST_CASE(a_registration_that_prevents_deletion_stops_even_force) {
  const auto key = root();
  kms::PutRegistration request;
  request.prevent_key_deletion = true;
  must(service->put_registration(writer, key.id, "crn:v1:a:b:c:d:e:f:volume:1", request));
  KM_REFUSED(service->delete_key(manager, key.id, true), Fault::prevent_key_deletion);
  BOOST_TEST(metadata(key).state == KeyState::active);
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_not_found_and_another_instance_sees_nothing) {
  const auto key = root();
  KM_REFUSED(service->wrap(writer, "11111111-2222-4333-8444-555555555555", std::nullopt, {}), Fault::key_not_found);
  auto elsewhere = manager;
  elsewhere.instance = "99999999-2222-4333-8444-555555555555";
  KM_REFUSED(service->get_metadata(elsewhere, key.id), Fault::invalid_instance);
  const auto other = must(service->create_instance({"", "other", "acc", {}}));
  elsewhere.instance = other.id;
  KM_REFUSED(service->get_metadata(elsewhere, key.id), Fault::unauthorized);
  must(service->set_grants(manager.caller.iam_id, {{instance.id, kms::Role::manager}, {other.id, kms::Role::manager}}));
  KM_REFUSED(service->get_metadata(elsewhere, key.id), Fault::key_not_found);
}

BOOST_AUTO_TEST_CASE(roles_allow_what_the_table_says) {
  const auto key = root();
  KM_REFUSED(service->create_key(reader, {"name", "", {}, {}, false, {}, {}}), Fault::unauthorized);
  KM_REFUSED(service->rotate(reader, key.id, std::nullopt), Fault::unauthorized);
  KM_REFUSED(service->disable(writer, key.id), Fault::unauthorized);
  KM_REFUSED(service->delete_key(writer, key.id, false), Fault::unauthorized);
  KM_REFUSED(service->get_key(reader, key.id), Fault::unauthorized);
  must(service->wrap(reader, key.id, std::nullopt, {}));
  must(service->rotate(writer, key.id, std::nullopt));
}

BOOST_AUTO_TEST_CASE(aliases_name_a_key_and_are_unique) {
  kms::CreateKey request{"named", "", {"vol-root", "other"}, {}, false, {}, {}};
  const auto key = must(service->create_key(manager, std::move(request))).key;
  BOOST_TEST(must(service->get_metadata(reader, "vol-root")).id == key.id);
  KM_REFUSED(service->create_key(manager, {"name", "", {"vol-root"}, {}, false, {}, {}}), Fault::alias_not_unique);
  KM_REFUSED(service->create_key(manager, {"name", "", {"aa", "aa"}, {}, false, {}, {}}), Fault::alias_not_unique);
  KM_REFUSED(service->create_key(manager, {"name", "", {"keys"}, {}, false, {}, {}}), Fault::invalid_field);
  KM_REFUSED(service->create_key(manager, {"name", "", {"11111111-2222-4333-8444-555555555555"}, {}, false, {}, {}}), Fault::invalid_field);
  KM_REFUSED(service->create_key(manager, {"name", "", {"a1", "a2", "a3", "a4", "a5", "a6"}, {}, false, {}, {}}), Fault::alias_quota);
  BOOST_TEST(must(service->count_keys(reader, {})) == 1U);
  BOOST_TEST(database->pending_objects(kms::Time::max()).empty());
}

BOOST_AUTO_TEST_CASE(lists_page_filter_sort_and_search) {
  for (const auto* name : {"alpha", "beta", "gamma"}) root(name);
  const auto doomed = root("delta");
  must(service->delete_key(manager, doomed.id, false));
  kms::KeyQuery query;
  BOOST_TEST(must(service->list_keys(reader, query)).total == 3U);
  query.limit = 2;
  query.offset = 2;
  BOOST_TEST(must(service->list_keys(reader, query)).items.size() == 1U);
  query = {};
  query.states = {KeyState::destroyed};
  BOOST_TEST(must(service->list_keys(reader, query)).items.at(0).id == doomed.id);
  query = {};
  must(kms::parse_search("ALPH,", query));
  BOOST_TEST(must(service->list_keys(reader, query)).items.at(0).name == "alpha");
  query = {};
  must(kms::parse_search("not:exact:alpha", query));
  BOOST_TEST(must(service->list_keys(reader, query)).total == 2U);
  query = {};
  must(kms::parse_search("100%_", query));
  BOOST_TEST(must(service->list_keys(reader, query)).total == 0U);
  query = {};
  must(kms::parse_sort("-creationDate,id", query));
  must(kms::parse_filter(" creationDate=gte:\"2020-01-01T00:00:00Z\" lastRotateDate=none state=1,2", query));
  BOOST_TEST(must(service->list_keys(reader, query)).total == 3U);
  KM_REFUSED(kms::parse_sort("name; DROP TABLE kms_key", query), Fault::invalid_query_parameter);
  KM_REFUSED(kms::parse_filter("state=4", query), Fault::invalid_query_parameter);
}

BOOST_AUTO_TEST_CASE(fields_that_fail_their_rule_are_named) {
  const auto named = [&](kms::CreateKey request) {
    const auto result = service->create_key(manager, std::move(request));
    BOOST_REQUIRE(!result);
    return result.error().field;
  };
  BOOST_TEST(named({"x", "", {}, {}, false, {}, {}}) == "name");
  BOOST_TEST(named({"name", "d", {}, {}, false, {}, {}}) == "description");
  BOOST_TEST(named({"name", "", {}, {"a<b"}, false, {}, {}}) == "tags");
  BOOST_TEST(named({"name", "", {}, {}, false, kms::Time(), {}}) == "expirationDate");
  BOOST_TEST(named({"name", "", {}, {}, false, {}, kms::Import{secret("short"), {}}}) == "payload");
  BOOST_TEST(must(service->count_keys(reader, {})) == 0U);
}

BOOST_AUTO_TEST_CASE(a_token_object_without_a_row_is_swept_at_the_next_start) {
  const hsm::Bytes orphan = hsm::bytes_of("orphan-of-a-crash");
  auto change = database->begin();
  change->insert_pending({orphan, kms::Time(std::chrono::milliseconds(now_ms))});
  change->commit();
  BOOST_REQUIRE(token->generate_wrapping_key({orphan, "orphan"}));
  pass(Seconds(1));
  change.reset();
  restart();
  BOOST_TEST(!token->exists(kms::p11::KeyRef(orphan)).value());
}

BOOST_AUTO_TEST_SUITE_END()
