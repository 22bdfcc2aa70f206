#include "cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

#include "hsm/base/result.h"

namespace cli {

namespace {

std::string text_of(const Field& field) {
  return std::visit(hsm::overloaded{[](const std::string& text) { return text; },
                                    [](std::int64_t number) { return std::to_string(number); },
                                    [](bool yes) { return std::string(yes ? "yes" : "no"); }},
                    field.value);
}

std::string json_of(const Fields& fields) {
  boost::json::object object;
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { object[field.name] = value; }, field.value);
  }
  return boost::json::serialize(object);
}

}  // namespace

void Output::line(std::string_view text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void Output::record(const Fields& fields, std::string_view raw) {
  if (json_) return line(raw.empty() ? json_of(fields) : raw);
  std::string text;
  for (const auto& field : fields) text += (text.empty() ? "" : "\t") + text_of(field);
  line(text);
}

void Output::details(const Fields& fields, std::string_view raw) {
  if (json_) return record(fields, raw);
  for (const auto& field : fields) line(fmt::format("{}: {}", field.name, text_of(field)));
}

void Output::say(std::string_view text) {
  end_progress();
  fmt::print(stderr, "keymantle: {}\n", text);
}

void Output::progress(std::string_view what, std::int64_t done, std::int64_t total) {
  if (isatty(STDERR_FILENO) == 0) return;
  constexpr std::int64_t kWidth = 30;
  const auto filled = total == 0 ? kWidth : done * kWidth / total;
  fmt::print(stderr, "\r{} [{:=<{}}{: <{}}] {}/{}", what, "", filled, "", kWidth - filled, done, total);
  std::fflush(stderr);
  bar_ = true;
}

void Output::end_progress() {
  if (std::exchange(bar_, false)) fmt::print(stderr, "\n");
}

}  // namespace cli
