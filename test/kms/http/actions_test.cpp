#include <boost/test/unit_test.hpp>
#include <thread>

#include "hsm/base/bytes.h"
#include "test/kms/http/api_fixture.h"

namespace {

constexpr auto kPlain = R"({"plaintext":"bXkgZGF0YSBlbmNyeXB0aW9uIGtleQ=="})";

std::string with_ciphertext(const std::string& ciphertext) { return R"({"ciphertext":")" + ciphertext + R"("})"; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(actions, ApiFixture)

BOOST_AUTO_TEST_CASE(what_wrap_made_unwrap_opens) {
  const auto path = "/keys/" + root_key() + "/actions/";
  const auto wrapped = call("POST", path + "wrap", kPlain);
  BOOST_TEST(wrapped.status == 200, wrapped.body);
  BOOST_TEST(at(wrapped, "plaintext").empty());
  BOOST_TEST(!at(wrapped, "keyVersion/id").empty());
  BOOST_TEST(at(wrapped, "ciphertext").starts_with("eyJjaXBoZXJ0ZXh0Ijoi"));
  const auto opened = call("POST", path + "unwrap", with_ciphertext(at(wrapped, "ciphertext")));
  BOOST_TEST(at(opened, "plaintext") == "bXkgZGF0YSBlbmNyeXB0aW9uIGtleQ==");
  BOOST_TEST(at(opened, "ciphertext").empty());
  BOOST_TEST(at(opened, "rewrappedKeyVersion/id").empty());
}

BOOST_AUTO_TEST_CASE(wrap_without_a_plaintext_draws_one_of_32_octets) {
  const auto path = "/keys/" + root_key() + "/actions/";
  for (const char* body : {"", "{}", "null", R"({"plaintext":null})"}) {
    const auto wrapped = call("POST", path + "wrap", body);
    BOOST_TEST(wrapped.status == 200, body);
    BOOST_TEST(hsm::from_base64(at(wrapped, "plaintext")).value().size() == 32U);
    const auto opened = call("POST", path + "unwrap", with_ciphertext(at(wrapped, "ciphertext")));
    BOOST_TEST(at(opened, "plaintext") == at(wrapped, "plaintext"));
  }
}

BOOST_AUTO_TEST_CASE(the_old_form_with_a_query_means_the_same) {
  const auto id = root_key();
  const auto wrapped = call("POST", "/keys/" + id + "?action=wrap", kPlain);
  BOOST_TEST(wrapped.status == 200, wrapped.body);
  BOOST_TEST(call("POST", "/keys/" + id + "?action=unwrap", with_ciphertext(at(wrapped, "ciphertext"))).status == 200);
  BOOST_TEST(call("POST", "/keys/" + id + "?action=disable", "null").status == 204);
  BOOST_TEST(call("POST", "/keys/" + id + "?action=nonsense").status == 404);
}

BOOST_AUTO_TEST_CASE(additional_data_must_be_the_same_in_the_same_order) {
  const auto path = "/keys/" + root_key() + "/actions/";
  const auto ciphertext = at(call("POST", path + "wrap", R"({"plaintext":"AAAA","aad":["a","b"]})"), "ciphertext");
  const auto unwrap_with = [&](const std::string& aad) {
    return call("POST", path + "unwrap", R"({"ciphertext":")" + ciphertext + R"(","aad":)" + aad + "}");
  };
  BOOST_TEST(at(unwrap_with(R"(["a","b"])"), "plaintext") == "AAAA");
  for (const char* other : {R"(["b","a"])", R"(["ab"])", R"(["a"])", "[]", "null"}) {
    BOOST_TEST(unwrap_with(other).status == 422, other);
    BOOST_TEST(code_of(unwrap_with(other)) == "UNPROCESSABLE_CIPHERTEXT_ERR", other);
  }
}

BOOST_AUTO_TEST_CASE(rotation_keeps_old_ciphertexts_and_renews_them) {
  const auto id = root_key();
  const auto path = "/keys/" + id + "/actions/";
  const auto old = call("POST", path + "wrap", kPlain);
  const auto rotated = call("POST", path + "rotate", "null", {{"Prefer", "return=representation"}});
  BOOST_TEST(rotated.status == 204, rotated.body);
  BOOST_TEST(rotated.body.empty());
  const auto current = at(call("GET", "/keys/" + id + "/metadata"), "resources/0/keyVersion/id");
  BOOST_TEST(current != at(old, "keyVersion/id"));

  const auto opened = call("POST", path + "unwrap", with_ciphertext(at(old, "ciphertext")));
  BOOST_TEST(at(opened, "plaintext") == "bXkgZGF0YSBlbmNyeXB0aW9uIGtleQ==");
  BOOST_TEST(at(opened, "keyVersion/id") == at(old, "keyVersion/id"));
  BOOST_TEST(at(opened, "rewrappedKeyVersion/id") == current);
  const auto again = call("POST", path + "unwrap", with_ciphertext(at(opened, "ciphertext")));
  BOOST_TEST(at(again, "keyVersion/id") == current);
  BOOST_TEST(at(again, "ciphertext").empty());

  const auto renewed = call("POST", path + "rewrap", with_ciphertext(at(old, "ciphertext")));
  BOOST_TEST(renewed.status == 200);
  BOOST_TEST(at(renewed, "plaintext").empty());
  BOOST_TEST(at(renewed, "keyVersion/id") == at(old, "keyVersion/id"));
  BOOST_TEST(at(renewed, "rewrappedKeyVersion/id") == current);

  const auto versions = call("GET", "/keys/" + id + "/versions?totalCount=true");
  BOOST_TEST(at(versions, "metadata/totalCount") == "2");
  BOOST_TEST(at(versions, "resources/0/id") == current);
}

BOOST_AUTO_TEST_CASE(a_second_rotation_within_the_hour_is_refused) {
  const auto path = "/keys/" + root_key() + "/actions/rotate";
  BOOST_TEST(call("POST", path).status == 204);
  BOOST_TEST(code_of(call("POST", path, "{}")) == "KEY_ROTATION_NOT_PERMITTED");
  pass(std::chrono::seconds(3601));
  manager = at(raw("POST", "/oidc/token", "response_type=cloud_iam&uaa_client_id=cf&uaa_client_secret=&apikey=" + manager_key, {}),
               "access_token");
  BOOST_TEST(call("POST", path, "null").status == 204);
}

BOOST_AUTO_TEST_CASE(a_disabled_key_serves_nobody_until_it_is_enabled) {
  const auto path = "/keys/" + root_key() + "/actions/";
  const auto ciphertext = at(call("POST", path + "wrap", kPlain), "ciphertext");
  BOOST_TEST(call("POST", path + "disable", "null").status == 204);
  for (const char* verb : {"wrap", "unwrap", "rewrap"}) {
    const auto refused = call("POST", path + verb, with_ciphertext(ciphertext));
    BOOST_TEST(refused.status == 409, verb);
    BOOST_TEST(code_of(refused) == "KEY_ACTION_INVALID_STATE_ERR", verb);
  }
  BOOST_TEST(code_of(call("POST", path + "enable", "null")) == "REQ_TOO_EARLY_ERR");
  pass(std::chrono::seconds(31));
  BOOST_TEST(call("POST", path + "enable", "null").status == 204);
  BOOST_TEST(call("POST", path + "unwrap", with_ciphertext(ciphertext)).status == 200);
}

BOOST_AUTO_TEST_CASE(unwrap_and_rewrap_need_a_body) {
  const auto path = "/keys/" + root_key() + "/actions/";
  for (const char* verb : {"unwrap", "rewrap"}) {
    BOOST_TEST(code_of(call("POST", path + verb)) == "NO_BODY_ERR", verb);
    BOOST_TEST(code_of(call("POST", path + verb, "{}")) == "INVALID_FIELD_ERR", verb);
    BOOST_TEST(code_of(call("POST", path + verb, "[]")) == "BAD_BODY_ERR", verb);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_wdek_and_one_of_another_key_are_refused_alike) {
  const auto one = "/keys/" + root_key("one") + "/actions/";
  const auto other = "/keys/" + root_key("other") + "/actions/";
  const auto ciphertext = at(call("POST", one + "wrap", kPlain), "ciphertext");
  auto edited = ciphertext;
  edited[30] = edited[30] == 'A' ? 'B' : 'A';
  for (const auto& [path, text] : {std::pair{other, ciphertext}, {one, edited}, {one, std::string("AAAA")}}) {
    const auto unwrapped = call("POST", path + "unwrap", with_ciphertext(text));
    BOOST_TEST(unwrapped.status == 422, unwrapped.body);
    BOOST_TEST(code_of(unwrapped) == "UNPROCESSABLE_CIPHERTEXT_ERR");
    BOOST_TEST(code_of(call("POST", path + "rewrap", with_ciphertext(text))) == "INVALID_SIG_EXP_ERR");
  }
}

BOOST_AUTO_TEST_CASE(a_plaintext_that_is_not_base64_is_named_but_not_repeated) {
  const auto reply = call("POST", "/keys/" + root_key() + "/actions/wrap", R"({"plaintext":"hush hush secret"})");
  BOOST_TEST(reply.status == 400);
  BOOST_TEST(code_of(reply) == "INVALID_FIELD_ERR");
  BOOST_TEST(at(reply, "resources/0/reasons/0/target/name") == "plaintext");
  BOOST_TEST(reply.body.find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_standard_key_wraps_nothing) {
  const auto id = at(call("POST", "/keys", envelope("key", R"({"name":"std"})")), "resources/0/id");
  for (const char* verb : {"wrap", "rotate", "disable"}) {
    BOOST_TEST(code_of(call("POST", "/keys/" + id + "/actions/" + verb)) == "KEY_ROOT_REQ_ERR", verb);
  }
}

BOOST_AUTO_TEST_CASE(a_deleted_key_is_gone_for_every_action) {
  const auto id = root_key();
  call("DELETE", "/keys/" + id);
  for (const char* verb : {"wrap", "rotate", "disable", "enable"}) {
    const auto reply = call("POST", "/keys/" + id + "/actions/" + verb);
    BOOST_TEST(reply.status == 410, verb);
    BOOST_TEST(code_of(reply) == "KEY_DELETED_ERR", verb);
  }
}

BOOST_AUTO_TEST_CASE(an_action_of_an_unknown_key_is_not_found) {
  BOOST_TEST(code_of(call("POST", "/keys/8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d/actions/wrap", kPlain)) == "KEY_NOT_FOUND_ERR");
}

BOOST_AUTO_TEST_CASE(a_payload_for_a_generated_key_is_refused_on_rotation) {
  const auto reply = call("POST", "/keys/" + root_key() + "/actions/rotate",
                          R"({"payload":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})");
  BOOST_TEST(reply.status == 400);
  BOOST_TEST(code_of(reply) == "INVALID_QUERY_PARAM_ERR");
}

BOOST_AUTO_TEST_CASE(an_imported_key_needs_material_to_rotate) {
  const auto made = call("POST", "/keys", envelope("key",
      R"({"name":"imp","extractable":false,"payload":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="})"));
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(at(made, "resources/0/imported") == "true");
  const auto path = "/keys/" + at(made, "resources/0/id") + "/actions/rotate";
  BOOST_TEST(code_of(call("POST", path)) == "KEY_PAYLOAD_REQ_ERR");
  BOOST_TEST(call("POST", path, R"({"payload":"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="})").status == 204);
}

BOOST_AUTO_TEST_SUITE_END()
