#include "cli/secret_input.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "hsm/base/socket.h"

namespace cli {

namespace {

/// The terminal with its echo off.
class Silent {
 public:
  explicit Silent(int terminal) : terminal_(terminal) {
    tcgetattr(terminal_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  Silent(const Silent&) = delete;
  ~Silent() { tcsetattr(terminal_, TCSAFLUSH, &before_); }

 private:
  int terminal_;
  termios before_{};
};

void print_to(int terminal, std::string_view text) {
  [[maybe_unused]] const auto written = write(terminal, text.data(), text.size());
}

Result<hsm::Secret> type_one(int terminal, const std::string& prompt) {
  print_to(terminal, prompt + ": ");
  auto typed = [&] {
    const Silent silent(terminal);
    return hsm::Secret::read_from(terminal, hsm::Secret::Ends::at_newline, 1024);
  }();
  print_to(terminal, "\n");
  return told(std::move(typed));
}

}  // namespace

Result<hsm::Secret> read_secret_file(const std::filesystem::path& file, hsm::Secret::Ends ends) {
  const hsm::Descriptor open_file(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!open_file) return refused(fmt::format("the file cannot be read: {}: {}", file.string(), std::strerror(errno)));
  auto secret = TRY(told(hsm::Secret::read_from(open_file.get(), ends)));
  if (secret.empty()) return refused(fmt::format("the file is empty: {}", file.string()));
  return secret;
}

Result<hsm::Secret> ask_secret(const std::string& prompt, const std::string& file, Ask ask) {
  if (!file.empty()) return read_secret_file(file, hsm::Secret::Ends::at_newline);
  const hsm::Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal) {
    return usage(fmt::format("there is no terminal to type this on: {}", prompt),
                 "give it by the option that ends in -file: a file, or a descriptor as /dev/fd/3");
  }
  auto first = TRY(type_one(terminal.get(), prompt));
  if (ask == Ask::twice) {
    const auto second = TRY(type_one(terminal.get(), prompt + ", once more"));
    if (!equal_in_constant_time(first, second)) return refused("the two entries differ");
  }
  return first;
}

Outcome give_secret(int descriptor, const hsm::Secret& secret, bool anywhere) {
  struct stat info{};
  if (fstat(descriptor, &info) != 0) {
    return usage(fmt::format("descriptor {} is not open", descriptor), "open it, for example: 3> >(program)");
  }
  if (!anywhere && (S_ISREG(info.st_mode) || isatty(descriptor) != 0)) {
    return refused(fmt::format("descriptor {} is a terminal or a file on disk: the secret would stay there", descriptor),
                   "use a pipe, or --exec");
  }
  auto left = hsm::text_of(SecretAccess::bytes(secret));
  while (!left.empty()) {
    const auto done = write(descriptor, left.data(), left.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return refused(fmt::format("descriptor {} cannot be written: {}", descriptor, std::strerror(errno)));
    left.remove_prefix(static_cast<std::size_t>(done));
  }
  return hsm::Done{};
}

Outcome confirm_loss(const std::string& loss, const std::string& name, bool yes) {
  if (yes) return hsm::Done{};
  fmt::print(stderr, "keymantle: {}\ntype {} to go on: ", loss, name);
  std::string typed;
  std::getline(std::cin, typed);
  if (typed == name) return hsm::Done{};
  return refused("nothing was done: the name was not typed", "for scripts there is --yes");
}

}  // namespace cli
