#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "kms/core/service.h"
#include "kms/db/database.h"
#include "kms/http/api.h"
#include "kms/http/server.h"
#include "test/kms/http/https_client.h"

/// A whole KMS in this process, reached over HTTPS: a SoftHSM2 token (or the module that KEYMANTLE_TEST_MODULE names, whose
/// token is labelled "kms" with PIN 1234), a database of its own, the three roles. Its clock can be set forward.
struct ApiFixture {
  ApiFixture();
  ~ApiFixture();

  using Headers = HttpsClient::Headers;
  using Reply = HttpsClient::Reply;

  /// With token, instance and no Content-Type, on a connection that is kept.
  Reply call(std::string_view method, std::string_view path, std::string_view body = {}, const Headers& more = {});
  Reply call_as(const std::string& token, std::string_view method, std::string_view path, std::string_view body = {},
                const Headers& more = {});
  /// With exactly these headers.
  Reply raw(std::string_view method, std::string_view target, std::string_view body, const Headers& headers);

  std::string token_for(kms::Role role);
  /// Makes a root key and gives its id.
  std::string root_key(std::string_view name = "vol-root");
  void pass(std::chrono::seconds time) { shift += time.count(); }
  HttpsClient client();

  static std::string envelope(std::string_view type, std::string_view resource);

  std::atomic<std::int64_t> shift{0};
  std::filesystem::path directory;
  std::unique_ptr<kms::db::Database> database;
  std::unique_ptr<kms::Service> service;
  std::unique_ptr<kms::http::Api> api;
  std::unique_ptr<kms::http::Server> server;
  std::unique_ptr<HttpsClient> connection;
  std::string instance;
  std::string manager, writer, reader;  ///< access tokens
  std::string manager_key;              ///< an API key: of this test alone
};

boost::json::value json_of(const HttpsClient::Reply& reply);
/// A member by path, such as "resources/0/id"; empty when it is not there. Numbers and booleans as text.
std::string at(const HttpsClient::Reply& reply, std::string_view path);
/// The code of the first reason.
std::string code_of(const HttpsClient::Reply& reply);
