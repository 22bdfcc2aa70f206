#include <boost/test/unit_test.hpp>
#include <thread>

#include "kms/http/uri.h"
#include "test/kms/http/api_fixture.h"

namespace {

constexpr auto kCrn = "crn:v1:bluemix:public:is:us-south:a/acc:inst:volume:r1";

std::string registration_path(const std::string& key, const std::string& crn = kCrn) {
  return "/keys/" + key + "/registrations/" + kms::http::percent_encode(crn);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(registrations, ApiFixture)

BOOST_AUTO_TEST_CASE(a_registration_is_written_read_listed_and_deleted) {
  const auto id = root_key();
  const auto put = call("PUT", registration_path(id),
                        envelope("registration_input", R"({"description":"a volume","preventKeyDeletion":false})"));
  BOOST_TEST(put.status == 200, put.body);
  BOOST_TEST(at(put, "metadata/collectionType") == "application/vnd.ibm.kms.registration+json");
  BOOST_TEST(at(put, "resources/0/resourceCrn") == kCrn);
  BOOST_TEST(at(put, "resources/0/keyId") == id);
  BOOST_TEST(at(put, "resources/0/description") == "a volume");
  BOOST_TEST(!at(put, "resources/0/keyVersion/id").empty());
  BOOST_TEST(at(call("GET", registration_path(id)), "resources/0/description") == "a volume");
  for (const auto& list : {"/keys/" + id + "/registrations?totalCount=true", std::string("/keys/registrations?totalCount=true")}) {
    const auto reply = call("GET", list);
    BOOST_TEST(reply.status == 200, list);
    BOOST_TEST(at(reply, "metadata/totalCount") == "1", list);
    BOOST_TEST(at(reply, "resources/0/resourceCrn") == kCrn, list);
  }
  BOOST_TEST(call("DELETE", registration_path(id)).status == 204);
  BOOST_TEST(call("GET", registration_path(id)).status == 404);
  BOOST_TEST(at(call("GET", "/keys/registrations"), "resources") == "[]");
}

BOOST_AUTO_TEST_CASE(the_query_by_crn_takes_a_prefix) {
  const auto id = root_key();
  call("PUT", registration_path(id), envelope("registration_input", "{}"));
  call("PUT", registration_path(id, "crn:v1:bluemix:public:is:us-south:a/acc:inst:volume:z9"), envelope("registration_input", "{}"));
  const auto encoded = kms::http::percent_encode("crn:v1:bluemix:public:is:us-south:a/acc:inst:volume:r*");
  const auto reply = call("GET", "/keys/" + id + "/registrations?urlEncodedResourceCRNQuery=" + kms::http::percent_encode(encoded));
  BOOST_TEST(at(reply, "metadata/collectionTotal") == "1", reply.body);
}

BOOST_AUTO_TEST_CASE(a_registered_key_is_deleted_only_by_force_and_a_protected_one_never) {
  const auto id = root_key();
  call("PUT", registration_path(id), envelope("registration_input", "{}"));
  const auto refused = call("DELETE", "/keys/" + id);
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(code_of(refused) == "PROTECTED_RESOURCE_ERR");
  BOOST_TEST(at(refused, "resources/0/reasons/0/target/name") == "force");
  call("PUT", registration_path(id), envelope("registration_input", R"({"preventKeyDeletion":true})"));
  BOOST_TEST(code_of(call("DELETE", "/keys/" + id + "?force=true")) == "PREV_KEY_DEL_ERR");
  call("PUT", registration_path(id), envelope("registration_input", R"({"preventKeyDeletion":false})"));
  BOOST_TEST(call("DELETE", "/keys/" + id + "?force=true").status == 204);
}

BOOST_AUTO_TEST_CASE(a_stored_wdek_is_rewrapped_by_a_rotation_and_the_job_says_so) {
  const auto id = root_key();
  const auto actions = "/keys/" + id + "/actions/";
  const auto wdek = at(call("POST", actions + "wrap", R"({"plaintext":"bXkga2V5","aad":["v1"]})"), "ciphertext");
  const auto put = call("PUT", registration_path(id), envelope("registration_input", R"({"wdek":")" + wdek + R"(","aad":["v1"]})"));
  BOOST_TEST(put.status == 200, put.body);
  BOOST_TEST(at(put, "resources/0/wdek") == wdek);
  BOOST_TEST(call("POST", actions + "rotate").status == 204);
  const auto current = at(call("GET", "/keys/" + id + "/metadata"), "resources/0/keyVersion/id");
  HttpsClient::Reply jobs;
  for (int i = 0; i < 200; ++i) {
    jobs = call("GET", "/keys/" + id + "/rewrap_jobs");
    if (at(jobs, "resources/0/state") == "done") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  BOOST_TEST(at(jobs, "resources/0/state") == "done", jobs.body);
  BOOST_TEST(at(jobs, "resources/0/done") == "1");
  BOOST_TEST(at(jobs, "resources/0/failed") == "0");
  BOOST_TEST(at(jobs, "resources/0/targetKeyVersionId") == current);
  const auto stored = call("GET", registration_path(id));
  BOOST_TEST(at(stored, "resources/0/keyVersion/id") == current);
  const auto renewed = at(stored, "resources/0/wdek");
  BOOST_TEST(renewed != wdek);
  const auto opened = call("POST", actions + "unwrap", R"({"ciphertext":")" + renewed + R"(","aad":["v1"]})");
  BOOST_TEST(at(opened, "plaintext") == "bXkga2V5");
  BOOST_TEST(at(opened, "rewrappedKeyVersion/id").empty());
  const auto census = call("GET", "/keys/" + id + "/version_census");
  BOOST_TEST(at(census, "resources/0/wdeks") == "1");
  BOOST_TEST(at(census, "resources/1/wdeks") == "0");
}

BOOST_AUTO_TEST_CASE(a_wdek_of_another_key_is_not_stored) {
  const auto wdek = at(call("POST", "/keys/" + root_key("other") + "/actions/wrap"), "ciphertext");
  const auto id = root_key();
  const auto reply = call("PUT", registration_path(id), envelope("registration_input", R"({"wdek":")" + wdek + R"("})"));
  BOOST_TEST(reply.status == 422, reply.body);
  BOOST_TEST(call("GET", registration_path(id)).status == 404);
}

BOOST_AUTO_TEST_CASE(a_standard_key_takes_no_registration) {
  const auto id = at(call("POST", "/keys", envelope("key", R"({"name":"std"})")), "resources/0/id");
  const auto reply = call("PUT", registration_path(id), envelope("registration_input", "{}"));
  BOOST_TEST(reply.status == 422);
  BOOST_TEST(code_of(reply) == "KEY_ROOT_REQ_REG_ERR");
}

BOOST_AUTO_TEST_SUITE_END()
