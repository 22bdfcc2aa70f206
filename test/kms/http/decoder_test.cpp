#include <boost/test/unit_test.hpp>

#include "kms/http/form.h"
#include "kms/http/json_body.h"
#include "kms/http/json_writer.h"
#include "kms/http/uri.h"

using namespace kms::http;

BOOST_AUTO_TEST_SUITE(json_body)

BOOST_AUTO_TEST_CASE(no_body_spaces_and_null_are_the_same) {
  for (const char* text : {"", "  \r\n", "null", " null "}) {
    const auto body = JsonBody::parse(text);
    BOOST_REQUIRE(body);
    BOOST_TEST(body->root().is_null());
  }
}

BOOST_AUTO_TEST_CASE(member_names_match_without_regard_to_case) {
  const auto body = JsonBody::parse(R"({"KeyRingID":"r","Tags":["a"]})");
  BOOST_TEST(body->root().member("keyRingID").text().value() == "r");
  BOOST_TEST(body->root().member("tags").size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_exact_name_wins_over_another_spelling) {
  const auto body = JsonBody::parse(R"({"NAME":"a","name":"b"})");
  BOOST_TEST(body->root().member("name").text().value() == "b");
}

BOOST_AUTO_TEST_CASE(malformed_text_is_refused) {
  for (const char* text : {"{", "{\"a\":}", "[1,]", "{} x", "\"\\ud800\"", "\xff", "nul"}) {
    BOOST_TEST(!JsonBody::parse(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(nesting_without_end_is_refused) {
  BOOST_TEST(!JsonBody::parse(std::string(1000, '[')).has_value());
  BOOST_TEST(!JsonBody::parse(std::string(100, '[') + std::string(100, ']')).has_value());
}

BOOST_AUTO_TEST_CASE(a_body_larger_than_the_first_block_is_read_whole) {
  const std::string text(50000, 'x');
  const auto body = JsonBody::parse("{\"a\":\"" + text + "\"}");
  BOOST_REQUIRE(body);
  BOOST_TEST(body->root().member("a").text().value() == text);
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_gives_nothing) {
  const auto body = JsonBody::parse(R"({"a":1,"b":2.5,"c":3.0,"d":"x","e":99999999999999999999})");
  BOOST_TEST(!body->root().member("a").text().has_value());
  BOOST_TEST(body->root().member("a").integer().value() == 1);
  BOOST_TEST(!body->root().member("b").integer().has_value());
  BOOST_TEST(body->root().member("c").integer().value() == 3);
  BOOST_TEST(!body->root().member("e").integer().has_value());
  BOOST_TEST(body->root().member("none").is_null());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_writer)

BOOST_AUTO_TEST_CASE(control_characters_quotes_and_backslashes_are_escaped) {
  hsm::WipedString out;
  JsonWriter(out).begin_object().member("a", "x\"\\\n\x01y").member("n", 5).member("b", true).end_object();
  BOOST_TEST(std::string_view(out) == "{\"a\":\"x\\\"\\\\\\u000a\\u0001y\",\"n\":5,\"b\":true}");
}

BOOST_AUTO_TEST_CASE(base64_agrees_with_the_one_of_hsm_base) {
  for (std::size_t size = 0; size < 300; ++size) {
    hsm::Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 37 + size));
    hsm::WipedString out;
    JsonWriter(out).base64(bytes);
    BOOST_TEST(std::string(out) == "\"" + hsm::to_base64(bytes) + "\"");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(uri)

BOOST_AUTO_TEST_CASE(an_escaped_slash_stays_inside_its_segment) {
  const auto segments = split_path("/keys/x/registrations/crn%3Av1%3Aa%2F1+2/");
  BOOST_REQUIRE(segments);
  BOOST_TEST(segments->size() == 4U);
  BOOST_TEST(segments->back() == "crn:v1:a/1+2");
}

BOOST_AUTO_TEST_CASE(broken_escapes_and_nul_are_refused) {
  for (const char* text : {"%", "%1", "%zz", "a%00b"}) {
    BOOST_TEST(!split_path(text).has_value(), text);
    BOOST_TEST(!Query::parse(std::string("a=") + text).has_value(), text);
    BOOST_TEST(!Form::parse(std::string("a=") + text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_comma_joined_value_and_a_repeated_name_are_one_list) {
  const auto joined = Query::parse("state=1,5");
  const auto repeated = Query::parse("state=1&x=y&state=5");
  BOOST_TEST(joined->list("state") == repeated->list("state"));
  BOOST_TEST(joined->list("state").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_plus_is_a_space_in_a_query) {
  BOOST_TEST(Query::parse("filter=+state%3D1+x")->value("filter").value() == " state=1 x");
}

BOOST_AUTO_TEST_CASE(encoding_and_decoding_agree) {
  const std::string text = "crn:v1:bluemix:public:x/y z%+~\xc3\xa4";
  BOOST_TEST(percent_decode(percent_encode(text), Plus::is_plus).value() == text);
}

BOOST_AUTO_TEST_CASE(a_uuid_is_told_from_what_is_none) {
  BOOST_TEST(is_uuid("8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d"));
  for (const char* text : {"", "8c0f7a3e6f0a4d5e9d3e0c1f2a3b4c5d", "8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5g"}) {
    BOOST_TEST(!is_uuid(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(form)

BOOST_AUTO_TEST_CASE(values_are_decoded) {
  const auto parsed = Form::parse("grant_type=urn%3Aibm%3Aparams&apikey=a%2Bb+c&empty=&&flag");
  BOOST_REQUIRE(parsed);
  BOOST_TEST(parsed->value("grant_type") == "urn:ibm:params");
  BOOST_TEST(parsed->value("apikey") == "a+b c");
  BOOST_TEST(parsed->value("empty").empty());
  BOOST_TEST(parsed->value("flag").empty());
  BOOST_TEST(parsed->value("absent").empty());
}

BOOST_AUTO_TEST_CASE(more_members_than_any_grant_has_are_refused) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "a=b&";
  BOOST_TEST(!Form::parse(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
