// Several keys of one derivation by SP 800-108 (PKCS#11 3.2, 6.42): each begins with a block of the pseudo-random function.
#include <array>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

constexpr std::size_t kBlock = 32;  // of HMAC-SHA-256

template <class Fixture>
struct Sp800_108 : Fixture {
  using Fixture::session;
  using Fixture::slot;

  CK_SP800_108_COUNTER_FORMAT counter{CK_FALSE, 32};
  CK_SP800_108_DKM_LENGTH_FORMAT length{CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_FALSE, 32};
  Bytes label = from_text("several keys");
  std::array<CK_PRF_DATA_PARAM, 3> counted{{{CK_SP800_108_ITERATION_VARIABLE, &counter, sizeof counter},
                                            {CK_SP800_108_BYTE_ARRAY, label.data(), label.size()},
                                            {CK_SP800_108_DKM_LENGTH, &length, sizeof length}}};
  std::array<CK_PRF_DATA_PARAM, 2> chained{{{CK_SP800_108_ITERATION_VARIABLE, nullptr, 0}, {CK_SP800_108_BYTE_ARRAY, label.data(), label.size()}}};
  CK_OBJECT_HANDLE second = 99, third = 99;
  Template of_second = readable(16), of_third = readable(40);

  static Template readable(CK_ULONG length) {
    return readable_key().with({{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, length}});
  }
  bool has(CK_MECHANISM_TYPE type) {
    CK_MECHANISM_INFO info{};
    return p11().C_GetMechanismInfo(slot, type, &info) == CKR_OK;
  }
  CK_OBJECT_HANDLE base() {
    return session.create(secret_key(CKK_GENERIC_SECRET, counting(32)).with(roles({CKA_DERIVE, CKA_SIGN})).with(readable_key())).must();
  }
  std::array<CK_DERIVED_KEY, 2> additional() {
    return {{{of_second.raw(), of_second.size(), &second}, {of_third.raw(), of_third.size(), &third}}};
  }
  /// A block of input, as the standard has it done by hand.
  Bytes prf(CK_OBJECT_HANDLE key, ByteView in) { return session.sign_once(CKM_SHA256_HMAC, key, in).must(); }
  /// The counter, the label and the length in bits.
  Bytes block(CK_OBJECT_HANDLE key, CK_BYTE number, CK_ULONG bits) {
    Bytes in{0, 0, 0, number};
    in.insert(in.end(), label.begin(), label.end());
    for (int shift = 24; shift >= 0; shift -= 8) in.push_back(static_cast<CK_BYTE>(bits >> shift));
    return prf(key, in);
  }
};
using Several = Sp800_108<CompatibleSession>;
using StrictSeveral = Sp800_108<UserSession>;

Bytes first_of(Bytes octets, std::size_t size) {
  octets.resize(size);
  return octets;
}
Bytes joined(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sp800_108)

BOOST_FIXTURE_TEST_CASE(each_additional_key_begins_with_a_block_and_the_lengths_add_up, Several) {
  if (!has(CKM_SP800_108_COUNTER_KDF)) return;
  const auto key = base();
  for (const auto method : {CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS}) {
    length.dkmLengthMethod = method;
    auto more = additional();
    const auto one = session.derive(Mechanism::of(CKM_SP800_108_COUNTER_KDF, CK_SP800_108_KDF_PARAMS{CKM_SHA256_HMAC, 3, counted.data(), 2, more.data()}),
                                    key, readable(20)).must();
    const CK_ULONG bits = 8 * (method == CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS ? 20 + 16 + 40 : 4 * kBlock);
    BOOST_TEST(session.bytes(one, CKA_VALUE) == first_of(block(key, 1, bits), 20));
    BOOST_TEST(session.bytes(second, CKA_VALUE) == first_of(block(key, 2, bits), 16));
    BOOST_TEST(session.bytes(third, CKA_VALUE) == first_of(joined(block(key, 3, bits), block(key, 4, bits)), 40));
    BOOST_TEST(session.number(third, CKA_VALUE_LEN) == 40u);
  }
}

BOOST_FIXTURE_TEST_CASE(the_feedback_goes_on_from_key_to_key, Several) {
  if (!has(CKM_SP800_108_FEEDBACK_KDF)) return;
  const auto key = base();
  auto iv = counting(kBlock);
  auto more = additional();
  const auto one = session.derive(Mechanism::of(CKM_SP800_108_FEEDBACK_KDF, CK_SP800_108_FEEDBACK_KDF_PARAMS{CKM_SHA256_HMAC, 2, chained.data(), iv.size(),
                                                                                                             iv.data(), 1, more.data()}),
                                  key, readable(20)).must();
  const auto block_1 = prf(key, joined(iv, label));
  BOOST_TEST(session.bytes(one, CKA_VALUE) == first_of(block_1, 20));
  BOOST_TEST(session.bytes(second, CKA_VALUE) == first_of(prf(key, joined(block_1, label)), 16));
  BOOST_TEST(third == 99u);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_template_makes_no_key_at_all_and_no_handle, Several) {
  if (!has(CKM_SP800_108_COUNTER_KDF)) return;
  const auto key = base();
  const auto before = session.find({{CKA_CLASS, CKO_SECRET_KEY}}).size();
  of_third = {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, CK_ULONG{17}}};
  auto more = additional();
  const auto derive = [&](CK_ULONG count, CK_DERIVED_KEY* keys) {
    return session.derive(Mechanism::of(CKM_SP800_108_COUNTER_KDF, CK_SP800_108_KDF_PARAMS{CKM_SHA256_HMAC, 3, counted.data(), count, keys}), key,
                          readable(20)).rv;
  };
  BOOST_TEST(derive(2, more.data()) != CKR_OK);
  BOOST_TEST(second == CK_INVALID_HANDLE);
  BOOST_TEST(third == CK_INVALID_HANDLE);
  BOOST_TEST(derive(2, nullptr) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(derive(~CK_ULONG{0}, more.data()) == CKR_MECHANISM_PARAM_INVALID);
  more[1].phKey = nullptr;
  BOOST_TEST(derive(2, more.data()) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.find({{CKA_CLASS, CKO_SECRET_KEY}}).size() == before);
}

BOOST_FIXTURE_TEST_CASE(additional_keys_are_protected_like_the_base_key, StrictSeveral) {
  if (!has(CKM_SP800_108_COUNTER_KDF)) return;
  const auto key = session.generate(CKM_GENERIC_SECRET_KEY_GEN, Template{{CKA_VALUE_LEN, CK_ULONG{32}}, {CKA_TOKEN, false}}.with(roles({CKA_DERIVE}))).must();
  auto more = additional();
  const auto derive = [&] {
    return session.derive(Mechanism::of(CKM_SP800_108_COUNTER_KDF, CK_SP800_108_KDF_PARAMS{CKM_SHA256_HMAC, 3, counted.data(), 1, more.data()}), key,
                          {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_GENERIC_SECRET}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, CK_ULONG{32}}}).rv;
  };
  BOOST_TEST(derive() == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(second == CK_INVALID_HANDLE);
  of_second = {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, CK_ULONG{16}}};
  more = additional();
  BOOST_TEST(derive() == CKR_OK);
  BOOST_TEST(session.flag(second, CKA_SENSITIVE));
}

BOOST_AUTO_TEST_SUITE_END()
