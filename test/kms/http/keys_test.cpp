#include <boost/test/unit_test.hpp>

#include "hsm/base/bytes.h"
#include "test/kms/http/api_fixture.h"

BOOST_FIXTURE_TEST_SUITE(keys, ApiFixture)

BOOST_AUTO_TEST_CASE(a_created_root_key_is_shown_whole_and_without_payload) {
  const auto reply = call("POST", "/keys",
                          envelope("key", R"({"type":"application/vnd.ibm.kms.key+json","name":"vol-root",
                            "description":"for volumes","extractable":false,"aliases":["vol"],"Tags":["a"]})"),
                          {{"Prefer", "return=representation"}});
  BOOST_TEST(reply.status == 201, reply.body);
  BOOST_TEST(at(reply, "metadata/collectionType") == "application/vnd.ibm.kms.key+json");
  BOOST_TEST(at(reply, "metadata/collectionTotal") == "1");
  const auto id = at(reply, "resources/0/id");
  BOOST_TEST(at(reply, "resources/0/crn").ends_with(instance + ":key:" + id));
  BOOST_TEST(at(reply, "resources/0/state") == "1");
  BOOST_TEST(at(reply, "resources/0/extractable") == "false");
  BOOST_TEST(at(reply, "resources/0/aliases/0") == "vol");
  BOOST_TEST(at(reply, "resources/0/tags/0") == "a");
  BOOST_TEST(at(reply, "resources/0/algorithmMetadata/bitLength") == "256");
  BOOST_TEST(!at(reply, "resources/0/keyVersion/id").empty());
  BOOST_TEST(at(reply, "resources/0/lastRotateDate").empty());
  BOOST_TEST(at(reply, "resources/0/payload").empty());
  BOOST_TEST(at(reply, "resources/0/creationDate").ends_with("Z"));
}

BOOST_AUTO_TEST_CASE(return_minimal_leaves_the_identifiers) {
  const auto reply = call("POST", "/keys", envelope("key", R"({"name":"k1","extractable":false})"), {{"Prefer", "return=minimal"}});
  BOOST_TEST(reply.status == 201);
  BOOST_TEST(!at(reply, "resources/0/id").empty());
  BOOST_TEST(at(reply, "resources/0/name").empty());
}

BOOST_AUTO_TEST_CASE(a_vendor_content_type_and_none_are_both_taken) {
  const auto body = envelope("key", R"({"name":"k1","extractable":false})");
  BOOST_TEST(call("POST", "/keys", body, {{"Content-Type", "application/vnd.ibm.kms.key+json"}}).status == 201);
  BOOST_TEST(call("POST", "/keys", body).status == 201);
}

BOOST_AUTO_TEST_CASE(a_trailing_slash_changes_nothing) {
  const auto id = root_key();
  BOOST_TEST(call("GET", "/keys/" + id + "/metadata/").status == 200);
  BOOST_TEST(call("GET", "/keys/").status == 200);
}

BOOST_AUTO_TEST_CASE(a_standard_key_gives_its_payload_to_who_may_read_it) {
  const auto made = call("POST", "/keys", envelope("key", R"({"name":"std","payload":"c2VjcmV0IHN0dWZm"})"));
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(at(made, "resources/0/payload") == "c2VjcmV0IHN0dWZm");
  const auto path = "/keys/" + at(made, "resources/0/id");
  BOOST_TEST(at(call("GET", path), "resources/0/payload") == "c2VjcmV0IHN0dWZm");
  BOOST_TEST(at(call("GET", path + "/metadata"), "resources/0/payload").empty());
  BOOST_TEST(call("GET", "/keys").body.find("c2VjcmV0") == std::string::npos);
  BOOST_TEST(call_as(reader, "GET", path).status == 401);
}

BOOST_AUTO_TEST_CASE(a_key_is_found_by_its_alias) {
  call("POST", "/keys", envelope("key", R"({"name":"k1","extractable":false,"aliases":["my-alias"]})"));
  const auto reply = call("GET", "/keys/my-alias/metadata");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(at(reply, "resources/0/name") == "k1");
}

BOOST_AUTO_TEST_CASE(a_second_key_of_the_same_alias_is_refused_verbatim) {
  const auto body = envelope("key", R"({"name":"k1","extractable":false,"aliases":["same"]})");
  BOOST_TEST(call("POST", "/keys", body).status == 201);
  const auto reply = call("POST", "/keys", body);
  BOOST_TEST(reply.status == 409);
  BOOST_TEST(code_of(reply) == "KEY_ALIAS_NOT_UNIQUE_ERR");
}

BOOST_AUTO_TEST_CASE(lists_are_paged_and_counted) {
  for (const char* name : {"k1", "k2", "k3"}) root_key(name);
  const auto page = call("GET", "/keys?limit=2&offset=2&totalCount=true");
  BOOST_TEST(at(page, "metadata/collectionTotal") == "1");
  BOOST_TEST(at(page, "metadata/totalCount") == "3");
  BOOST_TEST(at(call("GET", "/keys?offset=10"), "resources") == "[]");
  const auto head = call("HEAD", "/keys");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.headers.at("key-total") == "3");
}

