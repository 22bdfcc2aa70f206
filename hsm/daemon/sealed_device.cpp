#include "hsm/daemon/sealed_device.h"

#include <type_traits>

namespace hsm::daemon {
namespace {

template <class Request>
Result<typename Request::Reply> refuse(const Request& request) {
  if constexpr (std::is_same_v<Request, request::ListSlots> || std::is_same_v<Request, request::PollSlotEvent>)
    return typename Request::Reply{};
  if constexpr (requires { request.slot; })
    return fail(Rv::token_not_present, "the unit is sealed: its custodians unseal it with `keymantle hsm unseal`");
  return fail(Rv::device_removed, "the unit was sealed, and its sessions ended");
}

template <class Tuple>
class SealedDevice;
template <>
class SealedDevice<std::tuple<>> : public Device {
 public:
  using Device::call;
};
template <class First, class... Rest>
class SealedDevice<std::tuple<First, Rest...>> : public SealedDevice<std::tuple<Rest...>> {
 public:
  using SealedDevice<std::tuple<Rest...>>::call;
  Result<typename First::Reply> call(const First& request) override { return refuse(request); }
};

}  // namespace

std::shared_ptr<Device> sealed_device() { return std::make_shared<SealedDevice<request::All>>(); }

}  // namespace hsm::daemon
