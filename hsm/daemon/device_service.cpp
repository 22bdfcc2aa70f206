#include "hsm/daemon/device_service.h"

#include "hsm/daemon/session_of_requests.h"

#include <concepts>

namespace hsm::daemon {
namespace {

using namespace request;

template <class T, class... Ts>
inline constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

/// Acts after which a Begin that was accepted before may be refused (hello.h, ChangePage).
template <class T>
inline constexpr bool changes_acceptance =
    is_one_of<T, InitToken, InitPin, SetPin, CloseSession, CloseAllSessions, Login, Logout, DestroyObject, SetAttributes>;

/// The codec takes any number for an enumerator; the engine counts on those that exist.
template <class Request>
bool names_a_use(const Request& request) {
  if constexpr (requires { { request.use } -> std::same_as<const Use&>; }) return request.use <= Use::verify_recover;
  if constexpr (requires { request.begin.use; }) return request.begin.use <= Use::verify_recover;
  return true;
}

}  // namespace

void serve_device(wire::Channel& channel, const Peer& peer, Unit& unit) {
  hold_conversation("device", peer, [&]() -> Status {
    // Somebody who only looked whether we are there is gone already.
    if (!send_descriptor(channel.socket(), unit.changes().descriptor().get())) return Done{};
    std::shared_ptr<Application> application;
    TRY(greet(channel, [&](const wire::Hello& hello) -> Status {
      application = TRY(unit.applications().join(hello.application, peer));
      return Done{};
    }));
    return answer_requests<All>(channel, [&]<class Request>(const Request& request) -> Result<typename Request::Reply> {
      if (!names_a_use(request)) return fail(Rv::arguments_bad, "not a family of operations");
      // Of the master key, the unit knows what no device knows, and also while there is no device.
      if constexpr (std::is_same_v<Request, GetCeremony>) return unit.ceremony();
      auto result = guard<typename Request::Reply>([&] { return application->device()->call(request); });
      // After the act, and before its reply: whoever hears of it reads the new count.
      if constexpr (changes_acceptance<Request>) unit.changes().bump();
      return result;
    });
  });
}

}  // namespace hsm::daemon