BOOST_AUTO_TEST_CASE(a_search_may_end_in_a_comma_and_is_echoed) {
  root_key("alpha");
  root_key("beta");
  const auto reply = call("GET", "/keys?search=ALPH,");
  BOOST_TEST(at(reply, "metadata/collectionTotal") == "1");
  BOOST_TEST(at(reply, "metadata/searchQuery/query") == "ALPH");
}

BOOST_AUTO_TEST_CASE(a_filter_may_begin_with_a_space) {
  root_key();
  const auto reply = call("GET", "/keys?filter=+state%3D1+lastRotateDate%3Dnone");
  BOOST_TEST(reply.status == 200, reply.body);
  BOOST_TEST(at(reply, "metadata/collectionTotal") == "1");
  BOOST_TEST(code_of(call("GET", "/keys?state=1&filter=state%3D1")) == "INVALID_QUERY_PARAM_ERR");
}

BOOST_AUTO_TEST_CASE(parameters_out_of_range_are_refused_by_name) {
  for (const char* query : {"limit=0", "limit=5001", "limit=x", "offset=-1", "state=4", "extractable=maybe", "sort=nonsense"}) {
    const auto reply = call("GET", std::string("/keys?") + query);
    BOOST_TEST(reply.status == 400, query);
    BOOST_TEST(code_of(reply) == "INVALID_QUERY_PARAM_ERR", query);
    BOOST_TEST(at(reply, "resources/0/reasons/0/target/type") == "query_param", query);
  }
}

BOOST_AUTO_TEST_CASE(delete_is_204_and_the_key_stays_readable_as_destroyed) {
  const auto id = root_key();
  BOOST_TEST(call("DELETE", "/keys/" + id).status == 204);
  const auto gone = call("GET", "/keys/" + id + "/metadata");
  BOOST_TEST(gone.status == 200);
  BOOST_TEST(at(gone, "resources/0/state") == "5");
  BOOST_TEST(at(gone, "resources/0/deleted") == "true");
  BOOST_TEST(at(call("GET", "/keys"), "resources") == "[]");
  BOOST_TEST(at(call("GET", "/keys?state=1,5"), "metadata/collectionTotal") == "1");
  BOOST_TEST(at(call("GET", "/keys?state=1&state=5"), "metadata/collectionTotal") == "1");
  BOOST_TEST(code_of(call("DELETE", "/keys/" + id)) == "KEY_DELETED_ERR");
}

BOOST_AUTO_TEST_CASE(delete_gives_the_key_back_when_asked_to) {
  const auto reply = call("DELETE", "/keys/" + root_key(), {}, {{"Prefer", "return=representation"}});
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(at(reply, "resources/0/state") == "5");
}

BOOST_AUTO_TEST_CASE(an_envelope_that_does_not_add_up_is_refused) {
  const auto code = [&](std::string_view body) { return code_of(call("POST", "/keys", body)); };
  BOOST_TEST(code("{") == "BAD_BODY_ERR");
  BOOST_TEST(code("[]") == "BAD_BODY_ERR");
  BOOST_TEST(code("null") == "BAD_BODY_ERR");
  BOOST_TEST(code(R"({"resources":[{"name":"k1"}]})") == "BAD_BODY_ERR");
  BOOST_TEST(code(R"({"metadata":{},"resources":[{"name":"k1"}]})") == "BAD_BODY_ERR");
  BOOST_TEST(code(R"({"metadata":{"collectionTotal":2},"resources":[{"name":"k1"}]})") == "COLLECTION_TOTAL_MISMATCH_ERR");
  BOOST_TEST(code(R"({"metadata":{"collectionTotal":2},"resources":[{"name":"k1"},{"name":"k2"}]})") == "BAD_BODY_ERR");
  BOOST_TEST(at(call("GET", "/keys"), "resources") == "[]");
}

BOOST_AUTO_TEST_CASE(a_field_of_the_wrong_kind_is_named) {
  for (const auto& [resource, field] : std::map<std::string, std::string>{
           {R"({"name":5})", "name"},
           {R"({"name":"k1","extractable":"yes"})", "extractable"},
           {R"({"name":"k1","expirationDate":"tomorrow"})", "expirationDate"},
           {R"({"name":"k1","payload":"not base64!"})", "payload"},
           {R"({"name":"k1","aliases":"x"})", "aliases"},
           {R"({"name":"k1","extractable":false,"payload":"AAAA","iv":"AAAA"})", "encryptedNonce"}}) {
    const auto reply = call("POST", "/keys", envelope("key", resource));
    BOOST_TEST(reply.status == 400, resource);
    BOOST_TEST(code_of(reply) == "INVALID_FIELD_ERR", resource);
    BOOST_TEST(at(reply, "resources/0/reasons/0/target/name") == field, resource);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_not_found) {
  for (const char* path : {"/keys/8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d", "/keys/no-such-alias/metadata",
                           "/keys/8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d/versions"}) {
    const auto reply = call("GET", path);
    BOOST_TEST(reply.status == 404, path);
    BOOST_TEST(code_of(reply) == "KEY_NOT_FOUND_ERR", path);
  }
}

BOOST_AUTO_TEST_CASE(a_key_without_policies_says_so_with_an_empty_list) {
  const auto reply = call("GET", "/keys/" + root_key() + "/policies");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(at(reply, "resources") == "[]");
}

BOOST_AUTO_TEST_SUITE_END()
