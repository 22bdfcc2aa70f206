#include <boost/test/unit_test.hpp>
#include <set>

#include "kms/http/fault_table.h"
#include "kms/http/message.h"
#include "kms/http/refusal.h"

using namespace kms;
using namespace kms::http;

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(every_fault_has_a_row_with_a_status_that_has_a_phrase) {
  for (int i = 0; i <= static_cast<int>(Fault::internal); ++i) {
    const auto fault = static_cast<Fault>(i);
    const auto& row = row_of(fault);
    BOOST_TEST((row.fault == fault));
    BOOST_TEST(phrase_of(row.status) != "Unknown");
    BOOST_TEST(!row.code.empty());
  }
}

BOOST_AUTO_TEST_CASE(every_fault_makes_an_envelope_with_its_code) {
  for (const auto& row : fault_table()) {
    const auto response = refusal(refuse(row.fault, "why it failed").about("thing"), "Key could not be created");
    const std::string body(response.body);
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(body.find("application/vnd.ibm.kms.error+json") != std::string::npos);
    BOOST_TEST(body.find("\"errorMsg\":\"" + std::string(phrase_of(row.status)) + ": ") != std::string::npos, body);
    BOOST_TEST((body.find("\"reasons\"") != std::string::npos) == row.reasons);
    if (row.reasons) BOOST_TEST(body.find("(" + std::string(row.code) + ")") != std::string::npos, body);
    if (row.reasons) BOOST_TEST(body.find("why it failed: thing") != std::string::npos, body);
  }
}

BOOST_AUTO_TEST_CASE(not_authenticated_and_not_allowed_look_the_same) {
  BOOST_TEST(refusal(refuse(Fault::unauthenticated, "expired"), "x").body ==
             refusal(refuse(Fault::unauthorized, "no role").about("key 1"), "y").body);
}

BOOST_AUTO_TEST_CASE(a_refused_field_is_named_as_the_target) {
  const auto field = refusal(refuse(Fault::invalid_field, "bad").in_field("plaintext"), "Wrap failed");
  BOOST_TEST(std::string_view(field.body).find(R"("target":{"type":"field","name":"plaintext"})") != std::string::npos);
  const auto force = refusal(refuse(Fault::protected_resource, "in use"), "Key could not be deleted");
  BOOST_TEST(std::string_view(force.body).find(R"("target":{"type":"query_param","name":"force"})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_may_work_later_says_when_to_come_back) {
  for (const auto& row : fault_table()) {
    const bool later = refusal(refuse(row.fault, "x"), "").headers.find("Retry-After") != std::string::npos;
    BOOST_TEST(later == (row.status == 503));
  }
}

BOOST_AUTO_TEST_CASE(every_transport_fault_makes_an_envelope_with_its_code) {
  for (const auto& row : transport_table()) {
    BOOST_TEST((row_of(row.what).what == row.what));
    const auto response = refusal(row.what);
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(std::string_view(response.body).find(row.code) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
