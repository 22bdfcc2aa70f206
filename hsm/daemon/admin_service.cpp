#include "hsm/daemon/admin_service.h"

#include "hsm/daemon/session_of_requests.h"

namespace hsm::daemon {

void serve_admin(wire::Channel& channel, const Peer& peer, Unit& unit) {
  hold_conversation("admin", peer, [&]() -> Status {
    TRY(greet(channel, [](const wire::Hello&) -> Status { return Done{}; }));
    return answer_requests<admin::All>(channel, [&]<class Request>(const Request& request) -> Result<typename Request::Reply> {
      return guard<typename Request::Reply>([&] { return unit.call(request, peer); });
    });
  });
}

}  // namespace hsm::daemon
