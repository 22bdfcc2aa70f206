// Messages by AES-CCM and ChaCha20-Poly1305 (PKCS#11 3.2, 5.9, 5.11, 6.13.4 and 6.61): as those by GCM, but that CCM must know the
// length of its text before and ChaCha20-Poly1305 makes no nonces.
#include <algorithm>
#include <array>
#include <set>

#include "support/fixtures.h"
#include "support/keys.h"
#include "support/session_calls.h"

using namespace conformance;

namespace {

// The structure of a mechanism's messages and the memory that it points to.
struct Message {
  Message(CK_MECHANISM_TYPE type, std::size_t text, ByteView nonce_given = counting(12), CK_GENERATOR_FUNCTION generator = CKG_NO_GENERATE,
          CK_ULONG fixed_bits = 0)
      : nonce(nonce_given), tag(16, 0), is_ccm(type == CKM_AES_CCM),
        ccm{text, nonce.data(), nonce.size(), fixed_bits, generator, tag.data(), 16},
        chacha{nonce.data(), nonce.size(), tag.data()} {}
  Message(const Message&) = delete;
  void* raw() { return is_ccm ? static_cast<void*>(&ccm) : &chacha; }
  CK_ULONG size() const { return is_ccm ? sizeof ccm : sizeof chacha; }

  Bytes nonce, tag;
  bool is_ccm;
  CK_CCM_MESSAGE_PARAMS ccm;
  CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS chacha;
};

struct Aead {
  std::string_view name;
  CK_MECHANISM_TYPE type;
  CK_KEY_TYPE key;
};
constexpr std::array<Aead, 2> kAeads{{{"CKM_AES_CCM", CKM_AES_CCM, CKK_AES}, {"CKM_CHACHA20_POLY1305", CKM_CHACHA20_POLY1305, CKK_CHACHA20}}};

struct Messages : UserSession {
  CK_OBJECT_HANDLE new_key(CK_KEY_TYPE type) {
    return session.create(secret_key(type, counting(32)).with(roles({CKA_ENCRYPT, CKA_DECRYPT}))).must();
  }
  Rv encrypt_init(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key) {
    Mechanism mechanism(type);
    return p11_3_2().C_MessageEncryptInit(session.handle(), mechanism.raw(), key);
  }
  Rv decrypt_init(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key) {
    Mechanism mechanism(type);
    return p11_3_2().C_MessageDecryptInit(session.handle(), mechanism.raw(), key);
  }
  template <class Function>
  Answer whole(Function function, Message& message, ByteView text, ByteView associated, Room room) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return function(session.handle(), message.raw(), message.size(), readable(associated), associated.size(), readable(text), text.size(), out,
                      length);
    });
  }
  Answer encrypt(Message& message, ByteView text, ByteView associated = {}, Room room = kPlenty) {
    return whole(p11_3_2().C_EncryptMessage, message, text, associated, room);
  }
  Answer decrypt(Message& message, ByteView text, ByteView associated = {}, Room room = kPlenty) {
    return whole(p11_3_2().C_DecryptMessage, message, text, associated, room);
  }
  template <class Function>
  Answer next(Function function, Message& message, ByteView part, CK_FLAGS flags, Room room) {
    return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
      return function(session.handle(), message.raw(), message.size(), readable(part), part.size(), out, length, flags);
    });
  }
  Rv encrypt_begin(Message& message, ByteView associated = {}) {
    return p11_3_2().C_EncryptMessageBegin(session.handle(), message.raw(), message.size(), readable(associated), associated.size());
  }
  Rv decrypt_begin(Message& message, ByteView associated = {}) {
    return p11_3_2().C_DecryptMessageBegin(session.handle(), message.raw(), message.size(), readable(associated), associated.size());
  }
  Answer encrypt_next(Message& message, ByteView part, CK_FLAGS flags = 0, Room room = kPlenty) {
    return next(p11_3_2().C_EncryptMessageNext, message, part, flags, room);
  }
  Answer decrypt_next(Message& message, ByteView part, CK_FLAGS flags = 0, Room room = kPlenty) {
    return next(p11_3_2().C_DecryptMessageNext, message, part, flags, room);
  }
  // What C_Encrypt makes of the same: ciphertext and tag.
  Bytes by_encrypt(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, Bytes nonce, ByteView text, Bytes associated) {
    const auto mechanism = [&] {
      if (type == CKM_AES_CCM)
        return Mechanism::of(type, CK_CCM_PARAMS{text.size(), nonce.data(), nonce.size(), associated.data(), associated.size(), 16});
      return Mechanism::of(type, CK_SALSA20_CHACHA20_POLY1305_PARAMS{nonce.data(), nonce.size(), associated.data(), associated.size()});
    };
    return session.encrypt_once(mechanism(), key, text).must();
  }

  const Bytes data = counting(50), aad = from_text("associated");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(message_encryption)

