#include "hsm/base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

namespace hsm::log {
namespace {

std::atomic<int> target{-1};
std::atomic<int> most{static_cast<int>(Level::warning)};
std::atomic<const std::string*> program{nullptr};  // replaced, never freed: a late line may still read the old one

constexpr std::array<std::string_view, 4> kNames{"error", "warning", "info", "debug"};

}  // namespace

void to_descriptor(int descriptor, Level level, std::string_view name) {
  program = new std::string(name);
  most = static_cast<int>(level);
  target = descriptor;
}

bool enabled(Level level) { return target >= 0 && static_cast<int>(level) <= most; }

void write(Level level, std::string_view line) {
  if (!enabled(level)) return;
  const auto* name = program.load();
  std::string text = name != nullptr ? *name + ": " : std::string();
  text += kNames[static_cast<std::size_t>(level)];
  text += ": ";
  for (const char c : line) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;  // one record stays one line
  text += '\n';
  [[maybe_unused]] const auto written = ::write(target, text.data(), text.size());
}

}  // namespace hsm::log
