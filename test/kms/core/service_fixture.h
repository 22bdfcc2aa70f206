#pragma once

#include <boost/test/unit_test.hpp>

#include "kms/core/service.h"
#include "kms/db/sqlite_database.h"
#include "kms/p11/secret_access.h"
#include "test/kms/module_under_test.h"

namespace kms {
inline std::ostream& operator<<(std::ostream& out, Fault fault) { return out << name_of(fault); }
inline std::ostream& operator<<(std::ostream& out, KeyState state) { return out << "state " << static_cast<int>(state); }
inline std::ostream& operator<<(std::ostream& out, JobState state) { return out << name_of(state); }
}  // namespace kms

namespace test {

/// What a test expects of a call: its value, or the reason why there is none.
template <class T>
T must(kms::Result<T> result, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!result) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + std::string(name_of(result.error().fault)) + ": " +
                             result.error().text());
  }
  return std::move(result).value();
}

#define KM_REFUSED(call, expected)                          \
  do {                                                      \
    const auto km_result = (call);                          \
    BOOST_REQUIRE(!km_result);                              \
    BOOST_TEST(km_result.error().fault == (expected));      \
    BOOST_TEST(!km_result.error().why.empty());             \
  } while (false)

inline std::string text(const hsm::Secret& secret) { return std::string(hsm::text_of(kms::SecretAccess::bytes(secret))); }
inline hsm::Secret secret(std::string_view bytes) { return hsm::Secret::copy_of(hsm::view(bytes)); }

/// A service on the module under test, a database of its own, a clock that the test moves.
class ServiceFixture {
 public:
  ServiceFixture() {
    static int number = 0;
    database_path = (ModuleUnderTest::get().folder() / ("kms-" + std::to_string(++number) + ".sqlite")).string();
    settings.now = [this] { return kms::Time(std::chrono::milliseconds(now_ms.load())); };
    settings.audit_flush = std::chrono::milliseconds(20);
    settings.rewrap_poll = std::chrono::milliseconds(20);
    settings.orphan_age = kms::Seconds(0);
    start();
    instance = must(service->create_instance({"", "test", "acc", {}}));
    manager = call_as(kms::Role::manager);
    writer = call_as(kms::Role::writer);
    reader = call_as(kms::Role::reader);
  }
  ~ServiceFixture() {
    service.reset();
  }

  void start() {
    service.reset();
    database.reset();
    token = ModuleUnderTest::get().open();
    database = kms::db::open_sqlite(database_path);
    service = std::make_unique<kms::Service>(*token, *database, settings);
    must(service->start());
  }
  void restart() {
    service.reset();
    database.reset();
    token.reset();
    start();
  }

  kms::Call call_as(kms::Role role) {
    kms::Identity identity;
    identity.name = std::string(name_of(role));
    identity.account = "acc";
    identity.grants = {{instance.id, role}};
    auto made = must(service->create_identity(identity));
    const auto access = must(service->exchange_api_key(made.api_key));
    kms::Call call;
    call.caller = must(service->authenticate(std::string_view(access.jwt)));
    call.instance = instance.id;
    call.correlation_id = "11111111-1111-4111-8111-111111111111";
    call.uri = "/api/v2/test";
    return call;
  }

  void pass(kms::Seconds time) { now_ms += time.count() * 1000; }

  kms::Key root(std::string name = "root") {
    kms::CreateKey request;
    request.name = std::move(name);
    request.extractable = false;
    return must(service->create_key(manager, std::move(request))).key;
  }
  std::string wrapped(const kms::Key& key, std::string_view plaintext, const kms::Aad& aad = {}) {
    return must(service->wrap(writer, key.id, secret(plaintext), aad)).ciphertext;
  }
  std::string opened(const kms::Key& key, std::string_view ciphertext, const kms::Aad& aad = {}) {
    return text(must(service->unwrap(reader, key.id, ciphertext, aad)).plaintext);
  }
  void rotate(const kms::Key& key) {
    pass(kms::Seconds(3600));
    must(service->rotate(manager, key.id, std::nullopt));
  }
  kms::Key metadata(const kms::Key& key) { return must(service->get_metadata(manager, key.id)); }

  std::atomic<std::int64_t> now_ms{1'800'000'000'000};
  std::string database_path;
  kms::Settings settings;
  std::unique_ptr<kms::p11::Token> token;
  std::unique_ptr<kms::db::Database> database;
  std::unique_ptr<kms::Service> service;
  kms::Instance instance;
  kms::Call manager;
  kms::Call writer;
  kms::Call reader;
};

}  // namespace test
