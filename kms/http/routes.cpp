#include "kms/http/routes.h"

namespace kms::http {
namespace {

constexpr std::string_view kWrapFailed = "Wrap with key could not be performed";
constexpr std::string_view kUnwrapFailed = "Unwrap with key could not be performed";
constexpr std::string_view kRewrapFailed = "Rewrap with key could not be performed";

// A literal segment comes before `{}` at the same place: the first row that fits is taken.
constexpr auto kRoutes = std::to_array<Route>({
    {Method::post, "keys/{}/actions/wrap", "kms.secrets.wrap", kWrapFailed, wrap},
    {Method::post, "keys/{}/actions/unwrap", "kms.secrets.unwrap", kUnwrapFailed, unwrap},
    {Method::post, "keys/{}/actions/rewrap", "kms.secrets.rewrap", kRewrapFailed, rewrap},
    {Method::post, "keys/{}/actions/rotate", "kms.secrets.rotate", "Key could not be rotated", rotate},
    {Method::post, "keys/{}/actions/disable", "kms.secrets.disable", "Key could not be disabled", disable},
    {Method::post, "keys/{}/actions/enable", "kms.secrets.enable", "Key could not be enabled", enable},
    {Method::post, "keys", "kms.secrets.create", "Key could not be created", create_key},
    {Method::get, "keys", "kms.secrets.list", "Keys could not be retrieved", list_keys},
    {Method::head, "keys", "kms.secrets.head", "Keys could not be retrieved", count_keys},
    {Method::get, "keys/registrations", "kms.registrations.list", "Registrations could not be retrieved",
     list_registrations},
    {Method::get, "keys/{}", "kms.secrets.read", "Key could not be retrieved", get_key},
    {Method::del, "keys/{}", "kms.secrets.delete", "Key could not be deleted", delete_key},
    {Method::get, "keys/{}/metadata", "kms.secrets-metadata.read", "Key could not be retrieved", get_metadata},
    {Method::get, "keys/{}/versions", "kms.secrets-key-versions.list", "Key versions could not be retrieved",
     list_versions},
    {Method::get, "keys/{}/policies", "kms.policies.read", "Policies could not be retrieved", list_policies},
    {Method::get, "keys/{}/registrations", "kms.registrations.list", "Registrations could not be retrieved",
     list_key_registrations},
    {Method::get, "keys/{}/registrations/{}", "kms.registrations.list", "Registration could not be retrieved",
     get_registration},
    {Method::put, "keys/{}/registrations/{}", "kms.registrations.write", "Registration could not be written",
     put_registration},
    {Method::del, "keys/{}/registrations/{}", "kms.registrations.delete", "Registration could not be deleted",
     delete_registration},
    {Method::get, "keys/{}/rewrap_jobs", "kms.secrets-rewrap-jobs.list", "Rewrap jobs could not be retrieved",
     list_rewrap_jobs},
    {Method::get, "keys/{}/version_census", "kms.secrets-rewrap-jobs.list", "Version census could not be retrieved",
     list_census},
    {Method::post, "import_token", "kms.import-token.create", "Import Token could not be created", create_import_token},
    {Method::get, "import_token", "kms.import-token.read", "Import Token could not be retrieved", get_import_token},
    {Method::get, "audit", "kms.audit.read", "Audit log could not be retrieved", list_audit},
});

bool fits(std::string_view pattern, std::span<const std::string> segments, std::vector<std::string>& captures) {
  captures.clear();
  for (const auto& segment : segments) {
    if (pattern.empty()) return false;
    const auto slash = pattern.find('/');
    const auto wanted = pattern.substr(0, slash);
    pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
    if (wanted == "{}") {
      captures.push_back(segment);
    } else if (wanted != segment) {
      return false;
    }
  }
  return pattern.empty();
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match find_route(Method method, std::span<const std::string> segments, std::optional<std::string_view> action) {
  std::vector<std::string> actual(segments.begin(), segments.end());
  if (method == Method::post && action && actual.size() == 2 && actual[0] == "keys") {
    actual.insert(actual.end(), {"actions", std::string(*action)});
  }
  Match match;
  for (const auto& route : kRoutes) {
    if (!fits(route.path, actual, match.captures)) continue;
    match.path_known = true;
    if (route.method != method) continue;
    match.route = &route;
    return match;
  }
  return match;
}

}  // namespace kms::http
