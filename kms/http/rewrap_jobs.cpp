#include "kms/http/render.h"
#include "kms/http/routes.h"

namespace kms::http {

Answer list_rewrap_jobs(Exchange& exchange) {
  return collection("rewrap_job", TRY(exchange.core().rewrap_jobs(exchange.call, exchange.key())), std::nullopt,
                    [](JsonWriter& json, const RewrapJob& job) { write(json, job); });
}

Answer list_census(Exchange& exchange) {
  return collection("version_census", TRY(exchange.core().census(exchange.call, exchange.key())), std::nullopt,
                    [](JsonWriter& json, const VersionCensus& row) {
                      json.begin_object().name("keyVersion");
                      write(json, row.version);
                      json.member("registrations", row.registrations).member("wdeks", row.wdeks).end_object();
                    });
}

}  // namespace kms::http
