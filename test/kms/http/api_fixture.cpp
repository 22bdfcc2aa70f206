#include "test/kms/http/api_fixture.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>

#include "hsm/base/bytes.h"
#include "kms/core/secret_access.h"
#include "kms/db/sqlite_database.h"
#include "kms/http/uri.h"
#include "kms/p11/token.h"

namespace {

std::filesystem::path make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "kmsapi-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
  return name;
}

/// One token for the whole run: a PKCS#11 module is loaded once per process.
struct TestToken {
  std::filesystem::path directory = make_directory();
  std::unique_ptr<kms::p11::Token> token;

  TestToken() {
    const char* named = std::getenv("KEYMANTLE_TEST_MODULE");
    std::filesystem::path module = named != nullptr ? named : softhsm();
    auto opened = kms::p11::Token::open({.module = module, .token_label = "kms"}, kms::Secret::copy_of(hsm::view("1234")));
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().text()));
    token = std::move(opened).value();
  }
  ~TestToken() {
    token.reset();
    std::filesystem::remove_all(directory);
  }

  std::filesystem::path softhsm() {
    std::filesystem::create_directory(directory / "tokens");
    std::ofstream(directory / "softhsm2.conf") << "directories.tokendir = " << (directory / "tokens").string()
                                               << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    setenv("SOFTHSM2_CONF", (directory / "softhsm2.conf").c_str(), 1);
    const int made = std::system("softhsm2-util --init-token --free --label kms --so-pin 12345678 --pin 1234 > /dev/null");
    BOOST_REQUIRE(made == 0);
    for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                             "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}) {
      if (std::filesystem::exists(path)) return path;
    }
    return "libsofthsm2.so";
  }
};

kms::p11::Token& test_token() {
  static TestToken token;
  return *token.token;
}

std::string text_of(const kms::Secret& secret) { return std::string(hsm::text_of(kms::SecretAccess::bytes(secret))); }

}  // namespace

ApiFixture::ApiFixture() : directory(make_directory()) {
  database = kms::db::open_sqlite((directory / "kms.db").string());
  kms::Settings settings;
  settings.audit_flush = std::chrono::milliseconds(5);
  settings.now = [this] {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()) +
           std::chrono::seconds(shift.load());
  };
  service = std::make_unique<kms::Service>(test_token(), *database, settings);
  const auto started = service->start();
  BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().text()));
  const auto made = service->create_instance({.id = {}, .name = "test", .account = "acc", .created = {}});
  BOOST_REQUIRE(made.ok());
  instance = made->id;
  api = std::make_unique<kms::http::Api>(*service);
  auto files = kms::http::ensure_certificate(directory, {});
  BOOST_REQUIRE(files.ok());
  auto listening = kms::http::Server::start({.tls = *files, .threads = 1}, *api);
  BOOST_REQUIRE(listening.ok());
  server = std::move(*listening);
  connection = std::make_unique<HttpsClient>(client());
  manager = token_for(kms::Role::manager);
  writer = token_for(kms::Role::writer);
  reader = token_for(kms::Role::reader);
}

ApiFixture::~ApiFixture() {
  connection.reset();
  server.reset();
  service->stop();
  service.reset();
  database.reset();
  std::filesystem::remove_all(directory);
}

HttpsClient ApiFixture::client() { return HttpsClient(server->port(), directory / "ca.pem"); }

std::string ApiFixture::token_for(kms::Role role) {
  auto identity = service->create_identity({.iam_id = {},
                                            .name = std::string(kms::name_of(role)),
                                            .account = "acc",
                                            .service = true,
                                            .grants = {{.instance = instance, .role = role}},
                                            .created = {}});
  BOOST_REQUIRE(identity.ok());
  const auto key = text_of(identity->api_key);
  if (role == kms::Role::manager) manager_key = key;
  const auto reply = raw("POST", "/identity/token",
                         "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=" + kms::http::percent_encode(key), {});
  BOOST_REQUIRE_MESSAGE(reply.status == 200, reply.body);
  return at(reply, "access_token");
}

HttpsClient::Reply ApiFixture::raw(std::string_view method, std::string_view target, std::string_view body,
                                   const Headers& headers) {
  auto reply = connection->send(method, target, body, headers);
  if (reply.status == 0) {
    connection = std::make_unique<HttpsClient>(client());
    reply = connection->send(method, target, body, headers);
  }
  if (reply.headers.contains("connection")) connection = std::make_unique<HttpsClient>(client());
  return reply;
}

HttpsClient::Reply ApiFixture::call_as(const std::string& token, std::string_view method, std::string_view path,
                                       std::string_view body, const Headers& more) {
  Headers headers = {{"Authorization", "Bearer " + token}, {"Bluemix-Instance", instance}};
  headers.insert(more.begin(), more.end());
  return raw(method, "/api/v2" + std::string(path), body, headers);
}

HttpsClient::Reply ApiFixture::call(std::string_view method, std::string_view path, std::string_view body, const Headers& more) {
  return call_as(manager, method, path, body, more);
}

std::string ApiFixture::envelope(std::string_view type, std::string_view resource) {
  return std::string(R"({"metadata":{"collectionType":"application/vnd.ibm.kms.)") + std::string(type) +
         R"(+json","collectionTotal":1},"resources":[)" + std::string(resource) + "]}";
}

std::string ApiFixture::root_key(std::string_view name) {
  const auto reply =
      call("POST", "/keys", envelope("key", R"({"name":")" + std::string(name) + R"(","extractable":false})"));
  BOOST_REQUIRE_MESSAGE(reply.status == 201, reply.body);
  return at(reply, "resources/0/id");
}

boost::json::value json_of(const HttpsClient::Reply& reply) { return boost::json::parse(reply.body); }

std::string at(const HttpsClient::Reply& reply, std::string_view path) {
  if (reply.body.empty()) return {};
  const auto document = json_of(reply);
  boost::system::error_code error;
  const auto* found = document.find_pointer("/" + std::string(path), error);
  if (found == nullptr) return {};
  return found->is_string() ? std::string(found->get_string()) : boost::json::serialize(*found);
}

std::string code_of(const HttpsClient::Reply& reply) { return at(reply, "resources/0/reasons/0/code"); }
