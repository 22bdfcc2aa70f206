#include "kms/vpc/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace kms::vpc {
using client::local_error;

namespace {

struct Pipe {
  hsm::Descriptor read, write;
  static client::Result<Pipe> make() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return local_error("pipe", std::string("no pipe: ") + std::strerror(errno));
    return Pipe{hsm::Descriptor(ends[0]), hsm::Descriptor(ends[1])};
  }
};

/// Never returns. Runs between fork and exec: only calls that are safe there, and none that allocates after `fork` in a
/// process with other threads (this program has none).
[[noreturn]] void become(const Command& command, const std::vector<char*>& arguments, int complaints, int started) {
  // The pipe that reports a failed exec must not be where the passphrase goes.
  if (started == kPassphraseDescriptor) started = fcntl(started, F_DUPFD_CLOEXEC, kPassphraseDescriptor + 1);
  if (complaints == kPassphraseDescriptor) complaints = fcntl(complaints, F_DUPFD_CLOEXEC, kPassphraseDescriptor + 1);
  if (command.passphrase != nullptr) {
    const int from = command.passphrase->descriptor();
    if (from == kPassphraseDescriptor) {
      fcntl(from, F_SETFD, 0);
    } else {
      dup2(from, kPassphraseDescriptor);
    }
  }
  if (command.quiet) {
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDOUT_FILENO);
    dup2(complaints, STDERR_FILENO);
  }
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 1);
  execvp(arguments[0], arguments.data());
  const int error = errno;
  [[maybe_unused]] const auto written = write(started, &error, sizeof error);
  _exit(127);
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 512> chunk{};
  for (;;) {
    const auto got = read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    if (text.size() < 4096) text.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

client::Result<Ended> run(const Command& command) {
  std::vector<std::string> words = command.arguments;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto started = TRY(Pipe::make());
  auto complaints = TRY(Pipe::make());
  const pid_t child = fork();
  if (child < 0) return local_error("fork", std::string("no new process: ") + std::strerror(errno));
  if (child == 0) become(command, arguments, complaints.write.get(), started.write.get());
  started.write = {};
  complaints.write = {};
  Ended ended;
  const auto failure = read_all(started.read.get());
  if (command.quiet) {
    const auto text = read_all(complaints.read.get());
    ended.complaint = text.substr(0, text.find('\n'));
  }
  ended.exit_code = wait_for(child);
  if (failure.size() == sizeof(int)) {
    int error = 0;
    std::memcpy(&error, failure.data(), sizeof error);
    return local_error("exec", fmt::format("{} cannot be started: {}", words[0], std::strerror(error)),
                       words[0].starts_with("qemu-") ? "install it with: apt install qemu-utils" : "");
  }
  return ended;
}

}  // namespace kms::vpc
