#include <thread>

#include "kms/core/wdek.h"
#include "test/kms/core/service_fixture.h"

using kms::Fault;
using test::must;
using test::secret;
using test::ServiceFixture;

BOOST_FIXTURE_TEST_SUITE(wrapping, ServiceFixture)

BOOST_AUTO_TEST_CASE(a_root_key_is_active_has_a_version_and_no_payload) {
  const auto key = root();
  BOOST_TEST(key.state == kms::KeyState::active);
  BOOST_REQUIRE(key.version);
  BOOST_TEST(key.crn.find(":key:" + key.id) != std::string::npos);
  BOOST_TEST(!must(service->get_key(manager, key.id)).payload);
}

BOOST_AUTO_TEST_CASE(what_wrap_made_unwrap_opens) {
  const auto key = root();
  BOOST_TEST(opened(key, wrapped(key, "a passphrase")) == "a passphrase");
}

BOOST_AUTO_TEST_CASE(every_length_from_1_to_3072_octets_wraps) {
  const auto key = root();
  for (const std::size_t size : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 1000, 3071, 3072}) {
    const std::string plaintext(size, 'x');
    BOOST_TEST_CONTEXT(size) { BOOST_TEST(opened(key, wrapped(key, plaintext)) == plaintext); }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_or_longer_plaintext_is_refused) {
  const auto key = root();
  KM_REFUSED(service->wrap(writer, key.id, secret(""), {}), Fault::invalid_field);
  KM_REFUSED(service->wrap(writer, key.id, secret(std::string(3073, 'x')), {}), Fault::invalid_field);
}

BOOST_AUTO_TEST_CASE(without_plaintext_the_hsm_draws_32_octets_each_time_others) {
  const auto key = root();
  const auto first = must(service->wrap(writer, key.id, std::nullopt, {}));
  const auto second = must(service->wrap(writer, key.id, std::nullopt, {}));
  BOOST_REQUIRE(first.plaintext);
  BOOST_TEST(first.plaintext->size() == 32U);
  BOOST_TEST(!equal_in_constant_time(*first.plaintext, *second.plaintext));
  BOOST_TEST(opened(key, first.ciphertext) == test::text(*first.plaintext));
  BOOST_TEST(first.version == key.version->id);
}

BOOST_AUTO_TEST_CASE(aad_must_be_the_same_strings_in_the_same_order) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret", {"a", "b"});
  BOOST_TEST(opened(key, wdek, {"a", "b"}) == "secret");
  for (const kms::Aad& other : {kms::Aad{}, {"ab"}, {"b", "a"}, {"a"}, {"a", "b", ""}}) {
    KM_REFUSED(service->unwrap(reader, key.id, wdek, other), Fault::unprocessable_ciphertext);
    KM_REFUSED(service->rewrap(reader, key.id, wdek, other), Fault::rewrap_unprocessable);
  }
}

BOOST_AUTO_TEST_CASE(a_wdek_of_another_key_is_refused) {
  const auto one = root("one");
  const auto two = root("two");
  KM_REFUSED(service->unwrap(reader, two.id, wrapped(one, "secret"), {}), Fault::unprocessable_ciphertext);
}

BOOST_AUTO_TEST_CASE(every_edited_octet_of_a_wdek_is_found) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret");
  const auto json = *hsm::from_base64(wdek);
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto edited = json;
    edited[i] ^= 1;
    const auto result = service->unwrap(reader, key.id, hsm::to_base64(edited), {});
    BOOST_TEST_CONTEXT("octet " << i) {
      BOOST_REQUIRE(!result);
      BOOST_TEST(result.error().fault == Fault::unprocessable_ciphertext);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_wdek_moved_to_another_version_is_refused) {
  const auto key = root();
  auto wdek = *kms::parse_wdek(wrapped(key, "secret"));
  rotate(key);
  wdek.version = metadata(key).version->id;
  KM_REFUSED(service->unwrap(reader, key.id, to_text(wdek), {}), Fault::unprocessable_ciphertext);
}

BOOST_AUTO_TEST_CASE(what_is_not_base64_is_a_wrong_field_and_what_is_not_ours_is_unprocessable) {
  const auto key = root();
  KM_REFUSED(service->unwrap(reader, key.id, "%%%", {}), Fault::invalid_field);
  KM_REFUSED(service->unwrap(reader, key.id, "", {}), Fault::invalid_field);
  KM_REFUSED(service->unwrap(reader, key.id, "aGVsbG8=", {}), Fault::unprocessable_ciphertext);
}

BOOST_AUTO_TEST_CASE(after_a_rotation_unwrap_gives_the_renewed_ciphertext_once) {
  const auto key = root();
  const auto old = wrapped(key, "secret", {"x"});
  rotate(key);
  const auto first = must(service->unwrap(reader, key.id, old, {"x"}));
  BOOST_TEST(test::text(first.plaintext) == "secret");
  BOOST_TEST(first.version == key.version->id);
  BOOST_REQUIRE(first.renewed);
  BOOST_TEST(first.renewed->version == metadata(key).version->id);
  const auto second = must(service->unwrap(reader, key.id, first.renewed->ciphertext, {"x"}));
  BOOST_TEST(test::text(second.plaintext) == "secret");
  BOOST_TEST(!second.renewed);
}

BOOST_AUTO_TEST_CASE(rewrap_gives_a_ciphertext_of_the_current_version_and_no_plaintext) {
  const auto key = root();
  const auto old = wrapped(key, "secret");
  rotate(key);
  const auto result = must(service->rewrap(reader, key.id, old, {}));
  BOOST_TEST(result.old_version == key.version->id);
  BOOST_TEST(result.version == metadata(key).version->id);
  BOOST_TEST(opened(key, result.ciphertext) == "secret");
}

BOOST_AUTO_TEST_CASE(a_standard_key_wraps_nothing) {
  kms::CreateKey request;
  request.name = "standard";
  const auto key = must(service->create_key(manager, std::move(request)));
  BOOST_REQUIRE(key.payload);
  BOOST_TEST(key.payload->size() == 32U);
  KM_REFUSED(service->wrap(writer, key.key.id, std::nullopt, {}), Fault::root_key_required);
}

BOOST_AUTO_TEST_CASE(keys_and_wdeks_survive_a_restart) {
  const auto key = root();
  const auto wdek = wrapped(key, "secret");
  restart();
  BOOST_TEST(opened(key, wdek) == "secret");
}

BOOST_AUTO_TEST_CASE(many_threads_wrap_and_unwrap_at_once) {
  const auto key = root();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto plaintext = std::to_string(t) + ":" + std::to_string(i);
        const auto made = service->wrap(writer, key.id, secret(plaintext), {});
        if (!made) continue;
        const auto back = service->unwrap(reader, key.id, made.value().ciphertext, {});
        if (back && test::text(back.value().plaintext) == plaintext) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(right.load() == 200);
}

BOOST_AUTO_TEST_SUITE_END()
