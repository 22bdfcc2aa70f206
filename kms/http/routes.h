#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kms/http/exchange.h"
#include "kms/http/message.h"

namespace kms::http {

/// One endpoint below /api/v2.
struct Route {
  Method method;
  std::string_view path;     ///< `{}` stands for one segment
  std::string_view action;   ///< the audit log's name for it, for refusals before the core is asked
  std::string_view failure;  ///< the middle part of `errorMsg`
  Endpoint endpoint;
};

std::span<const Route> routes();

/// The route of a method and a path's segments (those behind /api/v2), or why there is none. `action` is the old
/// `?action=` of POST /keys/{id}.
struct Match {
  const Route* route = nullptr;
  std::vector<std::string> captures;
  bool path_known = false;
};
Match find_route(Method method, std::span<const std::string> segments, std::optional<std::string_view> action);

// The endpoints, by file.
Answer create_key(Exchange& exchange);  // keys.cpp
Answer list_keys(Exchange& exchange);
Answer count_keys(Exchange& exchange);
Answer get_key(Exchange& exchange);
Answer get_metadata(Exchange& exchange);
Answer delete_key(Exchange& exchange);
Answer list_versions(Exchange& exchange);
Answer list_policies(Exchange& exchange);

Answer wrap(Exchange& exchange);  // actions.cpp
Answer unwrap(Exchange& exchange);
Answer rewrap(Exchange& exchange);
Answer rotate(Exchange& exchange);
Answer disable(Exchange& exchange);
Answer enable(Exchange& exchange);

Answer create_import_token(Exchange& exchange);  // import_tokens.cpp
Answer get_import_token(Exchange& exchange);

Answer list_registrations(Exchange& exchange);  // registrations.cpp
Answer list_key_registrations(Exchange& exchange);
Answer get_registration(Exchange& exchange);
Answer put_registration(Exchange& exchange);
Answer delete_registration(Exchange& exchange);

Answer list_rewrap_jobs(Exchange& exchange);  // rewrap_jobs.cpp
Answer list_census(Exchange& exchange);
Answer list_audit(Exchange& exchange);  // audit.cpp

}  // namespace kms::http
