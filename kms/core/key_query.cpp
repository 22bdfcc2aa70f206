// The API's little languages: search, sort, filter.

#include <charconv>

#include "kms/core/types.h"

namespace kms {
namespace {

constexpr std::array<std::string_view, 5> kDates = {"creationDate", "deletionDate", "expirationDate", "lastRotateDate",
                                                    "lastUpdateDate"};
constexpr std::array<std::string_view, 4> kOthers = {"id", "state", "extractable", "imported"};

bool is_one_of(std::string_view name, auto const& list) { return std::find(list.begin(), list.end(), name) != list.end(); }

Error bad(std::string_view parameter, hsm::Literal why) {
  return refuse(Fault::invalid_query_parameter, why).in_field(std::string(parameter));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Cuts off and gives what stands before `mark`, or everything.
std::string_view cut(std::string_view& text, char mark) {
  const auto end = text.find(mark);
  const auto head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return head;
}

Status filter_states(std::string_view value, KeyQuery& query) {
  if (!query.states.empty()) return bad("filter", "state is given twice");
  while (!value.empty()) {
    const auto word = cut(value, ',');
    int number = -1;
    std::from_chars(word.data(), word.data() + word.size(), number);
    if (word.size() != 1 || number < 0 || number == 4 || number > 5) return bad("filter", "not a key state");
    query.states.push_back(static_cast<KeyState>(number));
  }
  return Done{};
}

Status filter_date(std::string_view property, std::string_view value, KeyQuery& query) {
  Comparison term{std::string(property), Comparison::Op::eq, {}};
  if (value == "none") {
    term.op = Comparison::Op::none;
    query.dates.push_back(term);
    return Done{};
  }
  using Op = Comparison::Op;
  for (const auto& [prefix, op] : {std::pair{std::string_view("gte:"), Op::gte}, {"gt:", Op::gt}, {"lte:", Op::lte}, {"lt:", Op::lt}}) {
    if (!value.starts_with(prefix)) continue;
    term.op = op;
    value.remove_prefix(prefix.size());
    break;
  }
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return bad("filter", "dates stand in double quotes");
  const auto time = parse_rfc3339(value.substr(1, value.size() - 2));
  if (!time) return bad("filter", "not a date of RFC 3339");
  term.time = *time;
  query.dates.push_back(term);
  return Done{};
}

}  // namespace

Status parse_search(std::string_view parameter, KeyQuery& query) {
  if (parameter.ends_with(',')) parameter.remove_suffix(1);  // the Go client appends one
  Search search;
  bool names = false;
  bool aliases = false;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view word : {"not:", "exact:", "name:", "alias:", "escape:"}) {
      if (!parameter.starts_with(word)) continue;
      parameter.remove_prefix(word.size());
      if (word == "not:") search.invert = true;
      if (word == "exact:") search.exact = true;
      if (word == "name:") names = true;
      if (word == "alias:") aliases = true;
      more = word != "escape:";
      break;
    }
  }
  if (names || aliases) {
    search.in_names = names;
    search.in_aliases = aliases;
  }
  if (parameter.empty()) return bad("search", "nothing to search for");
  search.text = std::string(parameter);
  query.search = std::move(search);
  return Done{};
}

Status parse_sort(std::string_view parameter, KeyQuery& query) {
  while (!parameter.empty()) {
    auto word = trimmed(cut(parameter, ','));
    SortKey key;
    key.descending = word.starts_with('-');
    if (key.descending) word.remove_prefix(1);
    if (!is_one_of(word, kDates) && !is_one_of(word, kOthers)) return bad("sort", "keys cannot be sorted by this");
    key.property = std::string(word);
    query.sort.push_back(std::move(key));
  }
  return Done{};
}

Status parse_filter(std::string_view parameter, KeyQuery& query) {
  parameter = trimmed(parameter);
  std::map<std::string_view, int> terms;
  while (!parameter.empty()) {
    auto term = cut(parameter, ' ');
    if (term.empty()) continue;
    if (term.find('=') == std::string_view::npos) return bad("filter", "a term is property=value");
    const auto property = cut(term, '=');
    if (++terms[property] > 3) return bad("filter", "more than three terms on one property");
    if (property == "state") {
      TRY(filter_states(term, query));
    } else if (property == "extractable") {
      if (query.extractable || (term != "true" && term != "false")) return bad("filter", "extractable is true or false, once");
      query.extractable = term == "true";
    } else if (is_one_of(property, kDates)) {
      TRY(filter_date(property, term, query));
    } else {
      return bad("filter", "keys cannot be filtered by this");
    }
  }
  return Done{};
}

}  // namespace kms
