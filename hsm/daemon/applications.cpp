#include "hsm/daemon/applications.h"

#include <fmt/core.h>

#include "hsm/daemon/sealed_device.h"
#include "hsm/wire/hello.h"

namespace hsm::daemon {

Application::Application(Peer peer, const Attach& attach) : peer_(peer), attach_(attach) {}

std::shared_ptr<Device> Application::device() {
  const std::scoped_lock lock(mutex_);
  if (device_ == nullptr) device_ = attach_(fmt::format("uid {} pid {}", peer_.uid, peer_.pid));
  return device_ != nullptr ? device_ : sealed_device();
}

void Application::detach() {
  const std::scoped_lock lock(mutex_);
  device_.reset();
}

Result<std::shared_ptr<Application>> Applications::join(const Bytes& name, const Peer& peer) {
  if (name.size() != wire::kApplicationOctets) return fail(Rv::arguments_bad, "an application's name has another length");
  const std::scoped_lock lock(mutex_);
  drop_ended();
  auto& known = by_name_[name];
  if (auto application = known.lock()) {
    if (!application->is_of(peer)) return fail(Rv::arguments_bad, "the application's name belongs to another process");
    return application;
  }
  auto application = std::make_shared<Application>(peer, attach_);
  known = application;
  return application;
}

void Applications::detach_all() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, known] : by_name_) {
    if (const auto application = known.lock()) application->detach();
  }
}

std::size_t Applications::count() {
  const std::scoped_lock lock(mutex_);
  drop_ended();
  return by_name_.size();
}

void Applications::drop_ended() {
  std::erase_if(by_name_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace hsm::daemon
