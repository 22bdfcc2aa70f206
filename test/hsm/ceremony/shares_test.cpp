#include "hsm/ceremony/shares.h"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

#include "hsm/ceremony/field.h"

using namespace hsm;
using namespace hsm::ceremony;

namespace hsm {
static std::ostream& operator<<(std::ostream& out, Rv rv) { return out << name_of(rv); }
}  // namespace hsm

namespace {

KeyUse use() { return crypto::SecretAccess::use(); }

struct Split {
  Secret key = crypto::random_secret(kMasterKeySize);
  std::vector<Share> shares;

  Split() : Split(3, 5) {}
  Split(std::uint8_t threshold, std::uint8_t count)
      : shares(split(key, {.threshold = threshold, .count = count, .epoch = 7, .unit = {1, 2, 3}}).value()) {}

  std::vector<Share> some(std::initializer_list<std::size_t> chosen) const {
    std::vector<Share> picked;
    for (const auto i : chosen) picked.push_back({shares[i].info, shares[i].payload.clone(use())});
    return picked;
  }
};

void damage(Share& share) { share.payload.fill(use())[5] ^= 1; }

Error refusal(const std::vector<Share>& shares) {
  auto result = combine(shares);
  BOOST_REQUIRE(!result);
  return result.error();
}

Secret phrase(std::string_view text = "correct horse battery staple") { return Secret::copy_of(view(text)); }

template <class T>
Rv rv_of(const Result<T>& result) {
  return result ? Rv::ok : result.error().rv;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(field_of_aes)

BOOST_AUTO_TEST_CASE(every_element_but_zero_has_its_inverse) {
  for (unsigned a = 1; a < 256; ++a) {
    const auto element = static_cast<std::uint8_t>(a);
    BOOST_TEST(field::multiply(element, field::inverse(element)) == 1);
  }
  BOOST_TEST(field::inverse(0) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(shares, Split)

BOOST_AUTO_TEST_CASE(any_three_of_five_give_the_key_back) {
  for (std::size_t a = 0; a < 5; ++a)
    for (std::size_t b = 0; b < 5; ++b)
      for (std::size_t c = 0; c < 5; ++c)
        if (a != b && b != c && a != c) BOOST_TEST(equal_in_constant_time(combine(some({a, b, c})).value(), key));
}

BOOST_AUTO_TEST_CASE(every_threshold_and_number_of_shares_works) {
  for (std::uint8_t count = 2; count <= kMostShares; ++count)
    for (std::uint8_t threshold = 2; threshold <= count; ++threshold) {
      const Split made(threshold, count);
      BOOST_TEST(made.shares.size() == count);
      BOOST_TEST(equal_in_constant_time(combine(made.shares).value(), made.key));
    }
}

BOOST_AUTO_TEST_CASE(other_thresholds_are_refused) {
  for (const auto& [threshold, count] : {std::pair{1, 3}, {0, 3}, {4, 3}, {2, 17}, {2, 1}})
    BOOST_TEST(rv_of(split(key, {.threshold = static_cast<std::uint8_t>(threshold),
                                 .count = static_cast<std::uint8_t>(count), .epoch = 1, .unit = {}})) == Rv::arguments_bad);
  BOOST_TEST(rv_of(split(Secret(31), {})) == Rv::arguments_bad);
}

BOOST_AUTO_TEST_CASE(too_few_shares_are_counted) {
  const auto error = refusal(some({0, 4}));
  BOOST_TEST(error.text() == "there are too few shares: 2 of the 3 that are needed");
}

BOOST_AUTO_TEST_CASE(a_share_given_twice_is_named) { BOOST_TEST(refusal(some({0, 1, 0})).text() == "a share was given twice: share 1"); }

BOOST_AUTO_TEST_CASE(a_share_of_another_set_is_named) {
  const auto other = split(key, {.threshold = 3, .count = 5, .epoch = 7, .unit = {1, 2, 3}}).value();
  auto mixed = some({0, 1});
  mixed.push_back({other[3].info, other[3].payload.clone(use())});
  BOOST_TEST(refusal(mixed).text() == "a share is of another set than the first: share 4");
}

BOOST_AUTO_TEST_CASE(a_wrong_share_is_named_when_there_are_enough_others) {
  for (std::size_t wrong = 0; wrong < 5; ++wrong) {
    auto all = some({0, 1, 2, 3, 4});
    damage(all[wrong]);
    BOOST_TEST(refusal(all).text() == "a share does not belong to the others: share " + std::to_string(wrong + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_share_among_just_enough_is_noticed) {
  auto three = some({0, 1, 2});
  damage(three[1]);
  BOOST_TEST(refusal(three).rv == Rv::data_invalid);
}

BOOST_AUTO_TEST_CASE(an_index_of_zero_or_beyond_the_count_is_refused) {
  for (const std::uint8_t index : std::array<std::uint8_t, 3>{0, 6, 255}) {
    auto three = some({0, 1, 2});
    three[2].info.index = index;
    BOOST_TEST(refusal(three).text() == "this cannot be a share: share " + std::to_string(index));
  }
}

BOOST_AUTO_TEST_CASE(two_splits_of_one_key_have_nothing_in_common) {
  const auto other = split(key, {.threshold = 3, .count = 5, .epoch = 7, .unit = {1, 2, 3}}).value();
  BOOST_TEST(other[0].info.set != shares[0].info.set);
  BOOST_TEST(!equal_in_constant_time(other[0].payload, shares[0].payload));
}

BOOST_AUTO_TEST_CASE(the_leading_coefficient_is_zero_as_often_as_any_other_number) {
  // With a threshold of 2 the leading coefficient is what lies between the key and share 1: it must be able to be zero.
  std::size_t zeros = 0;
  constexpr std::size_t kSplits = 400;
  for (std::size_t i = 0; i < kSplits; ++i) {
    const auto made = split(key, {.threshold = 2, .count = 2, .epoch = 1, .unit = {}}).value();
    const auto a = key.reveal(use()), b = made[0].payload.reveal(use());
    for (std::size_t octet = 0; octet < kMasterKeySize; ++octet) zeros += a[octet] == b[octet] ? 1 : 0;
  }
  // 12800 octets, 50 expected.
  BOOST_TEST(zeros > 15u);
  BOOST_TEST(zeros < 110u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(share_files, Split)

BOOST_AUTO_TEST_CASE(a_file_gives_its_share_back) {
  const auto file = write_share(shares[2], phrase(), FileCost::for_rehearsal()).value();
  const auto back = read_share(file, phrase()).value();
  auto expected = shares[2].info;
  expected.rehearsal = true;
  BOOST_TEST((back.info == expected));
  BOOST_TEST(equal_in_constant_time(back.payload, shares[2].payload));
  BOOST_TEST((read_share_info(file).value() == expected));
}

BOOST_AUTO_TEST_CASE(a_wrong_passphrase_does_not_open_it) {
  const auto file = write_share(shares[2], phrase(), FileCost::for_rehearsal()).value();
  const auto refused = read_share(file, phrase("Correct horse battery staple"));
  BOOST_TEST(rv_of(refused) == Rv::pin_incorrect);
  BOOST_TEST(refused.error().subject == "share 3");
  BOOST_TEST(rv_of(write_share(shares[2], Secret(), FileCost::for_rehearsal())) == Rv::arguments_bad);
}

BOOST_AUTO_TEST_CASE(every_flipped_octet_is_noticed) {
  const auto file = write_share(shares[0], phrase(), {{.memory_kib = 1024, .passes = 1, .lanes = 1}, true}).value();
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto changed = file;
    changed[at] ^= 0x01;
    // A file that now asks for another cost may be refused for that alone.
    BOOST_TEST(!read_share(changed, phrase()).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_truncated_or_lengthened_file_is_refused) {
  auto file = write_share(shares[0], phrase(), FileCost::for_rehearsal()).value();
  for (std::size_t size = 0; size < file.size(); size += 7)
    BOOST_TEST(rv_of(read_share(ByteView(file).first(size), phrase())) == Rv::data_invalid);
  file.push_back(0);
  BOOST_TEST(rv_of(read_share(file, phrase())) == Rv::data_invalid);
}

BOOST_AUTO_TEST_CASE(costs_beyond_the_limits_are_neither_written_nor_read) {
  for (const auto& cost : {crypto::Argon2Cost{1024, 3, 1}, {262144, 2, 1}, {262144, 3, 17}, {4194305, 3, 1}, {262144, 11, 1}})
    BOOST_TEST(rv_of(write_share(shares[0], phrase(), {cost, false})) == Rv::data_invalid);
  auto file = write_share(shares[0], phrase(), FileCost::for_rehearsal()).value();
  file[5] = 1;  // claims to be no rehearsal
  BOOST_TEST(rv_of(read_share(file, phrase())) == Rv::data_invalid);
}

BOOST_AUTO_TEST_SUITE_END()
