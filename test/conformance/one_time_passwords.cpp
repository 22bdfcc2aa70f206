// HOTP (PKCS#11 3.1, one-time passwords; RFC 4226, whose appendix D has the numbers).
#include <cstring>
#include <map>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

constexpr std::string_view kPasswords[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};

Bytes counter(CK_BYTE number) { return Bytes(7) + Bytes{number}; }

// CK_OTP_PARAMS with what it points to; lives as long as the mechanism of it.
struct Parameters {
  void add(CK_OTP_PARAM_TYPE type, Bytes value) {
    values.push_back(std::move(value));
    all.push_back({type, values.back().data(), values.back().size()});
  }
  void add(CK_OTP_PARAM_TYPE type, CK_ULONG number) { add(type, Bytes(ByteView(reinterpret_cast<const CK_BYTE*>(&number), sizeof number))); }
  Mechanism mechanism() { return Mechanism::of(CKM_HOTP, CK_OTP_PARAMS{all.data(), all.size()}); }
  std::deque<Bytes> values;
  std::vector<CK_OTP_PARAM> all;
};

using Given = std::map<CK_OTP_PARAM_TYPE, Bytes>;

// What a CK_OTP_SIGNATURE_INFO points to; all of it lies in the answer itself.
Given read(const Answer& answer) {
  answer.must();
  const auto* first = answer.bytes.data();
  const auto inside = [&](const void* at, CK_ULONG size) {
    const auto* octets = static_cast<const CK_BYTE*>(at);
    return octets >= first && octets + size <= first + answer.bytes.size();
  };
  CK_OTP_SIGNATURE_INFO info;
  BOOST_REQUIRE(answer.bytes.size() >= sizeof info);
  std::memcpy(&info, first, sizeof info);
  BOOST_REQUIRE(inside(info.pParams, info.ulCount * sizeof(CK_OTP_PARAM)));
  Given given;
  for (CK_ULONG i = 0; i < info.ulCount; ++i) {
    CK_OTP_PARAM one;
    std::memcpy(&one, reinterpret_cast<const CK_BYTE*>(info.pParams) + i * sizeof one, sizeof one);
    BOOST_REQUIRE(inside(one.pValue, one.ulValueLen));
    given[one.type] = Bytes(ByteView(static_cast<const CK_BYTE*>(one.pValue), one.ulValueLen));
  }
  return given;
}

