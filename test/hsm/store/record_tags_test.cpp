#include "hsm/store/record_tags.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

namespace hsm::store::test {
namespace {

BOOST_AUTO_TEST_SUITE(record_tags)

BOOST_AUTO_TEST_CASE(a_tag_is_what_was_put_last_through_any_order_of_puts_and_removals) {
  std::mt19937 random(1);
  for (const std::uint64_t numbers : {10u, 5000u}) {
    RecordTags tags;
    std::map<std::uint64_t, RecordTags::Tag> model;
    const auto before = [&](std::uint64_t number) -> std::optional<RecordTags::Tag> {
      const auto at = model.find(number);
      return at == model.end() ? std::nullopt : std::optional(at->second);
    };
    for (int step = 0; step < 20000; ++step) {
      // First more come than go, then more go than come: the gaps close.
      const auto number = random() % numbers;
      const bool comes = random() % 4 < (step < 10000 ? 3u : 1u);
      RecordTags::Tag tag{};
      tag[0] = static_cast<std::uint8_t>(step);
      tag[15] = static_cast<std::uint8_t>(step >> 8);
      const auto expected = before(number);
      BOOST_REQUIRE(((comes ? tags.put(number, tag) : tags.remove(number)) == expected));
      if (comes) {
        model[number] = tag;
      } else {
        model.erase(number);
      }
      BOOST_REQUIRE(tags.size() == model.size());
    }
    for (std::uint64_t number = 0; number < numbers; ++number) {
      const auto* found = tags.find(number);
      BOOST_REQUIRE((found != nullptr) == model.contains(number));
      if (found != nullptr) BOOST_REQUIRE(*found == model[number]);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace hsm::store::test
