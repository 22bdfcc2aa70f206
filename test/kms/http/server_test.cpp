#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

#include "kms/http/refusal.h"
#include "kms/http/server.h"
#include "test/kms/http/https_client.h"

using namespace kms::http;

namespace {

struct Directory {
  std::filesystem::path path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "kmshttp-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

/// Answers with what it was asked; /slow on a worker.
class Echo final : public Application {
 public:
  Lane lane(const Request& request) const override {
    return request.target.starts_with("/slow") ? Lane::slow : Lane::fast;
  }
  Response answer(const Request& request) override {
    if (request.target == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Response response;
    response.body.append(request.target).append("|").append(request.body).append("|").append(request.instance);
    return response;
  }
  Response refuse(BadRequest what) override { return refusal(what); }
};

struct ServerFixture {
  Directory directory;
  Echo echo;
  ServerSettings settings;
  std::unique_ptr<Server> server;

  ServerFixture() {
    auto files = ensure_certificate(directory.path, {"kms.example"});
    BOOST_REQUIRE(files.ok());
    settings.tls = *files;
    settings.threads = 2;
    settings.request_time = std::chrono::seconds(1);
    settings.idle_time = std::chrono::seconds(2);
    start();
  }
  void start() {
    server.reset();
    auto started = Server::start(settings, echo);
    BOOST_REQUIRE(started.ok());
    server = std::move(*started);
  }
  HttpsClient client(int version = 0) { return HttpsClient(server->port(), settings.tls.ca, version); }
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  return info.st_mode & 0777;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_FIXTURE_TEST_CASE(a_connection_serves_one_request_after_another, ServerFixture) {
  auto c = client();
  for (int i = 0; i < 3; ++i) {
    const auto reply = c.send("POST", "/a?b=c", "hello", {{"bluemix-INSTANCE", "x"}});
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == "/a?b=c|hello|x");
  }
}

BOOST_FIXTURE_TEST_CASE(requests_sent_at_once_are_answered_in_order, ServerFixture) {
  auto c = client();
  c.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(c.read_reply().body == "/slow||");
  BOOST_TEST(c.read_reply().body == "/2||");
}

BOOST_FIXTURE_TEST_CASE(a_request_may_arrive_in_pieces, ServerFixture) {
  auto c = client();
  for (const char* piece : {"POST /p HT", "TP/1.1\r\nHost: h\r\nContent-Le", "ngth: 6\r\n\r\nab", "cdef"}) {
    c.write(piece);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  BOOST_TEST(c.read_reply().body == "/p|abcdef|");
}

BOOST_FIXTURE_TEST_CASE(a_chunked_body_is_put_together, ServerFixture) {
  auto c = client();
  c.write("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  BOOST_TEST(c.read_reply().body == "/p|abcdef|");
}

BOOST_FIXTURE_TEST_CASE(a_client_that_expects_100_continue_gets_it, ServerFixture) {
  auto c = client();
  c.write("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  BOOST_TEST(c.read_reply(true).status == 100);
  c.write("abc");
  BOOST_TEST(c.read_reply().body == "/p|abc|");
}

BOOST_FIXTURE_TEST_CASE(head_has_the_length_but_not_the_body, ServerFixture) {
  auto c = client();
  const auto reply = c.send("HEAD", "/h");
  BOOST_TEST(reply.headers.at("content-length") == "4");
  BOOST_TEST(c.send("GET", "/g").body == "/g||");
}

BOOST_FIXTURE_TEST_CASE(a_correlation_id_is_echoed, ServerFixture) {
  const std::string id = "8c0f7a3e-6f0a-4d5e-9d3e-0c1f2a3b4c5d";
  BOOST_TEST(client().send("GET", "/", {}, {{"Correlation-Id", id}}).headers.at("correlation-id") == id);
}

BOOST_FIXTURE_TEST_CASE(a_missing_or_strange_correlation_id_is_replaced, ServerFixture) {
  BOOST_TEST(client().send("GET", "/").headers.at("correlation-id").size() == 36U);
  BOOST_TEST(client().send("GET", "/", {}, {{"Correlation-Id", "a b\"<"}}).headers.at("correlation-id").size() == 36U);
}

BOOST_FIXTURE_TEST_CASE(a_body_over_the_limit_is_refused_with_413, ServerFixture) {
  const auto reply = client().send("POST", "/", std::string(settings.body_limit + 1, 'x'));
  BOOST_TEST(reply.status == 413);
  BOOST_TEST(reply.body.find("errorMsg") != std::string::npos);
  BOOST_TEST(reply.headers.at("connection") == "close");
}

BOOST_FIXTURE_TEST_CASE(a_chunked_body_over_the_limit_is_refused_with_413, ServerFixture) {
  auto c = client();
  c.write("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunk(0x4000, 'x');
  for (int i = 0; i < 5; ++i) c.write("4000\r\n" + chunk + "\r\n");
  BOOST_TEST(c.read_reply().status == 413);
}

BOOST_FIXTURE_TEST_CASE(a_body_of_exactly_the_limit_is_taken, ServerFixture) {
  BOOST_TEST(client().send("POST", "/", std::string(settings.body_limit, 'x')).status == 200);
}

BOOST_FIXTURE_TEST_CASE(headers_over_the_limit_are_refused_with_431, ServerFixture) {
  BOOST_TEST(client().send("GET", "/", {}, {{"X-Long", std::string(20000, 'x')}}).status == 431);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_http_is_refused_with_400, ServerFixture) {
  auto c = client();
  c.write("this is not HTTP\r\n\r\n");
  BOOST_TEST(c.read_reply().status == 400);
}

BOOST_FIXTURE_TEST_CASE(two_lengths_that_differ_are_refused, ServerFixture) {
  auto c = client();
  c.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
  BOOST_TEST(c.read_reply().status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_never_finishes_its_request_is_let_go, ServerFixture) {
  auto c = client();
  c.write("GET / HTTP/1.1\r\n");
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(c.read_reply().status == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
}

BOOST_FIXTURE_TEST_CASE(an_idle_connection_is_closed_after_its_time, ServerFixture) {
  auto c = client();
  BOOST_TEST(c.send("GET", "/").status == 200);
  BOOST_TEST(c.read_reply().status == 0);
}

BOOST_FIXTURE_TEST_CASE(connections_over_the_limit_are_closed_at_once, ServerFixture) {
  settings.connection_limit = 1;
  start();
  auto first = client();
  BOOST_CHECK_THROW(client(), std::exception);
  BOOST_TEST(first.send("GET", "/").status == 200);
}

BOOST_FIXTURE_TEST_CASE(tls_1_2_and_1_3_are_spoken_with_gcm, ServerFixture) {
  auto modern = client();
  BOOST_TEST(modern.tls_version() == "TLSv1.3");
  BOOST_TEST(modern.cipher() == "TLS_AES_256_GCM_SHA384");
  auto older = client(TLS1_2_VERSION);
  BOOST_TEST(older.tls_version() == "TLSv1.2");
  BOOST_TEST(older.cipher() == "ECDHE-ECDSA-AES256-GCM-SHA384");
}

BOOST_FIXTURE_TEST_CASE(tls_1_1_is_refused, ServerFixture) { BOOST_CHECK_THROW(client(TLS1_1_VERSION), std::exception); }

BOOST_FIXTURE_TEST_CASE(stop_lets_an_answer_under_way_go_out, ServerFixture) {
  auto c = client();
  c.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  server->stop();
  BOOST_TEST(c.read_reply().body == "/slow||");
}

BOOST_FIXTURE_TEST_CASE(a_taken_port_is_refused_with_the_reason, ServerFixture) {
  settings.port = server->port();
  auto second = Server::start(settings, echo);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().text().find("another program") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(the_key_is_private_and_the_certificates_are_not) {
  const Directory directory;
  const auto files = ensure_certificate(directory.path, {});
  BOOST_REQUIRE(files.ok());
  BOOST_TEST(mode_of(files->key) == 0600U);
  BOOST_TEST(mode_of(files->certificate) == 0644U);
  BOOST_TEST(mode_of(files->ca) == 0644U);
}

BOOST_AUTO_TEST_CASE(it_is_kept_while_it_covers_the_names_and_made_anew_when_not) {
  const Directory directory;
  BOOST_REQUIRE(ensure_certificate(directory.path, {}).ok());
  const auto certificate = [&] {
    std::ifstream file(directory.path / "server.pem");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto first = certificate();
  BOOST_TEST(!first.empty());
  BOOST_REQUIRE(ensure_certificate(directory.path, {}).ok());
  BOOST_TEST((certificate() == first));
  BOOST_REQUIRE(ensure_certificate(directory.path, {"kms.example"}).ok());
  BOOST_TEST((certificate() != first));
}

BOOST_AUTO_TEST_CASE(a_name_that_could_carry_openssl_syntax_is_refused) {
  const Directory directory;
  BOOST_TEST(!ensure_certificate(directory.path, {"a,URI:http://x"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()
