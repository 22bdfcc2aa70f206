// Asynchronous sessions (PKCS#11 3.2, 5.22): long calls go on by themselves and are asked for.
#include <unistd.h>

#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

CK_UTF8CHAR_PTR name_of(const char* function) { return reinterpret_cast<CK_UTF8CHAR_PTR>(const_cast<char*>(function)); }

struct Asynchronous : UserSession {
  Rv complete(const Session& in, const char* function, CK_ASYNC_DATA& result) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (true) {
      const Rv rv = p11_3_2().C_AsyncComplete(in.handle(), name_of(function), &result);
      if (!(rv == CKR_PENDING) || std::chrono::steady_clock::now() > deadline) return rv;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  Rv complete(const char* function, CK_ASYNC_DATA& result) { return complete(own, function, result); }
  Rv start_pair(CK_ULONG bits = 3072, bool on_token = false) {
    return own.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, new_rsa_public_key(bits).with({{CKA_TOKEN, on_token}}),
                             Template{{CKA_TOKEN, on_token}}.with(roles({CKA_SIGN}))).rv;
  }
  Rv name(const Session& in, const char* function, CK_ULONG& id) { return p11_3_2().C_AsyncGetID(in.handle(), name_of(function), &id); }
  Rv join(const Session& in, const char* function, CK_ULONG id, CK_BYTE_PTR data = nullptr, CK_ULONG size = 0) {
    return p11_3_2().C_AsyncJoin(in.handle(), name_of(function), id, data, size);
  }

