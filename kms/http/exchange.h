#pragma once

#include <string>
#include <vector>

#include "kms/core/service.h"
#include "kms/http/json_body.h"
#include "kms/http/message.h"
#include "kms/http/uri.h"

namespace kms::http {

/// One request on its way through an endpoint: what was sent, taken apart, and who sent it.
class Exchange {
 public:
  Exchange(Service& service, const Request& sent) : request(sent), service_(service) {}

  const Request& request;
  Call call;
  std::vector<std::string> captures;  ///< what stood where the route has `{}`
  Query query;
  JsonBody body;

  const std::string& key() const { return captures.at(0); }

  /// The core, which audits its own refusals: those of an endpoint that has not called this are audited by Api.
  Service& core() {
    asked_ = true;
    return service_;
  }
  bool asked() const { return asked_; }

 private:
  Service& service_;
  bool asked_ = false;
};

using Answer = Result<Response>;
using Endpoint = Answer (*)(Exchange&);

}  // namespace kms::http
