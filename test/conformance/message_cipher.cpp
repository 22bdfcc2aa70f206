// Message-based encryption and decryption (PKCS#11 3.0, 5.9 and 5.11; 3.2, 6.13.2).
#include <algorithm>
#include <set>

#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

// CK_GCM_MESSAGE_PARAMS and the memory that it points to.
struct GcmMessage {
  explicit GcmMessage(ByteView iv_given = counting(12), CK_GENERATOR_FUNCTION generator = CKG_NO_GENERATE, CK_ULONG fixed_bits = 0,
                      CK_ULONG tag_bits = 128)
      : iv(iv_given), tag(16, 0), raw{iv.data(), iv.size(), fixed_bits, generator, tag.data(), tag_bits} {}
  GcmMessage(const GcmMessage& other) : GcmMessage(other.iv, other.raw.ivGenerator, other.raw.ulIvFixedBits, other.raw.ulTagBits) { std::ranges::copy(other.tag, tag.begin()); }
  Bytes iv, tag;
  CK_GCM_MESSAGE_PARAMS raw;
};

struct Messages : UserSession {
  CK_OBJECT_HANDLE new_key(bool on_token = false) {
    return session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with({{CKA_TOKEN, on_token}}).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  }
  Rv encrypt_init(CK_OBJECT_HANDLE k) {
    Mechanism gcm(CKM_AES_GCM);
    return p11_3_2().C_MessageEncryptInit(session.handle(), gcm.raw(), k);
  }
  Rv decrypt_init(CK_OBJECT_HANDLE k) {
    Mechanism gcm(CKM_AES_GCM);
    return p11_3_2().C_MessageDecryptInit(session.handle(), gcm.raw(), k);
  }
  Answer encrypt(GcmMessage& message, ByteView text, ByteView associated = {}, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_EncryptMessage(session.handle(), &message.raw, sizeof message.raw, readable(associated), associated.size(), readable(text),
                                        text.size(), out, length);
    });
  }
  Answer decrypt(GcmMessage& message, ByteView text, ByteView associated = {}, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_DecryptMessage(session.handle(), &message.raw, sizeof message.raw, readable(associated), associated.size(), readable(text),
                                        text.size(), out, length);
    });
  }
  Rv encrypt_begin(GcmMessage& message, ByteView associated = {}) {
    return p11_3_2().C_EncryptMessageBegin(session.handle(), &message.raw, sizeof message.raw, readable(associated), associated.size());
  }
  Rv decrypt_begin(GcmMessage& message, ByteView associated = {}) {
    return p11_3_2().C_DecryptMessageBegin(session.handle(), &message.raw, sizeof message.raw, readable(associated), associated.size());
  }
  Answer encrypt_next(GcmMessage& message, ByteView part, CK_FLAGS flags = 0, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_EncryptMessageNext(session.handle(), &message.raw, sizeof message.raw, readable(part), part.size(), out, length, flags);
    });
  }
  Answer decrypt_next(GcmMessage& message, ByteView part, CK_FLAGS flags = 0, Room room = kPlenty) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return p11_3_2().C_DecryptMessageNext(session.handle(), &message.raw, sizeof message.raw, readable(part), part.size(), out, length, flags);
    });
  }
  Rv encrypt_final() { return p11_3_2().C_MessageEncryptFinal(session.handle()); }
  Rv decrypt_final() { return p11_3_2().C_MessageDecryptFinal(session.handle()); }
  // What C_Encrypt makes of the same: ciphertext and tag.
  Bytes by_encrypt(CK_OBJECT_HANDLE k, ByteView iv, ByteView text, ByteView associated = {}) {
    return session.encrypt_once(Mechanism::gcm(iv, associated), k, text).must();
  }

  const Bytes data = counting(50), aad = from_text("associated");
  const CK_OBJECT_HANDLE key = new_key();
};

struct Encrypting : Messages {
  Encrypting() { encrypt_init(key).must(); }
};

