#pragma once

#include "kms/core/service.h"
#include "kms/http/server.h"

namespace kms::http {

/// The whole HTTP face of the KMS: /api/v2, the token endpoints and /healthz. Stateless; `service` outlives it.
class Api final : public Application {
 public:
  explicit Api(Service& service) : service_(service) {}

  Lane lane(const Request& request) const override;
  Response answer(const Request& request) override;
  Response refuse(BadRequest what) override;

 private:
  Response dispatch(const Request& request);
  Response call_endpoint(const Request& request, std::string_view path, std::string_view query_text);
  Response health();

  Service& service_;
};

}  // namespace kms::http