CONFORMANCE_FOR_EACH(Messages, an_aead_of_messages_is_what_encryption_makes_of_them, kAeads) {
  const CK_OBJECT_HANDLE key = new_key(row.key);
  encrypt_init(row.type, key).must();
  for (const std::size_t size : {50U, 1U, 0U}) {
    Message message(row.type, size);
    const ByteView text = ByteView(data).first(size);
    const Bytes out = encrypt(message, text, aad).must();
    BOOST_TEST(out.size() == size);
    BOOST_TEST(Bytes(out) + message.tag == by_encrypt(row.type, key, counting(12), text, aad));
  }
  BOOST_TEST(Rv(p11_3_2().C_MessageEncryptFinal(session.handle())) == CKR_OK);
}

CONFORMANCE_FOR_EACH(Messages, an_aead_takes_its_messages_in_parts, kAeads) {
  const CK_OBJECT_HANDLE key = new_key(row.key);
  encrypt_init(row.type, key).must();
  Message message(row.type, data.size());
  encrypt_begin(message, aad).must();
  Bytes out = encrypt_next(message, ByteView(data).first(7)).must();
  out = std::move(out) + encrypt_next(message, ByteView(data).subspan(7, 30)).must();
  BOOST_TEST(encrypt_next(message, ByteView(data).subspan(37), CKF_END_OF_MESSAGE, 3).rv == CKR_BUFFER_TOO_SMALL);
  out = std::move(out) + encrypt_next(message, ByteView(data).subspan(37), CKF_END_OF_MESSAGE).must();
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(row.type, key, counting(12), data, aad));
}

CONFORMANCE_FOR_EACH(Messages, an_aead_opens_what_it_closed, kAeads) {
  const CK_OBJECT_HANDLE key = new_key(row.key);
  encrypt_init(row.type, key).must();
  decrypt_init(row.type, key).must();
  Message message(row.type, data.size());
  const Bytes closed = encrypt(message, data, aad).must();
  BOOST_TEST(decrypt(message, closed, aad).must() == data);
  decrypt_begin(message, aad).must();
  BOOST_TEST(decrypt_next(message, ByteView(closed).first(20)).must().empty());
  BOOST_TEST(decrypt_next(message, ByteView(closed).subspan(20), CKF_END_OF_MESSAGE).must() == data);
  BOOST_TEST(decrypt(message, closed, from_text("other")).rv == CKR_AEAD_DECRYPT_FAILED);
  message.tag[3] ^= 1;
  BOOST_TEST(decrypt(message, closed, aad).rv == CKR_AEAD_DECRYPT_FAILED);
  decrypt_begin(message, aad).must();
  BOOST_TEST(decrypt_next(message, closed, CKF_END_OF_MESSAGE).rv == CKR_AEAD_DECRYPT_FAILED);
  message.tag[3] ^= 1;
  BOOST_TEST(decrypt(message, closed, aad).must() == data);
}

CONFORMANCE_FOR_EACH(Messages, a_structure_of_another_mechanism_is_refused, kAeads) {
  encrypt_init(row.type, new_key(row.key)).must();
  Message other(row.type == CKM_AES_CCM ? CKM_CHACHA20_POLY1305 : CKM_AES_CCM, data.size());
  BOOST_TEST(encrypt(other, data).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt_begin(other) == CKR_MECHANISM_PARAM_INVALID);
  Message message(row.type, data.size());
  BOOST_TEST(encrypt(message, data).rv == CKR_OK);
}