struct Sealed : Messages {
  Sealed() {
    encrypt_init(key).must();
    ciphertext = encrypt(message, data, aad).must();
    encrypt_final().must();
    decrypt_init(key).must();
  }
  GcmMessage message;
  Bytes ciphertext;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(message_encryption)

BOOST_FIXTURE_TEST_CASE(a_message_is_what_encryption_makes_of_it, Encrypting) {
  GcmMessage message;
  const Bytes out = encrypt(message, data, aad).must();
  BOOST_TEST(out.size() == data.size());
  BOOST_TEST(message.iv == counting(12));
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, counting(12), data, aad));
}

BOOST_FIXTURE_TEST_CASE(many_messages_follow_one_beginning, Encrypting) {
  for (CK_BYTE i = 0; i < 20; ++i) {
    GcmMessage message(Bytes(12, i));
    const Bytes text = counting(i);
    if (text.empty()) continue;
    const Bytes out = encrypt(message, text).must();
    BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, Bytes(12, i), text));
  }
  BOOST_TEST(encrypt_final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(parts_equal_the_whole, Encrypting) {
  GcmMessage message;
  encrypt_begin(message, aad).must();
  Bytes out = encrypt_next(message, ByteView(data).first(7)).must();
  out = std::move(out) + encrypt_next(message, ByteView(data).subspan(7, 30)).must();
  out = std::move(out) + encrypt_next(message, ByteView(data).subspan(37), CKF_END_OF_MESSAGE).must();
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, counting(12), data, aad));
  GcmMessage another(Bytes(12, 9));
  BOOST_TEST(encrypt(another, data).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_last_part_may_be_empty, Encrypting) {
  GcmMessage message;
  encrypt_begin(message, aad).must();
  const Bytes out = encrypt_next(message, data).must();
  BOOST_TEST(encrypt_next(message, {}, CKF_END_OF_MESSAGE).must().empty());
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, counting(12), data, aad));
}

BOOST_FIXTURE_TEST_CASE(a_message_may_be_encrypted_in_place, Encrypting) {
  GcmMessage message;
  Bytes text = data;
  CK_ULONG length = text.size();
  Rv(p11_3_2().C_EncryptMessage(session.handle(), &message.raw, sizeof message.raw, nullptr, 0, text.data(), text.size(), text.data(),
                                &length)).must();
  BOOST_TEST(Bytes(text) + message.tag == by_encrypt(key, counting(12), data));
}

BOOST_FIXTURE_TEST_CASE(a_short_tag_is_made_where_it_is_asked_for, Encrypting) {
  GcmMessage message(counting(12), CKG_NO_GENERATE, 0, 96);
  encrypt(message, data).must();
  BOOST_TEST(std::ranges::equal(ByteView(message.tag).first(12), ByteView(by_encrypt(key, counting(12), data)).subspan(50, 12)));
  BOOST_TEST(std::ranges::equal(ByteView(message.tag).subspan(12), Bytes(4, 0)));
}

BOOST_FIXTURE_TEST_CASE(a_question_or_a_small_buffer_makes_no_message, Encrypting) {
  GcmMessage message(Bytes(12, 0), CKG_GENERATE_COUNTER, 32);
  BOOST_TEST(encrypt(message, data, aad, kAskSize).length == data.size());
  BOOST_TEST(encrypt(message, data, aad, 49).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(message.iv == Bytes(12, 0));
  encrypt(message, data, aad).must();
  BOOST_TEST(message.iv == Bytes(12, 0));  // the counter is still at zero
}

BOOST_FIXTURE_TEST_CASE(a_small_buffer_keeps_the_part, Encrypting) {
  GcmMessage message;
  encrypt_begin(message).must();
  BOOST_TEST(encrypt_next(message, data, 0, 49).rv == CKR_BUFFER_TOO_SMALL);
  Bytes out = encrypt_next(message, ByteView(data).first(20)).must();
  BOOST_TEST(encrypt_next(message, ByteView(data).subspan(20), CKF_END_OF_MESSAGE, 3).rv == CKR_BUFFER_TOO_SMALL);
  out = std::move(out) + encrypt_next(message, ByteView(data).subspan(20), CKF_END_OF_MESSAGE).must();
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, counting(12), data));
}

