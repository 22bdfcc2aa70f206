// kill -9 at random points, 20 times; 200 times with KEYMANTLE_LONG=1.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <sstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "test/kms/module_under_test.h"

namespace {

constexpr int kWdeks = 10000;

int rounds() { return getenv("KEYMANTLE_LONG") != nullptr ? 200 : 20; }

struct CrashFixture {
  CrashFixture() {
    char pattern[] = "/tmp/keymantle-crash-XXXXXX";
    folder = mkdtemp(pattern);
    setenv("KEYMANTLE_CRASH_FOLDER", folder.c_str(), 1);
  }
  ~CrashFixture() { std::filesystem::remove_all(folder); }

  struct Child {
    pid_t pid;
    int out;
  };
  Child start(const std::vector<std::string>& words) {
    int ends[2];
    BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    std::vector<std::string> all{KM_CRASH_CHILD};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (auto& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    BOOST_REQUIRE(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    return {pid, ends[0]};
  }
  /// What the child said, and its status.
  std::pair<std::string, int> finish(Child child) {
    std::string said;
    char buffer[4096];
    for (ssize_t n; (n = read(child.out, buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(n));
    close(child.out);
    int status = 0;
    waitpid(child.pid, &status, 0);
    return {said, status};
  }
  std::string run(const std::vector<std::string>& words) {
    const auto [said, status] = finish(start(words));
    BOOST_TEST_INFO(words[0]);
    BOOST_REQUIRE(status == 0);
    return said;
  }
  std::string killed(const std::vector<std::string>& words, std::chrono::milliseconds after) {
    const auto child = start(words);
    char letter = 0;
    while (letter != '\n' && read(child.out, &letter, 1) == 1) continue;  // "ready"
    std::this_thread::sleep_for(after);
    kill(child.pid, SIGKILL);
    return finish(child).first;
  }
  std::chrono::milliseconds moment(int most) { return std::chrono::milliseconds(std::uniform_int_distribution<int>(1, most)(random)); }

  std::filesystem::path folder;
  std::mt19937 random{20260501};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(killed_at_random_points, CrashFixture)

BOOST_AUTO_TEST_CASE(an_acknowledged_rotation_is_kept_and_a_broken_off_one_leaves_nothing) {
  run({"setup", "3"});
  std::vector<std::string> acknowledged;
  for (int i = 0; i < rounds(); ++i) {
    std::istringstream lines(killed({"rotate"}, moment(300)));
    for (std::string version; std::getline(lines, version);) {
      if (version.size() == 36) acknowledged.push_back(version);
    }
  }
  run({"work"});
  std::vector<std::string> words{"verify", "3"};
  words.insert(words.end(), acknowledged.begin(), acknowledged.end());
  run(words);
  BOOST_TEST(!acknowledged.empty());
}

BOOST_AUTO_TEST_CASE(a_rewrap_job_over_ten_thousand_wdeks_ends_by_itself_and_loses_none) {
  run({"setup", std::to_string(kWdeks)});
  run({"rotate-once"});
  int interrupted = 0;
  for (int i = 0; i < rounds(); ++i) {
    const bool done = killed({"work"}, moment(300)).find("done") != std::string::npos;
    if (!done) {
      ++interrupted;
      continue;
    }
    run({"rotate-once"});
  }
  BOOST_TEST(interrupted > 0);
  run({"work"});
  std::istringstream job(run({"jobs"}));
  std::string ready;
  std::string state;
  int total = 0;
  int done = 0;
  int failed = 0;
  job >> ready >> state >> total >> done >> failed;
  BOOST_TEST(state == "done");
  BOOST_TEST(total == kWdeks);
  BOOST_TEST(done == kWdeks);
  BOOST_TEST(failed == 0);
  run({"verify", std::to_string(kWdeks)});
}

BOOST_AUTO_TEST_SUITE_END()
