#include "hsm/base/bytes.h"
#include "kms/client/envelope.h"
#include "kms/client/https.h"
#include "kms/client/session.h"

// Answers of a KMS that means ill, and the address it is asked for at.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = hsm::text_of({data, size});
  (void)kms::client::refusal_of(400, text);
  if (auto resources = kms::client::resources_of(text)) {
    for (auto& resource : *resources) {
      (void)kms::client::registration_from(resource);
      (void)kms::client::job_from(resource);
      (void)kms::client::key_from(std::move(resource));
    }
  }
  if (const auto origin = kms::client::Origin::parse(std::string(text)); origin && (origin->host.empty() || origin->port.empty())) __builtin_trap();
  return 0;
}
