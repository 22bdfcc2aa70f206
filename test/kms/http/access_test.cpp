#include <boost/test/unit_test.hpp>

#include <boost/json/parse.hpp>

#include "hsm/base/bytes.h"
#include "test/kms/http/api_fixture.h"

namespace {
constexpr auto kNoAccess = "Unauthorized: The user does not have access to the specified resource";
}

BOOST_FIXTURE_TEST_SUITE(who_may, ApiFixture)

BOOST_AUTO_TEST_CASE(no_token_a_wrong_scheme_and_a_forged_token_are_401_without_reasons) {
  auto forged = manager;
  forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
  const std::vector<std::string> wrong = {"", "Basic Yng6Yng=", "Bearer", "Bearer ", "Bearer x.y.z", "Bearer " + forged};
  for (const auto& authorization : wrong) {
    Headers headers = {{"Bluemix-Instance", instance}};
    if (!authorization.empty()) headers["Authorization"] = authorization;
    const auto reply = raw("GET", "/api/v2/keys", {}, headers);
    BOOST_TEST(reply.status == 401, authorization);
    BOOST_TEST(at(reply, "resources/0/errorMsg") == kNoAccess);
    BOOST_TEST(reply.body.find("reasons") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_scheme_is_compared_without_regard_to_case) {
  BOOST_TEST(raw("GET", "/api/v2/keys", {}, {{"authorization", "bearer " + manager}, {"bluemix-instance", instance}}).status == 200);
}

BOOST_AUTO_TEST_CASE(an_expired_token_is_401) {
  pass(std::chrono::seconds(3601));
  BOOST_TEST(call("GET", "/keys").status == 401);
}

BOOST_AUTO_TEST_CASE(a_missing_or_malformed_instance_header_is_400) {
  for (const char* value : {"", "not-a-uuid", "8c0f7a3e"}) {
    Headers headers = {{"Authorization", "Bearer " + manager}};
    if (*value != '\0') headers["Bluemix-Instance"] = value;
    const auto reply = raw("GET", "/api/v2/keys", {}, headers);
    BOOST_TEST(reply.status == 400, value);
    BOOST_TEST(at(reply, "resources/0/errorMsg") ==
               "Bad Request: Request requires valid Bluemix-Instance Header containing a valid UUID");
  }
}

BOOST_AUTO_TEST_CASE(another_instance_is_refused_and_shows_nothing) {
  const auto id = root_key();
  const auto reply = raw("GET", "/api/v2/keys/" + id, {},
                         {{"Authorization", "Bearer " + manager}, {"Bluemix-Instance", "8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d"}});
  BOOST_TEST((reply.status == 401 || reply.status == 400));
  BOOST_TEST(reply.body.find(id) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_role_may_do_what_the_table_gives_it) {
  const auto id = root_key();
  const auto create = envelope("key", R"({"name":"k1","extractable":false})");
  const auto status = [&](const std::string& token, std::string_view method, const std::string& path, std::string_view body = {}) {
    return call_as(token, method, path, body).status;
  };
  BOOST_TEST(status(reader, "GET", "/keys") == 200);
  BOOST_TEST(status(reader, "POST", "/keys/" + id + "/actions/wrap") == 200);
  BOOST_TEST(status(reader, "POST", "/keys", create) == 401);
  BOOST_TEST(status(reader, "POST", "/keys/" + id + "/actions/rotate") == 401);
  BOOST_TEST(status(writer, "POST", "/keys", create) == 201);
  BOOST_TEST(status(writer, "POST", "/keys/" + id + "/actions/disable") == 401);
  BOOST_TEST(status(writer, "DELETE", "/keys/" + id) == 401);
  BOOST_TEST(status(writer, "GET", "/audit") == 401);
  BOOST_TEST(status(manager, "GET", "/audit") == 200);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_404_and_what_is_not_meant_405) {
  BOOST_TEST(call("GET", "/nothing").status == 404);
  BOOST_TEST(call("GET", "/keys/x/y/z").status == 404);
  BOOST_TEST(call("PUT", "/keys").status == 405);
  BOOST_TEST(raw("GET", "/", {}, {}).status == 404);
  BOOST_TEST(raw("GET", "/api/v2x/keys", {}, {}).status == 404);
  BOOST_TEST(raw("GET", "/identity/token", {}, {}).status == 405);
}

BOOST_AUTO_TEST_CASE(a_broken_escape_is_400) {
  BOOST_TEST(call("GET", "/keys/%zz").status == 400);
  BOOST_TEST(call("GET", "/keys?state=%").status == 400);
}

BOOST_AUTO_TEST_CASE(health_needs_no_token) {
  const auto reply = raw("GET", "/healthz", {}, {});
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(at(reply, "status") == "ok");
}

BOOST_AUTO_TEST_CASE(the_audit_log_is_a_chain_that_names_the_acts_and_no_secret) {
  const auto id = root_key();
  call("POST", "/keys/" + id + "/actions/wrap", R"({"plaintext":"bXkgZGF0YSBlbmNyeXB0aW9uIGtleQ=="})");
  call("GET", "/nothing");
  const auto log = call("GET", "/audit?after=0&limit=1000");
  BOOST_TEST(log.status == 200, log.body);
  BOOST_TEST(log.body.find("kms.secrets.create") != std::string::npos);
  BOOST_TEST(log.body.find("kms.secrets.wrap") != std::string::npos);
  BOOST_TEST(log.body.find("kms.secrets.default") != std::string::npos);
  BOOST_TEST(log.body.find("bXkgZGF0YSBlbmNyeXB0aW9uIGtleQ") == std::string::npos);
  BOOST_TEST(log.body.find(manager) == std::string::npos);
  const auto document = json_of(log);
  std::string previous;
  for (const auto& line : document.at("resources").as_array()) {
    if (!previous.empty()) BOOST_TEST(std::string(line.at("previous").as_string()) == previous);
    previous = line.at("hash").as_string();
    BOOST_TEST(boost::json::parse(line.at("events").as_string()).is_array());
  }
  BOOST_TEST(code_of(call("GET", "/audit?limit=0")) == "INVALID_QUERY_PARAM_ERR");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(iam, ApiFixture)

BOOST_AUTO_TEST_CASE(both_paths_give_a_jwt_with_the_members_that_clients_read) {
  for (const char* path : {"/identity/token", "/oidc/token", "/oidc/token/"}) {
    const auto reply = raw("POST", path,
                           "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&response_type=cloud_iam&apikey=" + manager_key,
                           {{"Content-Type", "application/x-www-form-urlencoded"}, {"Authorization", "Basic Yng6Yng="}});
    BOOST_TEST(reply.status == 200, reply.body);
    BOOST_TEST(at(reply, "token_type") == "Bearer");
    BOOST_TEST(at(reply, "expires_in") == "3600");
    BOOST_TEST(std::stoll(at(reply, "expiration")) > 1700000000);
    const auto token = at(reply, "access_token");
    const auto dot = token.find('.');
    const auto claims = hsm::from_base64url(token.substr(dot + 1, token.rfind('.') - dot - 1));
    BOOST_REQUIRE(claims);
    const auto document = boost::json::parse(hsm::text_of(*claims));
    BOOST_TEST(document.at("exp").as_int64() - document.at("iat").as_int64() == 3600);
  }
}

BOOST_AUTO_TEST_CASE(a_newline_behind_an_api_key_does_no_harm) {
  BOOST_TEST(raw("POST", "/oidc/token", "apikey=" + manager_key + "%0D%0A", {}).status == 200);
}

BOOST_AUTO_TEST_CASE(an_unknown_api_key_is_refused_in_iams_own_words_and_not_repeated) {
  const auto reply = raw("POST", "/identity/token", "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=hush-hush", {});
  BOOST_TEST(reply.status == 400);
  BOOST_TEST(at(reply, "errorCode") == "BXNIM0415E");
  BOOST_TEST(!at(reply, "errorMessage").empty());
  BOOST_TEST(at(reply, "context/requestId") == reply.headers.at("correlation-id"));
  BOOST_TEST(reply.body.find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(other_grants_and_broken_forms_are_refused) {
  for (const char* body : {"", "grant_type=password&username=u&password=p", "grant_type=refresh_token&refresh_token=x",
                           "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey", "apikey=%zz"}) {
    const auto reply = raw("POST", "/identity/token", body, {});
    BOOST_TEST(reply.status == 400, body);
    BOOST_TEST(!at(reply, "errorCode").empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
