#include "test/cli/transcript.h"

#include <fnmatch.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>

namespace {

/// Only `*` is special: brackets and question marks of an output mean themselves.
std::string glob_from(const std::string& line) {
  std::string glob;
  for (const char c : line) {
    if (c == '[' || c == ']' || c == '?' || c == '\\') glob += '\\';
    glob += c;
  }
  return glob;
}

bool matches_from(const std::vector<std::string>& expected, std::size_t e, const std::vector<std::string>& actual, std::size_t a) {
  if (e == expected.size()) return a == actual.size();
  if (expected[e] == "...") {
    for (std::size_t skip = a; skip <= actual.size(); ++skip) {
      if (matches_from(expected, e + 1, actual, skip)) return true;
    }
    return false;
  }
  return a < actual.size() && fnmatch(glob_from(expected[e]).c_str(), actual[a].c_str(), 0) == 0 &&
         matches_from(expected, e + 1, actual, a + 1);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "    " + line + "\n";
  return text;
}

}  // namespace

bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  return matches_from(expected, 0, actual, 0);
}

std::vector<Step> read_transcript(const std::filesystem::path& file) {
  std::ifstream in(file);
  BOOST_REQUIRE_MESSAGE(in, "no transcript " << file);
  std::vector<Step> steps;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with("$ ")) {
      steps.push_back({.line = number, .command = line.substr(2), .expected = {}, .exit_code = 0});
    } else if (line.starts_with("[exit ")) {
      steps.back().exit_code = std::stoi(line.substr(6));
    } else {
      BOOST_REQUIRE(!steps.empty());
      steps.back().expected.push_back(line);
    }
  }
  return steps;
}

void play(const std::filesystem::path& file, const std::filesystem::path& directory) {
  for (const auto& step : read_transcript(file)) {
    const auto command = "cd '" + directory.string() + "' && { " + step.command + "\n} 2>&1 </dev/null";
    std::FILE* pipe = popen(command.c_str(), "r");
    BOOST_REQUIRE(pipe != nullptr);
    std::string output;
    char chunk[4096];
    for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) output.append(chunk, n);
    const int status = pclose(pipe);
    std::vector<std::string> actual;
    for (std::size_t at = 0; at < output.size();) {
      const auto end = std::min(output.find('\n', at), output.size());
      actual.push_back(output.substr(at, end - at));
      at = end + 1;
    }
    const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    BOOST_REQUIRE_MESSAGE(exit_code == step.exit_code && matches(step.expected, actual),
                          file.filename().string() << ":" << step.line << ": $ " << step.command << "\n  expected, exit "
                                                   << step.exit_code << ":\n" << joined(step.expected) << "  printed, exit "
                                                   << exit_code << ":\n" << joined(actual));
  }
}
