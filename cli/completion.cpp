#include <fmt/core.h>

#include <map>

#include "cli/command_line.h"
#include "cli/verb.h"

namespace cli {

namespace {

/// Nouns (or verbs without one) to what may follow them.
std::map<std::string, std::string> words_of(const std::vector<Verb>& all) {
  std::map<std::string, std::string> words;
  for (const auto& verb : all) {
    const auto space = verb.path.find(' ');
    auto& after = words[verb.path.substr(0, space)];
    if (space != std::string::npos) after += (after.empty() ? "" : " ") + verb.path.substr(space + 1);
  }
  return words;
}

/// For a text between single quotes of a shell.
std::string replace_quotes(std::string text) {
  std::ranges::replace(text, '\'', '`');
  return text;
}

std::string flags_of(const CommandLine& line, const std::string& path) {
  std::string text;
  for (const auto& flag : line.flags(path)) text += flag + " ";
  return text + "--json --url --instance --ca --api-key-file --profile --admin-socket";
}

void bash(Output& out, const std::vector<Verb>& all, const CommandLine& line) {
  const auto words = words_of(all);
  std::string first, cases, flags;
  for (const auto& [noun, after] : words) {
    first += noun + " ";
    if (!after.empty()) cases += fmt::format("    {}) words=\"{}\" ;;\n", noun, after);
  }
  for (const auto& verb : all) flags += fmt::format("    \"{}\"|\"{} \"*) words=\"{}\" ;;\n", verb.path, verb.path, flags_of(line, verb.path));
  out.line(fmt::format("_keymantle() {{\n"
                       "  local current=${{COMP_WORDS[COMP_CWORD]}} words=\n"
                       "  if [[ $current == -* ]]; then case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}\" in\n{}    esac\n"
                       "  elif [[ $COMP_CWORD -eq 1 ]]; then words=\"{}\"\n"
                       "  elif [[ $COMP_CWORD -eq 2 ]]; then case \"${{COMP_WORDS[1]}}\" in\n{}    esac; fi\n"
                       "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                       "}}\ncomplete -o default -F _keymantle keymantle",
                       flags, first, cases));
}

void fish(Output& out, const std::vector<Verb>& all, const CommandLine& line) {
  std::map<std::string, bool> told_nouns;
  for (const auto& verb : all) {
    const auto space = verb.path.find(' ');
    const auto noun = verb.path.substr(0, space);
    if (!std::exchange(told_nouns[noun], true)) {
      const auto summary = space == std::string::npos ? verb.summary : summary_of_noun(noun);
      out.line(fmt::format("complete -c keymantle -n __fish_use_subcommand -a {} -d '{}'", noun, replace_quotes(summary)));
    }
    if (space == std::string::npos) continue;
    const auto act = verb.path.substr(space + 1);
    out.line(fmt::format("complete -c keymantle -n '__fish_seen_subcommand_from {}' -a {} -d '{}'", noun, act, replace_quotes(verb.summary)));
    for (const auto& flag : line.flags(verb.path)) {
      out.line(fmt::format("complete -c keymantle -n '__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}' -l {}", noun, act,
                           flag.substr(2)));
    }
  }
}

struct Shell {
  std::string shell;
};
void declare(Arguments& arguments, Shell& options) { arguments.required("SHELL", options.shell, "bash, zsh or fish"); }
Outcome run(Session& session, const Shell& options) {
  const auto all = verbs();
  Session scratch;
  const CommandLine line(all, scratch, {});
  if (options.shell == "fish") {
    fish(session.out, all, line);
  } else if (options.shell == "bash" || options.shell == "zsh") {
    if (options.shell == "zsh") session.out.line("autoload -U +X bashcompinit && bashcompinit");
    bash(session.out, all, line);
  } else {
    return usage(fmt::format("no completion for this shell: {}", options.shell), "bash, zsh or fish");
  }
  return hsm::Done{};
}

struct Manual {};
void declare(Arguments&, Manual&) {}
/// The body of keymantle(1): every verb's own help, as troff.
Outcome run(Session& session, const Manual&) {
  const auto all = verbs();
  Session scratch;
  const CommandLine line(all, scratch, {});
  const auto section = [&](const std::string& title, const std::string& text) {
    session.out.line(".SH " + title);
    session.out.line(".nf");
    std::string escaped;
    for (const char c : text) escaped += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
    for (std::size_t at = 0; (at = escaped.find("\n.", at)) != std::string::npos; at += 4) escaped.replace(at, 2, "\n\\&.");
    session.out.line(escaped);
    session.out.line(".fi");
  };
  session.out.line(".TH KEYMANTLE 1\n.SH NAME\nkeymantle \\- a software HSM, its ceremonies, and a key\\-management service on it");
  section("SYNOPSIS", line.help(""));
  for (const auto& verb : all) section("\"" + verb.path + "\"", line.help(verb.path));
  return hsm::Done{};
}

}  // namespace

std::vector<Verb> completion_verbs() {
  return {
      verb<Shell>("completion", "print a completion script for your shell", "  source <(keymantle completion bash)", declare, run),
      verb<Manual>("manual", "print the manual page, keymantle(1), made from these rows", "  keymantle manual | man -l -", declare, run),
  };
}

}  // namespace cli
