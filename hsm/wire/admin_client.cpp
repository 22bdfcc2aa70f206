#include "hsm/wire/admin_client.h"

namespace hsm::admin {

Result<Client> Client::connect(const std::string& path) {
  Client client{wire::Channel(TRY(connect_unix(path)))};
  const auto welcome = TRY(client.exchange(wire::kHelloNumber, wire::Hello{}));
  if (welcome.version != wire::kProtocolVersion)
    return fail(Rv::device_error, "the daemon speaks another version of the protocol").about(welcome.server);
  return client;
}

}  // namespace hsm::admin