struct Passwords : UserSession {
  static Template hotp() {
    return {{CKA_CLASS, CKO_OTP_KEY}, {CKA_KEY_TYPE, CKK_HOTP}, {CKA_VALUE, from_text("12345678901234567890")}, {CKA_TOKEN, false}};
  }
  CK_OBJECT_HANDLE key(const Template& more = {}) { return session.create(hotp().with(more)).must(); }
  Answer next(CK_OBJECT_HANDLE of) { return session.sign_once(CKM_HOTP, of, {}); }
  Bytes password(CK_OBJECT_HANDLE of) { return read(next(of))[CK_OTP_VALUE]; }
  Rv verify(CK_OBJECT_HANDLE of, std::string_view claimed, Mechanism how = CKM_HOTP) {
    return session.verify_once(std::move(how), of, {}, from_text(claimed));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(one_time_passwords)

BOOST_FIXTURE_TEST_CASE(a_key_gives_the_passwords_of_rfc_4226_one_after_the_other, Passwords) {
  for (const bool on_token : {false, true}) {
    const auto hotp = key({{CKA_TOKEN, on_token}});
    CK_BYTE count = 0;
    for (const auto expected : kPasswords) {
      BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(count));
      const auto given = read(next(hotp));
      BOOST_TEST(given.at(CK_OTP_VALUE) == from_text(expected));
      BOOST_TEST(given.at(CK_OTP_COUNTER) == counter(count++));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_generated_key_has_the_attributes_of_its_class, Passwords) {
  const auto made = session.generate(CKM_HOTP_KEY_GEN, {{CKA_TOKEN, false}, {CKA_OTP_SERVICE_IDENTIFIER, "mail"}}).must();
  BOOST_TEST(session.number(made, CKA_CLASS) == CKO_OTP_KEY);
  BOOST_TEST(session.number(made, CKA_KEY_TYPE) == CKK_HOTP);
  BOOST_TEST(session.number(made, CKA_VALUE_LEN) == 20u);
  BOOST_TEST(session.number(made, CKA_OTP_FORMAT) == CK_OTP_FORMAT_DECIMAL);
  BOOST_TEST(session.number(made, CKA_OTP_LENGTH) == 6u);
  BOOST_TEST(session.bytes(made, CKA_OTP_COUNTER) == counter(0));
  for (const auto requirement : {CKA_OTP_CHALLENGE_REQUIREMENT, CKA_OTP_TIME_REQUIREMENT, CKA_OTP_COUNTER_REQUIREMENT, CKA_OTP_PIN_REQUIREMENT})
    BOOST_TEST(session.number(made, requirement) == CK_OTP_PARAM_IGNORED);
  BOOST_TEST(session.flag(made, CKA_OTP_USER_FRIENDLY_MODE));
  BOOST_TEST(session.bytes(made, CKA_OTP_SERVICE_IDENTIFIER) == from_text("mail"));
  for (const auto empty : {CKA_OTP_TIME, CKA_OTP_USER_IDENTIFIER, CKA_OTP_SERVICE_LOGO, CKA_OTP_SERVICE_LOGO_TYPE})
    BOOST_TEST(session.bytes(made, empty).empty());
  for (const auto flag : {CKA_LOCAL, CKA_SENSITIVE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_SIGN, CKA_VERIFY})
    BOOST_TEST(session.flag(made, flag));
  BOOST_TEST(session.get(made, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
  BOOST_TEST(session.get(made, CKA_OTP_TIME_INTERVAL).rv == CKR_ATTRIBUTE_TYPE_INVALID);
  BOOST_TEST(session.set(made, {{CKA_OTP_USER_IDENTIFIER, "alice"}}) == CKR_OK);
  BOOST_TEST(password(made).size() == 6u);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_rfc_4226_does_not_know_is_not_made, Passwords) {
  for (const Template& wrong : {Template{{CKA_OTP_LENGTH, 5UL}}, {{CKA_OTP_LENGTH, 9UL}}, {{CKA_OTP_FORMAT, CK_OTP_FORMAT_HEXADECIMAL}},
                                {{CKA_OTP_TIME_REQUIREMENT, CK_OTP_PARAM_MANDATORY}}, {{CKA_OTP_PIN_REQUIREMENT, CK_OTP_PARAM_OPTIONAL}},
                                {{CKA_OTP_CHALLENGE_REQUIREMENT, CK_OTP_PARAM_OPTIONAL}}, {{CKA_OTP_COUNTER_REQUIREMENT, 3UL}},
                                {{CKA_OTP_COUNTER, Bytes(7)}}, {{CKA_OTP_TIME, "20261129120000"}}, {{CKA_VALUE, counting(15)}},
                                {{CKA_VALUE, counting(65)}}, {{CKA_KEY_TYPE, CKK_SECURID}}})
    BOOST_TEST(session.create(hotp().with(wrong)).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.create(hotp().with({{CKA_CLASS, CKO_SECRET_KEY}})).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.generate(CKM_HOTP_KEY_GEN, {{CKA_CLASS, CKO_SECRET_KEY}}).rv == CKR_TEMPLATE_INCONSISTENT);
}

BOOST_FIXTURE_TEST_CASE(a_password_may_have_more_digits, Passwords) {
  BOOST_TEST(password(key({{CKA_OTP_LENGTH, 8UL}})) == from_text("84755224"));
  Parameters seven;
  seven.add(CK_OTP_OUTPUT_LENGTH, 7UL);
  BOOST_TEST(read(session.sign_once(seven.mechanism(), key(), {}))[CK_OTP_VALUE] == from_text("4755224"));
}

BOOST_FIXTURE_TEST_CASE(a_size_that_is_asked_for_or_too_small_spends_no_password, Passwords) {
  const auto hotp = key();
  session.sign_init(CKM_HOTP, hotp).must();
  const auto need = session.sign({}, kAskSize).length;
  BOOST_TEST(need >= sizeof(CK_OTP_SIGNATURE_INFO) + sizeof(CK_OTP_PARAM) + 6);
  const auto small = session.sign({}, need - 1);
  BOOST_TEST(small.rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(small.length == need);
  BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(0));
  const auto whole = session.sign({}, need);
  BOOST_TEST(whole.length == need);
  BOOST_TEST(read(whole)[CK_OTP_VALUE] == from_text(kPasswords[0]));
  BOOST_TEST(session.sign({}).rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_password_comes_out_at_the_end_too, Passwords) {
  const auto hotp = key();
  session.sign_init(CKM_HOTP, hotp).must();
  BOOST_TEST(session.sign_update({}) == CKR_OK);
  const auto need = session.sign_final(kAskSize).length;
  BOOST_TEST(session.sign_final(need - 1).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(read(session.sign_final(need))[CK_OTP_VALUE] == from_text(kPasswords[0]));
  session.verify_init(CKM_HOTP, hotp).must();
  BOOST_TEST(session.verify_final(from_text(kPasswords[1])) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_password_is_of_no_data_and_no_message, Passwords) {
  const auto hotp = key();
  session.sign_init(CKM_HOTP, hotp).must();
  BOOST_TEST(session.sign(counting(1)).rv == CKR_DATA_LEN_RANGE);
  session.sign_init(CKM_HOTP, hotp).must();
  BOOST_TEST(session.sign_update(counting(1)) == CKR_DATA_LEN_RANGE);
  session.verify_init(CKM_HOTP, hotp).must();
  BOOST_TEST(session.verify(counting(1), from_text(kPasswords[0])) == CKR_DATA_LEN_RANGE);
  BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(0));
  BOOST_TEST(Rv(p11_3_2().C_MessageSignInit(session.handle(), Mechanism(CKM_HOTP).raw(), hotp)) == CKR_MECHANISM_INVALID);
  CK_MECHANISM_INFO info{};
  Rv(p11().C_GetMechanismInfo(slot, CKM_HOTP, &info)).must();
  BOOST_TEST(info.flags == (CKF_SIGN | CKF_VERIFY));
}

BOOST_FIXTURE_TEST_CASE(a_password_is_accepted_once, Passwords) {
  const auto hotp = key({{CKA_TOKEN, true}});
  BOOST_TEST(verify(hotp, kPasswords[1]) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(verify(hotp, "75522") == CKR_SIGNATURE_LEN_RANGE);
  BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(0));
  BOOST_TEST(verify(hotp, kPasswords[0]) == CKR_OK);
  BOOST_TEST(verify(hotp, kPasswords[0]) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(verify(hotp, kPasswords[1]) == CKR_OK);
  BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(2));
}

BOOST_FIXTURE_TEST_CASE(a_verification_may_name_its_counter_and_moves_nothing_then, Passwords) {
  const auto hotp = key();
  Parameters fifth;
  fifth.add(CK_OTP_COUNTER, counter(5));
  BOOST_TEST(verify(hotp, kPasswords[5], fifth.mechanism()) == CKR_OK);
  BOOST_TEST(verify(hotp, kPasswords[4], fifth.mechanism()) == CKR_SIGNATURE_INVALID);
  BOOST_TEST(session.bytes(hotp, CKA_OTP_COUNTER) == counter(0));
}

BOOST_FIXTURE_TEST_CASE(a_signature_takes_the_callers_counter_where_the_key_says_so, Passwords) {
  Parameters fifth;
  fifth.add(CK_OTP_COUNTER, counter(5));
  const auto sign = [&](CK_OBJECT_HANDLE of) { return read(session.sign_once(fifth.mechanism(), of, {}))[CK_OTP_VALUE]; };
  BOOST_TEST(sign(key()) == from_text(kPasswords[0]));
  const auto optional = key({{CKA_OTP_COUNTER_REQUIREMENT, CK_OTP_PARAM_OPTIONAL}});
  BOOST_TEST(sign(optional) == from_text(kPasswords[5]));
  BOOST_TEST(password(optional) == from_text(kPasswords[0]));
  const auto mandatory = key({{CKA_OTP_COUNTER_REQUIREMENT, CK_OTP_PARAM_MANDATORY}});
  BOOST_TEST(sign(mandatory) == from_text(kPasswords[5]));
  BOOST_TEST(session.sign_init(CKM_HOTP, mandatory) == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(parameters_that_a_hotp_cannot_heed_are_refused, Passwords) {
  const auto hotp = key();
  const auto begun = [&](CK_OTP_PARAM_TYPE type, const auto& value) {
    Parameters given;
    given.add(type, value);
    return session.sign_init(given.mechanism(), hotp);
  };
  BOOST_TEST(begun(CK_OTP_OUTPUT_LENGTH, 9UL) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_OUTPUT_FORMAT, CK_OTP_FORMAT_BINARY) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_FLAGS, CKF_NEXT_OTP) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_FLAGS, CKF_EXCLUDE_COUNTER) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_COUNTER, counting(7)) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(99, counting(7)) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_FLAGS, counting(3)) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.sign_init(Mechanism(CKM_HOTP, counting(5)), hotp) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(session.sign_init(Mechanism::of(CKM_HOTP, CK_OTP_PARAMS{nullptr, 1}), hotp) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(begun(CK_OTP_FLAGS, CKF_USER_FRIENDLY_OTP | CKF_EXCLUDE_TIME | CKF_EXCLUDE_PIN | CKF_EXCLUDE_CHALLENGE) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_counter_is_moved_by_passwords_alone, Passwords) {
  const auto hotp = key({{CKA_OTP_COUNTER, counter(3)}});
  BOOST_TEST(password(hotp) == from_text(kPasswords[3]));
  BOOST_TEST(session.set(hotp, {{CKA_OTP_COUNTER, counter(0)}}) == CKR_ATTRIBUTE_READ_ONLY);
  BOOST_TEST(session.copy(hotp, {}).rv == CKR_ACTION_PROHIBITED);
  BOOST_TEST(password(hotp) == from_text(kPasswords[4]));
  const auto last = key({{CKA_OTP_COUNTER, Bytes(8, 0xFF)}});
  session.sign_init(CKM_HOTP, last).must();
  BOOST_TEST(session.sign({}).rv == CKR_KEY_EXHAUSTED);
}

BOOST_FIXTURE_TEST_CASE(a_key_for_passwords_does_nothing_else, Passwords) {
  const auto hotp = key({{CKA_EXTRACTABLE, true}, {CKA_WRAP_WITH_TRUSTED, false}, {CKA_SENSITIVE, false}, {CKA_DERIVE, true}});
  BOOST_TEST(session.sign_init(CKM_SHA_1_HMAC, hotp) == CKR_KEY_TYPE_INCONSISTENT);
  const auto hmac = session.create(secret_key(CKK_GENERIC_SECRET, counting(20)).with(roles({CKA_SIGN}))).must();
  BOOST_TEST(session.sign_init(CKM_HOTP, hmac) == CKR_KEY_TYPE_INCONSISTENT);
  const auto wrapping = session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with(roles({CKA_WRAP}))).must();
  BOOST_TEST(session.wrap(CKM_AES_KEY_WRAP_KWP, wrapping, hotp).rv == CKR_KEY_NOT_WRAPPABLE);
  BOOST_TEST(session.derive(CKM_SHA256_KEY_DERIVATION, hotp, secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE)).rv ==
             CKR_KEY_TYPE_INCONSISTENT);
  session.digest_init(CKM_SHA256).must();
  BOOST_TEST(session.digest_key(hotp) == CKR_KEY_INDIGESTIBLE);
}

BOOST_FIXTURE_TEST_CASE(a_session_that_is_asynchronous_gives_passwords_at_once, Passwords) {
  const auto hotp = key({{CKA_TOKEN, true}});
  Session own(slot, kReadWrite | CKF_ASYNC_SESSION);
  BOOST_TEST(read(own.sign_once(CKM_HOTP, hotp, {}))[CK_OTP_VALUE] == from_text(kPasswords[0]));
}

BOOST_AUTO_TEST_SUITE_END()