CONFORMANCE_FOR_EACH(Messages, a_nonce_of_another_length_is_refused, kAeads) {
  encrypt_init(row.type, new_key(row.key)).must();
  Message long_one(row.type, data.size(), counting(14)), short_one(row.type, data.size(), counting(6));
  BOOST_TEST(encrypt(long_one, data).rv == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(encrypt(short_one, data).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(ccm_refuses_a_text_of_another_length_than_announced, Messages) {
  encrypt_init(CKM_AES_CCM, new_key(CKK_AES)).must();
  Message announced(CKM_AES_CCM, 49);
  BOOST_TEST(encrypt(announced, data).rv == CKR_DATA_LEN_RANGE);
  encrypt_begin(announced).must();
  encrypt_next(announced, ByteView(data).first(20)).must();
  BOOST_TEST(encrypt_next(announced, ByteView(data).subspan(20), CKF_END_OF_MESSAGE).rv == CKR_DATA_LEN_RANGE);
  BOOST_TEST(encrypt_next(announced, data).rv == CKR_OPERATION_NOT_INITIALIZED);
}

BOOST_FIXTURE_TEST_CASE(ccm_refuses_a_mac_that_it_does_not_have, Messages) {
  encrypt_init(CKM_AES_CCM, new_key(CKK_AES)).must();
  for (const CK_ULONG length : {0UL, 3UL, 5UL, 17UL, ~0UL, 1UL << 61}) {
    Message message(CKM_AES_CCM, data.size());
    message.ccm.ulMACLen = length;
    BOOST_TEST(encrypt(message, data).rv == CKR_MECHANISM_PARAM_INVALID);
  }
}

BOOST_FIXTURE_TEST_CASE(nonces_of_ccm_are_made_and_given_back, Messages) {
  const CK_OBJECT_HANDLE key = new_key(CKK_AES);
  encrypt_init(CKM_AES_CCM, key).must();
  std::set<Bytes> seen;
  for (int i = 0; i < 20; ++i) {
    Message message(CKM_AES_CCM, data.size(), Bytes(13, 0xA5), CKG_GENERATE, 8);
    const Bytes out = encrypt(message, data, aad).must();
    BOOST_TEST(int(message.nonce[0]) == 0xA5);
    BOOST_TEST(seen.insert(message.nonce).second);
    BOOST_TEST(Bytes(out) + message.tag == by_encrypt(CKM_AES_CCM, key, message.nonce, data, aad));
  }
  Message counted(CKM_AES_CCM, data.size(), Bytes(12, 0xA5), CKG_GENERATE_COUNTER, 32);
  encrypt(counted, data).must();
  encrypt(counted, data).must();
  BOOST_TEST(counted.nonce == from_hex("a5a5a5a5 0000000000000001"));
}

BOOST_FIXTURE_TEST_CASE(the_nonce_of_chacha20_may_be_counted_in_bits, Messages) {
  const CK_OBJECT_HANDLE key = new_key(CKK_CHACHA20);
  encrypt_init(CKM_CHACHA20_POLY1305, key).must();
  Message message(CKM_CHACHA20_POLY1305, data.size());
  message.chacha.ulNonceLen = 96;
  const Bytes out = encrypt(message, data, aad).must();
  BOOST_TEST(Bytes(out) + message.tag == by_encrypt(CKM_CHACHA20_POLY1305, key, counting(12), data, aad));
}

CONFORMANCE_FOR_EACH(Messages, a_bad_pointer_ends_the_message_but_not_the_operation, kAeads) {
  const CK_OBJECT_HANDLE key = new_key(row.key);
  encrypt_init(row.type, key).must();
  decrypt_init(row.type, key).must();
  const auto& f = p11_3_2();
  const auto h = session.handle();
  CK_ULONG length = 100;
  Bytes room(100);
  Message message(row.type, data.size());
  const auto refused = [&](auto call, CK_RV why) {
    encrypt_begin(message, aad).must();
    decrypt_begin(message, aad).must();
    BOOST_TEST(Rv(call(f.C_EncryptMessageNext)) == why);
    BOOST_TEST(Rv(call(f.C_DecryptMessageNext)) == why);
    BOOST_TEST(encrypt_next(message, data, CKF_END_OF_MESSAGE).rv == CKR_OPERATION_NOT_INITIALIZED);
    BOOST_TEST(decrypt_next(message, data, CKF_END_OF_MESSAGE).rv == CKR_OPERATION_NOT_INITIALIZED);
  };
  refused([&](auto next) { return next(h, message.raw(), message.size(), nullptr, 5, room.data(), &length, 0); }, CKR_ARGUMENTS_BAD);
  refused([&](auto next) { return next(h, message.raw(), message.size(), readable(data), data.size(), room.data(), nullptr, 0); }, CKR_ARGUMENTS_BAD);
  refused([&](auto next) { return next(h, message.raw(), message.size(), readable(data), data.size(), room.data(), &length, 1 << 7); }, CKR_ARGUMENTS_BAD);
  refused([&](auto next) { return next(h, nullptr, 0, readable(data), data.size(), room.data(), &length, 0); }, CKR_MECHANISM_PARAM_INVALID);
  const Bytes closed = encrypt(message, data, aad).must();
  BOOST_TEST(decrypt(message, closed, aad).must() == data);
  BOOST_TEST(Rv(f.C_MessageEncryptFinal(h)) == CKR_OK);
  BOOST_TEST(Rv(f.C_MessageDecryptFinal(h)) == CKR_OK);
}

BOOST_AUTO_TEST_SUITE_END()
