#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// One command of a transcript and what it must print.
struct Step {
  int line = 0;
  std::string command;
  std::vector<std::string> expected;
  int exit_code = 0;
};

std::vector<Step> read_transcript(const std::filesystem::path& file);

/// Runs each step by sh in `directory`; the first difference ends it as a failed check that shows both.
void play(const std::filesystem::path& file, const std::filesystem::path& directory);

/// `*` stands for any text within a line, a line of `...` for any number of lines.
bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& actual);
