#pragma once

#include <cstddef>
#include <cstdint>

namespace hsm {

/// Where Secrets live: locked chunks between guard pages, each cut into slots of one size. Thread-safe. Only secret.cpp
/// uses it. Never destroyed (a host may call us while it exits).
class SecretArena {
 public:
  static std::uint8_t* take(std::size_t size);
  static void give_back(std::uint8_t* memory, std::size_t size) noexcept;
  static bool locked();
  static void after_fork_in_child();
};

}  // namespace hsm