BOOST_FIXTURE_TEST_CASE(messages_do_not_overlap, Encrypting) {
  GcmMessage message;
  BOOST_TEST(encrypt_next(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  encrypt_begin(message).must();
  BOOST_TEST(encrypt_begin(message) == CKR_OPERATION_ACTIVE);
  BOOST_TEST(encrypt(message, data).rv == CKR_OPERATION_ACTIVE);
  BOOST_TEST(encrypt_final() == CKR_OPERATION_ACTIVE);
  encrypt_next(message, data, CKF_END_OF_MESSAGE).must();
  BOOST_TEST(encrypt_next(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(encrypt_final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_begun_is_refused, Messages) {
  GcmMessage message;
  BOOST_TEST(encrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(decrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(encrypt_begin(message) == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(encrypt_final() == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(decrypt_final() == CKR_OPERATION_NOT_INITIALIZED);
  encrypt_init(key).must();
  BOOST_TEST(encrypt_init(key) == CKR_OPERATION_ACTIVE);
  BOOST_TEST(decrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  encrypt_final().must();
  BOOST_TEST(encrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(no_mechanism_and_a_cancelled_session_end_it, Encrypting) {
  GcmMessage message;
  encrypt_begin(message).must();
  BOOST_TEST(Rv(p11_3_2().C_MessageEncryptInit(session.handle(), nullptr, 0)) == CKR_OK);
  BOOST_TEST(encrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  encrypt_init(key).must();
  decrypt_init(key).must();
  Rv(p11_3_2().C_SessionCancel(session.handle(), CKF_MESSAGE_ENCRYPT)).must();
  BOOST_TEST(encrypt_final() == CKR_OPERATION_NOT_INITIALIZED);
  BOOST_TEST(decrypt_final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_logout_ends_it_for_private_keys, Encrypting) {
  session.logout().must();
  GcmMessage message;
  BOOST_TEST(encrypt(message, data).rv == CKR_OPERATION_NOT_INITIALIZED);
  session.login(CKU_USER, kUserPin).must();
}

BOOST_FIXTURE_TEST_CASE(a_key_without_the_role_is_refused, Messages) {
  const CK_OBJECT_HANDLE only_encrypts =
      session.generate(CKM_AES_KEY_GEN, new_secret_key(32).with({{CKA_ENCRYPT, true}, {CKA_DECRYPT, false}})).must();
  BOOST_TEST(decrypt_init(only_encrypts) == CKR_KEY_FUNCTION_NOT_PERMITTED);
  BOOST_TEST(encrypt_init(only_encrypts) == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(only_an_aead_encrypts_messages, Messages) {
  Mechanism cbc(CKM_AES_CBC, counting(16));
  BOOST_TEST(Rv(p11_3_2().C_MessageEncryptInit(session.handle(), cbc.raw(), key)) == CKR_MECHANISM_INVALID);
  BOOST_TEST(encrypt_init(0) == CKR_KEY_HANDLE_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_parameter_is_refused_and_ends_nothing, Encrypting) {
  GcmMessage message;
  const auto refused = [&](const GcmMessage& wrong) {
    GcmMessage copy(wrong);
    copy.raw.ulTagBits = wrong.raw.ulTagBits;
    BOOST_TEST(encrypt(copy, data).rv == CKR_MECHANISM_PARAM_INVALID);
  };
  refused(GcmMessage(counting(12), 99));
  refused(GcmMessage(counting(12), CKG_GENERATE, 96));
  refused(GcmMessage(counting(12), CKG_GENERATE, 1000));
  refused(GcmMessage(counting(12), CKG_GENERATE, 40));  // 56 bits are too few to be random
  refused(GcmMessage(counting(12), CKG_NO_GENERATE, 0, 136));
  refused(GcmMessage(counting(12), CKG_NO_GENERATE, 0, 100));
  refused(GcmMessage(counting(12), CKG_NO_GENERATE, 0, 0));
  GcmMessage no_iv, no_tag;
  no_iv.raw.pIv = nullptr;
  no_tag.raw.pTag = nullptr;
  BOOST_TEST(encrypt(no_iv, data).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt(no_tag, data).rv == CKR_MECHANISM_PARAM_INVALID);
  CK_ULONG length = 0;
  BOOST_TEST(Rv(p11_3_2().C_EncryptMessage(session.handle(), &message.raw, 8, nullptr, 0, readable(data), data.size(), nullptr, &length)) ==
             CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt(message, data).rv == CKR_OK);
}

BOOST_AUTO_TEST_SUITE(made_ivs)

BOOST_FIXTURE_TEST_CASE(an_iv_is_made_and_given_back, Encrypting) {
  std::set<Bytes> seen;
  for (const CK_GENERATOR_FUNCTION generator : {CKG_GENERATE, CKG_GENERATE_RANDOM}) {
    for (int i = 0; i < 50; ++i) {
      GcmMessage message(Bytes(12, 0), generator);
      const Bytes out = encrypt(message, data).must();
      BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, message.iv, data));
      BOOST_TEST(seen.insert(message.iv).second);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(the_fixed_bits_stay, Encrypting) {
  for (int i = 0; i < 50; ++i) {
    GcmMessage message(Bytes(12, 0xA5), CKG_GENERATE, 20);
    encrypt(message, data).must();
    BOOST_TEST(int(message.iv[0]) == 0xA5);
    BOOST_TEST(int(message.iv[1]) == 0xA5);
    BOOST_TEST((message.iv[2] & 0xF0) == 0xA0);
    BOOST_TEST(message.iv != Bytes(12, 0xA5));
  }
}

BOOST_FIXTURE_TEST_CASE(a_counter_starts_at_zero_and_grows, Encrypting) {
  GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  for (CK_BYTE i = 0; i < 3; ++i) {
    encrypt(message, data).must();
    BOOST_TEST(message.iv == from_hex("aaaaaaaa 00000000000000") + Bytes{i});
  }
}

BOOST_FIXTURE_TEST_CASE(a_counter_goes_on_where_another_operation_stopped, Encrypting) {
  GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(message, data).must();
  encrypt_final().must();
  encrypt_init(key).must();
  GcmMessage later(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(later, data).must();
  BOOST_TEST(later.iv == from_hex("aaaaaaaa 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_the_key_shares_its_counter, Encrypting) {
  GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(message, data).must();
  const CK_OBJECT_HANDLE copy = session.copy(key, {}).must();
  encrypt_final().must();
  encrypt_init(copy).must();
  GcmMessage by_copy(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(by_copy, data).must();
  BOOST_TEST(by_copy.iv == from_hex("aaaaaaaa 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(a_changed_key_keeps_its_counter, Encrypting) {
  GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(message, data).must();
  encrypt_final().must();
  session.set(key, {{CKA_LABEL, "changed"}}).must();
  encrypt_init(key).must();
  GcmMessage later(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 32);
  encrypt(later, data).must();
  BOOST_TEST(later.iv == from_hex("aaaaaaaa 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(a_counter_that_has_run_out_exhausts_the_key, Encrypting) {
  for (int i = 0; i < 256; ++i) {
    GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 88);
    encrypt(message, counting(1)).must();
  }
  GcmMessage message(Bytes(12, 0xAA), CKG_GENERATE_COUNTER, 88);
  BOOST_TEST(encrypt(message, data).rv == CKR_KEY_EXHAUSTED);
  GcmMessage other_part(Bytes(12, 0xAB), CKG_GENERATE_COUNTER, 88);
  BOOST_TEST(encrypt(other_part, data).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(a_counter_is_added_to_an_iv_that_stays_the_same, Encrypting) {
  const Bytes base = from_hex("000102030405060708090a0f");
  GcmMessage first(base, CKG_GENERATE_COUNTER_XOR), second(base, CKG_GENERATE_COUNTER_XOR), third(base, CKG_GENERATE_COUNTER_XOR);
  encrypt(first, data).must();
  BOOST_TEST(first.iv == base);
  encrypt(second, data).must();
  BOOST_TEST(second.iv == from_hex("000102030405060708090a0e"));
  BOOST_TEST(encrypt(second, data).rv == CKR_MECHANISM_PARAM_INVALID);  // it holds the IV that was made
  encrypt(third, data).must();
  BOOST_TEST(third.iv == from_hex("000102030405060708090a0d"));
}

BOOST_FIXTURE_TEST_CASE(a_token_key_takes_no_counter_but_random_ivs, Messages) {
  encrypt_init(new_key(true)).must();
  GcmMessage counter(Bytes(12, 0), CKG_GENERATE_COUNTER), xored(Bytes(12, 0), CKG_GENERATE_COUNTER_XOR), random(Bytes(12, 0), CKG_GENERATE);
  BOOST_TEST(encrypt(counter, data).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt(xored, data).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt(random, data).rv == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(the_beginning_of_a_message_gives_its_iv, Encrypting) {
  GcmMessage message(Bytes(12, 0), CKG_GENERATE);
  encrypt_begin(message).must();
  const Bytes iv = message.iv;
  BOOST_TEST(iv != Bytes(12, 0));
  const Bytes out = encrypt_next(message, data, CKF_END_OF_MESSAGE).must();
  BOOST_TEST(message.iv == iv);
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(key, iv, data));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(message_decryption)

BOOST_FIXTURE_TEST_CASE(a_message_opens, Sealed) {
  BOOST_TEST(decrypt(message, ciphertext, aad).must() == data);
  BOOST_TEST(decrypt(message, ciphertext, aad).must() == data);
  BOOST_TEST(decrypt_final() == CKR_OK);
}

BOOST_FIXTURE_TEST_CASE(parts_open_when_the_last_is_there, Sealed) {
  decrypt_begin(message, aad).must();
  Bytes out = decrypt_next(message, ByteView(ciphertext).first(20)).must();
  out = std::move(out) + decrypt_next(message, ByteView(ciphertext).subspan(20), CKF_END_OF_MESSAGE).must();
  BOOST_TEST(out == data);
}

BOOST_FIXTURE_TEST_CASE(a_changed_message_is_refused_and_gives_nothing, Sealed) {
  const auto refused = [&](GcmMessage changed, const Bytes& text, const Bytes& associated) {
    BOOST_TEST(decrypt(changed, text, associated).rv == CKR_AEAD_DECRYPT_FAILED);
  };
  GcmMessage other_iv(message), other_tag(message);
  other_iv.iv[0] ^= 1;
  other_tag.tag[15] ^= 1;
  Bytes other_text = ciphertext;
  other_text[0] ^= 1;
  refused(other_iv, ciphertext, aad);
  refused(other_tag, ciphertext, aad);
  refused(message, other_text, aad);
  refused(message, ciphertext, from_text("other"));
  BOOST_TEST(decrypt(message, ciphertext, aad).must() == data);
}

BOOST_FIXTURE_TEST_CASE(parts_of_a_changed_message_give_nothing_at_all, Sealed) {
  message.tag[0] ^= 1;
  decrypt_begin(message, aad).must();
  BOOST_TEST(decrypt_next(message, ByteView(ciphertext).first(40)).must().empty());
  BOOST_TEST(decrypt_next(message, ByteView(ciphertext).subspan(40), CKF_END_OF_MESSAGE).rv == CKR_AEAD_DECRYPT_FAILED);
  BOOST_TEST(decrypt_next(message, ciphertext).rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(a_question_or_a_small_buffer_opens_nothing, Sealed) {
  BOOST_TEST(decrypt(message, ciphertext, aad, kAskSize).length == data.size());
  BOOST_TEST(decrypt(message, ciphertext, aad, 49).rv == CKR_BUFFER_TOO_SMALL);
  decrypt_begin(message, aad).must();
  BOOST_TEST(decrypt_next(message, ciphertext, CKF_END_OF_MESSAGE, 49).rv == CKR_BUFFER_TOO_SMALL);
  BOOST_TEST(decrypt_next(message, ciphertext, CKF_END_OF_MESSAGE).must() == data);
}

BOOST_FIXTURE_TEST_CASE(the_way_the_iv_was_made_does_not_matter, Sealed) {
  message.raw.ivGenerator = CKG_GENERATE_COUNTER;
  message.raw.ulIvFixedBits = 500;
  BOOST_TEST(decrypt(message, ciphertext, aad).must() == data);
}

BOOST_AUTO_TEST_SUITE_END()