  Session own{slot, kReadWrite | CKF_ASYNC_SESSION};
  CK_ASYNC_DATA result{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(asynchronous)

BOOST_FIXTURE_TEST_CASE(a_session_says_that_it_is_asynchronous, Asynchronous) {
  BOOST_TEST((token_flags(slot) & CKF_ASYNC_SESSION_SUPPORTED) != 0);
  BOOST_TEST((own.info().flags & CKF_ASYNC_SESSION) != 0);
  BOOST_TEST((session.info().flags & CKF_ASYNC_SESSION) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_key_pair_is_pending_and_then_there, Asynchronous) {
  BOOST_TEST(start_pair() == CKR_PENDING);
  complete("C_GenerateKeyPair", result).must();
  BOOST_TEST(own.number(result.hObject, CKA_CLASS) == CKO_PUBLIC_KEY);
  BOOST_TEST(own.number(result.hAdditionalObject, CKA_CLASS) == CKO_PRIVATE_KEY);
  BOOST_TEST(own.number(result.hObject, CKA_MODULUS_BITS) == 3072UL);
  BOOST_TEST(Rv(p11_3_2().C_AsyncComplete(own.handle(), name_of("C_GenerateKeyPair"), &result)) == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(the_result_is_untouched_while_the_call_is_pending, Asynchronous) {
  start_pair(4096);
  result.hObject = 77;
  if (Rv(p11_3_2().C_AsyncComplete(own.handle(), name_of("C_GenerateKeyPair"), &result)) == CKR_PENDING) BOOST_TEST(result.hObject == 77UL);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(secret_keys_are_made_and_derived, Asynchronous) {
  BOOST_TEST(own.generate(CKM_GENERIC_SECRET_KEY_GEN, new_secret_key(32).with(roles({CKA_DERIVE}))).rv == CKR_PENDING);
  complete("C_GenerateKey", result).must();
  BOOST_TEST(own.number(result.hObject, CKA_VALUE_LEN) == 32UL);
  const Template wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, 32UL});
  BOOST_TEST(own.derive(CKM_SHA256_KEY_DERIVATION, result.hObject, wanted).rv == CKR_PENDING);
  complete("C_DeriveKey", result).must();
  BOOST_TEST(own.number(result.hObject, CKA_CLASS) == CKO_SECRET_KEY);
}

BOOST_FIXTURE_TEST_CASE(a_signature_comes_into_the_buffer_of_the_call, Asynchronous) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with(roles({CKA_SIGN}))).must();
  const Bytes data = counting(40), expected = session.sign_once(CKM_SHA256_RSA_PKCS, key, data).must();
  own.sign_init(CKM_SHA256_RSA_PKCS, key).must();
  BOOST_TEST(own.sign(data, kAskSize).length == expected.size());
  BOOST_TEST(own.sign(data, expected.size() - 1).rv == CKR_BUFFER_TOO_SMALL);
  Bytes buffer(expected.size(), 0);
  CK_ULONG length = buffer.size();
  BOOST_TEST(Rv(p11().C_Sign(own.handle(), readable(data), data.size(), buffer.data(), &length)) == CKR_PENDING);
  complete("C_Sign", result).must();
  BOOST_TEST(result.pValue == buffer.data());
  BOOST_TEST(result.ulValue == expected.size());
  BOOST_TEST(buffer == expected);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_told_when_the_call_is_completed, Asynchronous) {
  BOOST_TEST(start_pair(1000) == CKR_PENDING);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_KEY_SIZE_RANGE);
  BOOST_TEST(start_pair(3072) == CKR_PENDING);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_function_is_pending_once_in_a_session, Asynchronous) {
  Session another(slot, kReadWrite | CKF_ASYNC_SESSION);
  start_pair();
  BOOST_TEST(start_pair() == CKR_OPERATION_ACTIVE);
  BOOST_TEST(own.generate(CKM_AES_KEY_GEN, new_secret_key(32)).rv == CKR_PENDING);
  BOOST_TEST(another.generate_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, new_rsa_public_key(2048), {}).rv == CKR_PENDING);
  BOOST_TEST(complete("C_GenerateKey", result) == CKR_OK);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
  BOOST_TEST(complete(another, "C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(more_calls_than_go_on_at_once_are_made_all_the_same, Asynchronous) {
  std::vector<Session> many;
  std::vector<Rv> answers;
  for (int i = 0; i < 80; ++i) {
    many.emplace_back(slot, kReadWrite | CKF_ASYNC_SESSION);
    answers.push_back(many.back().generate(CKM_AES_KEY_GEN, new_secret_key(32)).rv);
  }
  for (std::size_t i = 0; i < many.size(); ++i) {
    BOOST_TEST(among(answers[i], {CKR_OK, CKR_PENDING}));
    if (answers[i] == CKR_PENDING) BOOST_TEST(complete(many[i], "C_GenerateKey", result) == CKR_OK);
  }
}

BOOST_FIXTURE_TEST_CASE(other_calls_of_the_session_work_meanwhile, Asynchronous) {
  start_pair(4096);
  BOOST_TEST(own.random(16).rv == CKR_OK);
  BOOST_TEST(own.find({{CKA_CLASS, CKO_DATA}}).empty());
  own.digest_init(CKM_SHA256).must();
  BOOST_TEST(own.digest(counting(3)).rv == CKR_OK);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_pending_is_not_completed, Asynchronous) {
  BOOST_TEST(complete("C_GenerateKey", result) == CKR_OPERATION_NOT_INITIALIZED);
  start_pair();
  BOOST_TEST(complete("C_GenerateKey", result) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(complete(session, "C_GenerateKeyPair", result) == CKR_OPERATION_NOT_INITIALIZED);
  CK_ASYNC_DATA newer{1, nullptr, 0, 0, 0};
  BOOST_TEST(complete("C_GenerateKeyPair", newer) == CKR_ARGUMENTS_BAD);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_session_is_closed_over_a_pending_call_and_leaves_nothing, Asynchronous) {
  start_pair(3072);
  BOOST_TEST(own.close() == CKR_OK);
  BOOST_TEST(session.find({{CKA_CLASS, CKO_PRIVATE_KEY}}).empty());
}

BOOST_FIXTURE_TEST_CASE(all_sessions_are_closed_over_pending_calls, Asynchronous) {
  Session another(slot, kReadWrite | CKF_ASYNC_SESSION);
  start_pair(2048);
  another.generate(CKM_AES_KEY_GEN, new_secret_key(32));
  BOOST_TEST(Rv(p11().C_CloseAllSessions(slot)) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_module_is_finalized_over_a_pending_call, Asynchronous) {
  start_pair();
  BOOST_TEST(Rv(p11().C_Finalize(nullptr)) == CKR_OK);
  BOOST_TEST(Rv(p11_3_2().C_AsyncComplete(own.handle(), name_of("C_GenerateKeyPair"), &result)) == CKR_CRYPTOKI_NOT_INITIALIZED);
  Rv(p11().C_Initialize(nullptr)).must();
  Session later(slot, kReadWrite | CKF_ASYNC_SESSION);
  BOOST_TEST((later.info().flags & CKF_ASYNC_SESSION) != 0);
}

BOOST_FIXTURE_TEST_CASE(a_child_of_a_process_with_a_pending_call_begins_uninitialized, Asynchronous) {
  start_pair(3072);
  const pid_t child = ::fork();
  if (child == 0) {
    const CK_RV pending = p11_3_2().C_AsyncComplete(own.handle(), name_of("C_GenerateKeyPair"), &result);
    ::_exit(pending == CKR_CRYPTOKI_NOT_INITIALIZED && p11().C_Initialize(nullptr) == CKR_OK && p11().C_Finalize(nullptr) == CKR_OK ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_token_key_outlives_the_session_that_began_it, Asynchronous) {
  start_pair(3072, true);
  CK_ULONG id = 0;
  name(own, "C_GenerateKeyPair", id).must();
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OPERATION_NOT_INITIALIZED);
  own.close().must();
  Session another(slot, kReadWrite | CKF_ASYNC_SESSION);
  BOOST_TEST(join(another, "C_GenerateKeyPair", id) == CKR_OK);
  complete(another, "C_GenerateKeyPair", result).must();
  BOOST_TEST(another.flag(result.hAdditionalObject, CKA_TOKEN));
  BOOST_TEST(join(another, "C_GenerateKeyPair", id) == CKR_SAVED_STATE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_signature_is_joined_into_another_buffer, Asynchronous) {
  const CK_OBJECT_HANDLE key = session.create(rsa_private_key().with(roles({CKA_SIGN}))).must();
  const Bytes data = counting(40), expected = session.sign_once(CKM_SHA256_RSA_PKCS, key, data).must();
  own.sign_init(CKM_SHA256_RSA_PKCS, key).must();
  Bytes first(expected.size(), 0), second(expected.size(), 0);
  CK_ULONG length = first.size(), id = 0;
  Rv(p11().C_Sign(own.handle(), readable(data), data.size(), first.data(), &length));
  name(own, "C_Sign", id).must();
  BOOST_TEST(join(own, "C_Sign", id, second.data(), second.size() - 1) == CKR_BUFFER_TOO_SMALL);
  join(own, "C_Sign", id, second.data(), second.size()).must();
  complete("C_Sign", result).must();
  BOOST_TEST(result.pValue == second.data());
  BOOST_TEST(second == expected);
  BOOST_TEST(first == Bytes(expected.size(), 0));
}

BOOST_FIXTURE_TEST_CASE(what_goes_with_its_session_gets_no_number, Asynchronous) {
  CK_ULONG id = 0;
  BOOST_TEST(name(own, "C_GenerateKeyPair", id) == CKR_OPERATION_NOT_INITIALIZED);
  start_pair(2048);
  BOOST_TEST(name(own, "C_GenerateKeyPair", id) == CKR_STATE_UNSAVEABLE);
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(what_was_not_named_is_not_joined, Asynchronous) {
  BOOST_TEST(join(own, "C_GenerateKeyPair", 1) == CKR_SAVED_STATE_INVALID);
  start_pair(2048, true);
  CK_ULONG id = 0;
  name(own, "C_GenerateKeyPair", id).must();
  BOOST_TEST(join(own, "C_GenerateKey", id) == CKR_SAVED_STATE_INVALID);
  BOOST_TEST(join(own, "C_GenerateKeyPair", id + 1) == CKR_SAVED_STATE_INVALID);
  BOOST_TEST(join(session, "C_GenerateKeyPair", id) == CKR_SAVED_STATE_INVALID);
  join(own, "C_GenerateKeyPair", id).must();
  BOOST_TEST(complete("C_GenerateKeyPair", result) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(an_application_that_allows_no_threads_has_no_asynchronous_sessions, Loaded) {
  { Token made; }
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS;
  Rv(p11().C_Initialize(&arguments)).must();
  const CK_SLOT_ID slot = slots(true).front();
  CK_SESSION_HANDLE opened = CK_INVALID_HANDLE;
  BOOST_TEST((token_flags(slot) & CKF_ASYNC_SESSION_SUPPORTED) == 0);
  BOOST_TEST(Rv(p11().C_OpenSession(slot, kReadOnly | CKF_ASYNC_SESSION, nullptr, nullptr, &opened)) == CKR_SESSION_ASYNC_NOT_SUPPORTED);
}

BOOST_AUTO_TEST_SUITE_END()
