#include "cli/children.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "hsm/base/socket.h"

namespace cli {

namespace {

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& words, const Environment& environment, const std::filesystem::path& log) {
  std::vector<std::string> own = words;
  std::vector<char*> arguments;
  for (auto& word : own) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return refused(fmt::format("no pipe: {}", std::strerror(errno)));
  const hsm::Descriptor failed(ends[0]);
  hsm::Descriptor report(ends[1]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return refused(fmt::format("no new process: {}", std::strerror(errno)));
  if (pid == 0) {
    if (!log.empty()) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) _exit(127);
      setpgid(0, 0);  // Ctrl-C is for us: we stop the services when the command has ended
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
    }
    unsetenv("KEYMANTLE_HSM");
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    execvp(arguments[0], arguments.data());
    const int error = errno;
    [[maybe_unused]] const auto written = write(report.get(), &error, sizeof error);
    _exit(127);
  }
  report = {};
  Child child(pid);
  int error = 0;
  if (read(failed.get(), &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
    child.wait();
    return refused(fmt::format("{} cannot be started: {}", words.front(), std::strerror(error)));
  }
  return child;
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

Child::~Child() {
  if (pid_ <= 0) return;
  send(SIGTERM);
  wait();
}

int Child::wait() {
  if (pid_ <= 0) return exit_code_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return exit_code_ = code_of(status);
}

bool Child::ended() {
  int status = 0;
  if (pid_ <= 0) return true;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  exit_code_ = code_of(status);
  return true;
}

void Child::send(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

Signals::Signals() {
  sigemptyset(&caught_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&caught_, signal);
  sigprocmask(SIG_BLOCK, &caught_, &before_);
}
Signals::~Signals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

int Signals::wait_for(Child& command, Child& service) const {
  for (;;) {
    if (command.ended()) return command.wait();
    if (service.ended()) command.send(SIGTERM);
    int signal = 0;
    sigwait(&caught_, &signal);
    // The terminal gave the command its Ctrl-C already.
    if (signal == SIGTERM || signal == SIGHUP) command.send(signal);
  }
}

bool Signals::wait_until_asked(Child& service) const {
  for (;;) {
    if (service.ended()) return false;
    int signal = 0;
    sigwait(&caught_, &signal);
    if (signal != SIGCHLD) return true;
  }
}

}  // namespace cli
