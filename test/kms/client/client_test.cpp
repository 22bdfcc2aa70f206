#include <boost/test/unit_test.hpp>

#include "kms/client/base64.h"
#include "kms/client/envelope.h"
#include "kms/client/https.h"
#include "kms/client/secret_access.h"
#include "kms/client/session.h"

using namespace kms::client;

namespace {

std::string encoded(std::string_view raw) {
  const auto text = to_base64(hsm::Secret::copy_of(hsm::view(raw)));
  return std::string(hsm::text_of(kms::SecretAccess::bytes(text)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(secrets_become_the_base64_of_rfc_4648) {
  BOOST_TEST(encoded("") == "");
  BOOST_TEST(encoded("f") == "Zg==");
  BOOST_TEST(encoded("fo") == "Zm8=");
  BOOST_TEST(encoded("foobar") == "Zm9vYmFy");
  BOOST_TEST(encoded("\xfb\xff\xfe") == "+//+");
}

BOOST_AUTO_TEST_CASE(every_octet_survives_encoding_and_decoding) {
  std::string raw;
  for (int i = 0; i < 256; ++i) raw.push_back(static_cast<char>(i));
  const auto back = hsm::from_base64(encoded(raw));
  BOOST_REQUIRE(back);
  BOOST_TEST(hsm::text_of(*back) == raw);
}

BOOST_AUTO_TEST_CASE(an_origin_has_host_port_and_path) {
  const auto plain = Origin::parse("https://kms.example");
  BOOST_REQUIRE(plain.ok());
  BOOST_TEST(plain->host == "kms.example");
  BOOST_TEST(plain->port == "443");
  const auto full = Origin::parse("https://[::1]:8443/base/");
  BOOST_REQUIRE(full.ok());
  BOOST_TEST(full->host == "::1");
  BOOST_TEST(full->port == "8443");
  BOOST_TEST(full->path == "/base");
}

BOOST_AUTO_TEST_CASE(what_is_no_https_address_is_refused_with_an_example) {
  for (const char* wrong : {"", "http://a", "https://", "https://:1", "https://a:", "https://a:x", "https://[::1"}) {
    const auto parsed = Origin::parse(wrong);
    BOOST_REQUIRE_MESSAGE(!parsed, wrong);
    BOOST_TEST(!parsed.error().hint.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_crn_in_a_path_is_percent_encoded) {
  BOOST_TEST(percent_encode("crn:v1/a b~") == "crn%3Av1%2Fa%20b~");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_by_its_reason) {
  const auto error = refusal_of(409, R"({"resources":[{"errorMsg":"Conflict: x","reasons":[{"code":"PROTECTED_RESOURCE_ERR","message":"in use"}]}]})");
  BOOST_TEST(error.code == "PROTECTED_RESOURCE_ERR");
  BOOST_TEST(error.message == "in use");
  BOOST_TEST(!error.hint.empty());
}

BOOST_AUTO_TEST_CASE(an_iam_refusal_is_told_by_its_own_members) {
  const auto error = refusal_of(400, R"({"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found"})");
  BOOST_TEST(error.code == "BXNIM0415E");
  BOOST_TEST(error.message == "Provided API key could not be found");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_json_still_tells_the_status) {
  BOOST_TEST(refusal_of(502, "<html>").message == "the KMS answered with status 502");
  BOOST_TEST(refusal_of(502, R"({"resources":[17]})").status == 502);
}

BOOST_AUTO_TEST_CASE(a_key_keeps_no_payload) {
  const auto resource = resource_of(R"({"resources":[{"id":"k","name":"n","state":2,"payload":"c2VjcmV0","keyVersion":{"id":"v"}}]})");
  BOOST_REQUIRE(resource.ok());
  const auto key = key_from(*resource);
  BOOST_TEST(key.id == "k");
  BOOST_TEST((key.state == KeyState::suspended));
  BOOST_TEST(key.version.id == "v");
  BOOST_TEST(key.json.find("c2VjcmV0") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_without_the_promised_members_are_unusable) {
  for (const char* wrong : {"", "[]", "{}", R"({"resources":{}})", R"({"resources":[]})", R"({"resources":[1]})"}) {
    const auto resource = resource_of(wrong);
    BOOST_REQUIRE_MESSAGE(!resource, wrong);
    BOOST_TEST((resource.error().kind == Kind::unusable));
  }
}

BOOST_AUTO_TEST_CASE(nobody_listening_is_unreachable_and_nothing_was_sent) {
  HttpsConnection connection(Origin::parse("https://127.0.0.1:1").value(), {}, std::chrono::seconds(5));
  const auto answer = connection.exchange({});
  BOOST_REQUIRE(!answer);
  BOOST_TEST((answer.error().kind == Kind::unreachable));
  BOOST_TEST(answer.error().code == "not_sent");
}

BOOST_AUTO_TEST_CASE(a_missing_ca_file_is_named) {
  HttpsConnection connection(Origin::parse("https://127.0.0.1:1").value(), "no-such-ca.pem", std::chrono::seconds(5));
  const auto answer = connection.exchange({});
  BOOST_REQUIRE(!answer);
  BOOST_TEST(answer.error().message.find("no-such-ca.pem") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_call_without_an_api_key_says_where_one_comes_from) {
  auto session = Session::open({.url = "https://127.0.0.1:1"});
  BOOST_REQUIRE(session.ok());
  const auto answer = session->call({.path = "/keys"});
  BOOST_REQUIRE(!answer);
  BOOST_TEST(answer.error().hint.find("KEYMANTLE_API_KEY") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
