// TLS 1.2 (PKCS#11 3.1, 6.40) by NIST's vectors, and IKE's keys that name other keys.
#include <functional>

#include "support/fixtures.h"
#include "support/keys.h"

using namespace conformance;

namespace {

const Bytes kPreMaster = from_hex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc");
const Bytes kMaster = from_hex("202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf");
const Bytes kKeyBlock = from_hex(
    "d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f"
    "6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928");

template <class Fixture>
struct Tls : Fixture {
  using Fixture::session;
  using Fixture::slot;

  Bytes client_hello = from_hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c");
  Bytes server_hello = from_hex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce");
  Bytes client = from_hex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616");
  Bytes server = from_hex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868");
  Bytes client_iv = Bytes(16), server_iv = Bytes(16);
  CK_SSL3_KEY_MAT_OUT out{99, 99, 99, 99, client_iv.data(), server_iv.data()};

  CK_SSL3_RANDOM_DATA hellos() { return {client_hello.data(), client_hello.size(), server_hello.data(), server_hello.size()}; }
  CK_SSL3_RANDOM_DATA randoms() { return {client.data(), client.size(), server.data(), server.size()}; }
  CK_TLS12_KEY_MAT_PARAMS key_block(CK_ULONG mac, CK_ULONG key, CK_ULONG iv) { return {mac, key, iv, CK_FALSE, randoms(), &out, CKM_SHA256}; }

  bool has(CK_MECHANISM_TYPE type) {
    CK_MECHANISM_INFO info{};
    return p11().C_GetMechanismInfo(slot, type, &info) == CKR_OK;
  }
  CK_OBJECT_HANDLE secret(ByteView value, const Template& more = {}) {
    return session.create(secret_key(CKK_GENERIC_SECRET, value).with(roles({CKA_DERIVE})).with(more)).must();
  }
  Rv derive_block(CK_MECHANISM_TYPE type, const CK_TLS12_KEY_MAT_PARAMS& params, CK_OBJECT_HANDLE master, Template wanted) {
    Mechanism mechanism = Mechanism::of(type, params);
    return p11().C_DeriveKey(session.handle(), mechanism.raw(), master, wanted.raw(), wanted.size(), nullptr);
  }
  Template aes(CK_ULONG length) { return {{CKA_CLASS, CKO_SECRET_KEY}, {CKA_KEY_TYPE, CKK_AES}, {CKA_TOKEN, false}, {CKA_VALUE_LEN, length}}; }
};
using CompatibleTls = Tls<CompatibleSession>;
using StrictTls = Tls<UserSession>;

Bytes part(std::size_t from, std::size_t size) { return Bytes(ByteView(kKeyBlock).subspan(from, size)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_FIXTURE_TEST_CASE(a_master_secret_is_nists_and_tells_the_version, CompatibleTls) {
  if (!has(CKM_TLS12_MASTER_KEY_DERIVE)) return;
  CK_VERSION version{};
  const auto master = session.derive(Mechanism::of(CKM_TLS12_MASTER_KEY_DERIVE, CK_TLS12_MASTER_KEY_DERIVE_PARAMS{hellos(), &version, CKM_SHA256}),
                                     secret(kPreMaster), readable_key().with({CKA_TOKEN, false})).must();
  BOOST_TEST(session.bytes(master, CKA_VALUE) == kMaster);
  BOOST_TEST(int{version.major} == 0xf8);
  BOOST_TEST(int{version.minor} == 0x93);
}

BOOST_FIXTURE_TEST_CASE(a_master_secret_is_for_tls_alone, StrictTls) {
  if (!has(CKM_TLS12_MASTER_KEY_DERIVE_DH)) return;
  const auto derive = [&](const Template& wanted) {
    return session.derive(Mechanism::of(CKM_TLS12_MASTER_KEY_DERIVE_DH, CK_TLS12_MASTER_KEY_DERIVE_PARAMS{hellos(), nullptr, CKM_SHA256}),
                          secret(kPreMaster), wanted);
  };
  const auto master = derive({{CKA_TOKEN, false}}).must();
  BOOST_TEST(session.flag(master, CKA_SENSITIVE));
  BOOST_TEST(session.sign_init(CKM_SHA256_HMAC, master) == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.sign_init(Mechanism::of(CKM_TLS_MAC, CK_TLS_MAC_PARAMS{CKM_SHA256, 12, 1}), master) == CKR_OK);
  CK_MECHANISM_TYPE others[] = {CKM_SHA256_HMAC};
  BOOST_TEST(derive({{CKA_TOKEN, false}, {CKA_ALLOWED_MECHANISMS, ByteView(reinterpret_cast<const CK_BYTE*>(others), sizeof others)}}).rv ==
             CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(derive({{CKA_TOKEN, false}, {CKA_SENSITIVE, false}}).rv == CKR_TEMPLATE_INCONSISTENT);
}

BOOST_FIXTURE_TEST_CASE(a_pre_master_secret_of_diffie_hellman_has_no_version, CompatibleTls) {
  if (!has(CKM_TLS12_MASTER_KEY_DERIVE_DH)) return;
  CK_VERSION version{};
  BOOST_TEST(session.derive(Mechanism::of(CKM_TLS12_MASTER_KEY_DERIVE_DH, CK_TLS12_MASTER_KEY_DERIVE_PARAMS{hellos(), &version, CKM_SHA256}),
                            secret(kPreMaster), {{CKA_TOKEN, false}}).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_key_block_gives_four_keys_and_two_ivs, CompatibleTls) {
  if (!has(CKM_TLS12_KEY_AND_MAC_DERIVE)) return;
  const auto master = secret(kMaster, readable_key());
  BOOST_TEST(derive_block(CKM_TLS12_KEY_AND_MAC_DERIVE, key_block(256, 128, 128), master, aes(16)) == CKR_OK);
  BOOST_TEST(session.bytes(out.hClientMacSecret, CKA_VALUE) == part(0, 32));
  BOOST_TEST(session.bytes(out.hServerMacSecret, CKA_VALUE) == part(32, 32));
  BOOST_TEST(session.bytes(out.hClientKey, CKA_VALUE) == part(64, 16));
  BOOST_TEST(session.bytes(out.hServerKey, CKA_VALUE) == part(80, 16));
  BOOST_TEST(client_iv == part(96, 16));
  BOOST_TEST(server_iv == part(112, 16));
  BOOST_TEST(session.number(out.hClientMacSecret, CKA_KEY_TYPE) == CKK_GENERIC_SECRET);
  BOOST_TEST((session.flag(out.hClientMacSecret, CKA_SIGN) && session.flag(out.hServerMacSecret, CKA_VERIFY)));
  BOOST_TEST(session.number(out.hServerKey, CKA_KEY_TYPE) == CKK_AES);
  BOOST_TEST((session.flag(out.hClientKey, CKA_ENCRYPT) && session.flag(out.hServerKey, CKA_DECRYPT)));
}

BOOST_FIXTURE_TEST_CASE(the_safe_form_gives_no_ivs_and_no_keys_that_were_not_asked_for, StrictTls) {
  if (!has(CKM_TLS12_KEY_SAFE_DERIVE)) return;
  BOOST_TEST(!has(CKM_TLS12_KEY_AND_MAC_DERIVE));
  const auto master = secret(kMaster);
  BOOST_TEST(derive_block(CKM_TLS12_KEY_SAFE_DERIVE, key_block(0, 256, 128), master, aes(32)) == CKR_OK);
  BOOST_TEST(out.hClientMacSecret == CK_INVALID_HANDLE);
  BOOST_TEST(out.hServerMacSecret == CK_INVALID_HANDLE);
  BOOST_TEST(client_iv == Bytes(16));
  for (const auto key : {out.hClientKey, out.hServerKey}) {
    BOOST_TEST((session.flag(key, CKA_SENSITIVE) && !session.flag(key, CKA_EXTRACTABLE)));
    BOOST_TEST(session.get(key, CKA_VALUE).rv == CKR_ATTRIBUTE_SENSITIVE);
  }
}

BOOST_FIXTURE_TEST_CASE(the_keys_are_protected_as_their_master_secret_is, CompatibleTls) {
  if (!has(CKM_TLS12_KEY_SAFE_DERIVE)) return;
  for (const bool readable : {false, true}) {
    const auto master = secret(kMaster, readable ? readable_key() : Template{});
    const Template other = readable ? Template{{CKA_SENSITIVE, true}} : readable_key();
    BOOST_TEST(derive_block(CKM_TLS12_KEY_SAFE_DERIVE, key_block(256, 128, 0), master, aes(16).with(other)) == CKR_TEMPLATE_INCONSISTENT);
    BOOST_TEST(derive_block(CKM_TLS12_KEY_SAFE_DERIVE, key_block(256, 128, 0), master, aes(16)) == CKR_OK);
    BOOST_TEST(session.flag(out.hClientMacSecret, CKA_SENSITIVE) == !readable);
  }
}

BOOST_FIXTURE_TEST_CASE(a_key_block_that_cannot_be_leaves_nothing_behind, CompatibleTls) {
  if (!has(CKM_TLS12_KEY_AND_MAC_DERIVE)) return;
  const auto master = secret(kMaster);
  const auto refused = [&](CK_TLS12_KEY_MAT_PARAMS params) {
    return derive_block(CKM_TLS12_KEY_AND_MAC_DERIVE, params, master, aes(16)) == CKR_MECHANISM_PARAM_INVALID;
  };
  using Change = std::function<void(CK_TLS12_KEY_MAT_PARAMS&)>;
  CK_SSL3_KEY_MAT_OUT without_ivs{99, 99, 99, 99, nullptr, nullptr};
  const Change changes[] = {[](auto& p) { p.ulMacSizeInBits = ~0UL; }, [](auto& p) { p.ulKeySizeInBits = 1UL << 40; },
                            [](auto& p) { p.ulIVSizeInBits = 4096; }, [](auto& p) { p.bIsExport = CK_TRUE; },
                            [](auto& p) { p.pReturnedKeyMaterial = nullptr; }, [&](auto& p) { p.pReturnedKeyMaterial = &without_ivs; },
                            [](auto& p) { p.prfHashMechanism = CKM_SHA256_HMAC; }, [](auto& p) { p.RandomInfo.ulClientRandomLen = ~0UL; },
                            [](auto& p) { p.RandomInfo.pServerRandom = nullptr; }, [](auto& p) { p.RandomInfo.ulServerRandomLen = 0; }};
  for (const auto& change : changes) {
    auto params = key_block(256, 128, 128);
    change(params);
    BOOST_TEST(refused(params));
    BOOST_TEST(out.hClientKey == 99u);
  }
  BOOST_TEST(derive_block(CKM_TLS12_KEY_AND_MAC_DERIVE, key_block(256, 128, 128), master, aes(32)) == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(out.hClientMacSecret == 99u);
}

BOOST_FIXTURE_TEST_CASE(other_derivations_still_need_a_place_for_their_handle, CompatibleTls) {
  if (!has(CKM_TLS_KDF)) return;
  Bytes label = from_text("EXPORTER-place");
  Mechanism mechanism = Mechanism::of(CKM_TLS_KDF, CK_TLS_KDF_PARAMS{CKM_SHA256, label.data(), label.size(), randoms(), nullptr, 0});
  Template wanted = aes(16);
  BOOST_TEST(Rv(p11().C_DeriveKey(session.handle(), mechanism.raw(), secret(kMaster), wanted.raw(), wanted.size(), nullptr)) == CKR_ARGUMENTS_BAD);
}

BOOST_FIXTURE_TEST_CASE(lengths_in_the_other_structures_are_checked, CompatibleTls) {
  if (!has(CKM_TLS_KDF)) return;
  Bytes label = from_text("EXPORTER-lengths");
  const auto kdf = [&](CK_TLS_KDF_PARAMS params) { return session.derive(Mechanism::of(CKM_TLS_KDF, params), secret(kMaster), aes(16)).rv; };
  BOOST_TEST(kdf({CKM_SHA256, label.data(), label.size(), randoms(), nullptr, 0}) == CKR_OK);
  BOOST_TEST(kdf({CKM_SHA256, label.data(), ~0UL, randoms(), nullptr, 0}) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(kdf({CKM_SHA256, nullptr, 5, randoms(), nullptr, 0}) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(kdf({CKM_SHA256, label.data(), label.size(), randoms(), nullptr, 7}) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(kdf({CKM_SHA256, label.data(), label.size(), randoms(), label.data(), 1UL << 30}) == CKR_MECHANISM_PARAM_INVALID);
  const auto extended = [&](CK_BYTE_PTR hash, CK_ULONG size) {
    const CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS params{CKM_SHA256, hash, size, nullptr};
    return session.derive(Mechanism::of(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, params), secret(kPreMaster), {{CKA_TOKEN, false}}).rv;
  };
  BOOST_TEST(extended(client.data(), 32) == CKR_OK);
  BOOST_TEST(extended(client.data(), 0) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(extended(nullptr, 32) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(extended(client.data(), ~0UL) == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()

// TLS 1.0 and 1.1: the numbers are from an independent reckoning of RFC 2246's PRF, which gives the vector below, too.
BOOST_AUTO_TEST_SUITE(tls_before_1_2)

BOOST_FIXTURE_TEST_CASE(the_prf_gives_the_known_answer_as_an_exporter, CompatibleTls) {
  if (!has(CKM_TLS_MASTER_KEY_DERIVE)) return;
  // P. Gutmann's vector, which the working group passed round: 48 octets AB, "PRF Testvector", 64 octets CD.
  Bytes label = from_text("PRF Testvector");
  client = server = Bytes(32, 0xcd);
  const auto wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with(readable_key()).with({CKA_VALUE_LEN, 104UL});
  const auto made = session.derive(Mechanism::of(CKM_TLS_KDF, CK_TLS_KDF_PARAMS{CKM_TLS_PRF, label.data(), label.size(), randoms(), nullptr, 0}),
                                   secret(Bytes(48, 0xab)), wanted).must();
  BOOST_TEST(session.bytes(made, CKA_VALUE) ==
             from_hex("d3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187e4ebd31e602353776c408aafb74c"
                      "bc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b2d8f1afbc655a8c9a013"));
}

BOOST_FIXTURE_TEST_CASE(a_master_secret_makes_the_keys_of_a_connection_and_its_end, CompatibleTls) {
  if (!has(CKM_TLS_MASTER_KEY_DERIVE)) return;
  CK_VERSION version{};
  const auto kept = readable_key().with({CKA_TOKEN, false});
  const auto master =
      session.derive(Mechanism::of(CKM_TLS_MASTER_KEY_DERIVE, CK_SSL3_MASTER_KEY_DERIVE_PARAMS{hellos(), &version}), secret(kPreMaster), kept).must();
  BOOST_TEST(session.bytes(master, CKA_VALUE) ==
             from_hex("86dce54e3fcb30beda01d9befa853b24ff5efa94338e94da6d6f8bbb34a9b549fe986f98f38970cead34c764b66db24e"));
  BOOST_TEST((version.major == 0xf8 && version.minor == 0x93));
  Mechanism block = Mechanism::of(CKM_TLS_KEY_AND_MAC_DERIVE, CK_SSL3_KEY_MAT_PARAMS{160, 128, 128, CK_FALSE, randoms(), &out});
  Template wanted = aes(16);
  BOOST_TEST(Rv(p11().C_DeriveKey(session.handle(), block.raw(), master, wanted.raw(), wanted.size(), nullptr)) == CKR_OK);
  BOOST_TEST(session.bytes(out.hClientMacSecret, CKA_VALUE) == from_hex("d1f09176a06f332d7436f470943440f2fa35af8b"));
  BOOST_TEST(session.bytes(out.hServerMacSecret, CKA_VALUE) == from_hex("a623b68d6c87402b4261532966458b19af416760"));
  BOOST_TEST(session.bytes(out.hClientKey, CKA_VALUE) == from_hex("9747a8cb3a96b0f291ddb824a3289820"));
  BOOST_TEST(session.bytes(out.hServerKey, CKA_VALUE) == from_hex("9fbe24e46b098cc89adc78dd34e6baf8"));
  BOOST_TEST(client_iv == from_hex("fbf01d4640230761b0934b8b0882d96e"));
  BOOST_TEST(server_iv == from_hex("68ce0e278e8cef9575371ffa4e027855"));
  const auto finished = session.sign_once(Mechanism::of(CKM_TLS_MAC, CK_TLS_MAC_PARAMS{CKM_TLS_PRF, 12, 2}), master, Bytes(36, 7)).must();
  BOOST_TEST(finished == from_hex("9641d8c6f75cdcc8a7093ac3"));
}

BOOST_FIXTURE_TEST_CASE(what_diffie_hellman_agreed_on_has_any_length_and_no_version, CompatibleTls) {
  if (!has(CKM_TLS_MASTER_KEY_DERIVE_DH)) return;
  CK_VERSION version{};
  const auto master = [&](CK_MECHANISM_TYPE type, CK_VERSION_PTR place) {
    return session.derive(Mechanism::of(type, CK_SSL3_MASTER_KEY_DERIVE_PARAMS{hellos(), place}), secret(counting(32)), {{CKA_TOKEN, false}}).rv;
  };
  BOOST_TEST(master(CKM_TLS_MASTER_KEY_DERIVE_DH, nullptr) == CKR_OK);
  BOOST_TEST(master(CKM_TLS_MASTER_KEY_DERIVE_DH, &version) == CKR_MECHANISM_PARAM_INVALID);
  BOOST_TEST(master(CKM_TLS_MASTER_KEY_DERIVE, nullptr) == CKR_KEY_SIZE_RANGE);
}

BOOST_FIXTURE_TEST_CASE(the_mechanisms_of_1_2_do_not_take_the_older_prf, CompatibleTls) {
  if (!has(CKM_TLS12_MASTER_KEY_DERIVE)) return;
  const CK_TLS12_MASTER_KEY_DERIVE_PARAMS params{hellos(), nullptr, CKM_TLS_PRF};
  BOOST_TEST(session.derive(Mechanism::of(CKM_TLS12_MASTER_KEY_DERIVE, params), secret(kPreMaster), {{CKA_TOKEN, false}}).rv ==
             CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_strict_token_has_none_of_it, StrictTls) {
  if (!has(CKM_TLS_MAC) || has(CKM_TLS12_KEY_AND_MAC_DERIVE)) return;
  for (const auto type : {CKM_TLS_MASTER_KEY_DERIVE, CKM_TLS_MASTER_KEY_DERIVE_DH, CKM_TLS_KEY_AND_MAC_DERIVE}) BOOST_TEST(!has(type));
  const auto master = secret(kMaster, roles({CKA_SIGN}));
  BOOST_TEST(session.sign_init(Mechanism::of(CKM_TLS_MAC, CK_TLS_MAC_PARAMS{CKM_TLS_PRF, 12, 2}), master) == CKR_MECHANISM_PARAM_INVALID);
  Bytes label = from_text("EXPORTER-old");
  const CK_TLS_KDF_PARAMS exporter{CKM_TLS_PRF, label.data(), label.size(), randoms(), nullptr, 0};
  BOOST_TEST(session.derive(Mechanism::of(CKM_TLS_KDF, exporter), master, aes(16)).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ike)

BOOST_FIXTURE_TEST_CASE(a_key_of_version_1_is_made_of_three, CompatibleTls) {
  if (!has(CKM_IKE1_PRF_DERIVE)) return;
  // RFC 4231, test case 2.
  const auto text = [&](std::string_view octets) { return secret(from_text(octets)); };
  Bytes first = from_text("want "), second = from_text("for nothing");
  const CK_IKE1_PRF_DERIVE_PARAMS params{CKM_SHA256_HMAC, CK_TRUE, text("do ya "), text("what "), first.data(), first.size(), second.data(), second.size(), '?'};
  const auto wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with(readable_key());
  const auto made = session.derive(Mechanism::of(CKM_IKE1_PRF_DERIVE, params), text("Jefe"), wanted).must();
  BOOST_TEST(session.bytes(made, CKA_VALUE) == from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  auto wrong = params;
  wrong.hPrevKey = CK_INVALID_HANDLE;
  BOOST_TEST(session.derive(Mechanism::of(CKM_IKE1_PRF_DERIVE, wrong), text("Jefe"), wanted).rv == CKR_KEY_HANDLE_INVALID);
  wrong = params;
  wrong.ulCKYiLen = ~0UL;
  BOOST_TEST(session.derive(Mechanism::of(CKM_IKE1_PRF_DERIVE, wrong), text("Jefe"), wanted).rv == CKR_MECHANISM_PARAM_INVALID);
}

BOOST_FIXTURE_TEST_CASE(a_key_is_protected_as_every_key_it_is_made_of, StrictTls) {
  if (!has(CKM_IKE2_PRF_PLUS_DERIVE)) return;
  const auto readable = secret(counting(32), readable_key());
  const auto sensitive = secret(counting(32));
  const CK_IKE2_PRF_PLUS_DERIVE_PARAMS params{CKM_SHA256_HMAC, CK_TRUE, sensitive, nullptr, 0};
  const auto wanted = secret_key(CKK_GENERIC_SECRET, {}).without(CKA_VALUE).with({CKA_VALUE_LEN, 32UL});
  BOOST_TEST(session.derive(Mechanism::of(CKM_IKE2_PRF_PLUS_DERIVE, params), readable, wanted.with(readable_key())).rv == CKR_TEMPLATE_INCONSISTENT);
  BOOST_TEST(session.derive(Mechanism::of(CKM_IKE2_PRF_PLUS_DERIVE, params), readable, wanted).rv == CKR_OK);
  BOOST_TEST(!has(CKM_IKE1_EXTENDED_DERIVE));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(triple_des)

struct Des3 : StrictTls {
  Template template_of(std::string_view octets = "0123456789abcdef23456789abcdef01456789abcdef0123") {
    return secret_key(CKK_DES3, from_hex(octets)).with(roles({CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY}));
  }
  // A strict token protects nothing anew by it.
  bool is_strict() {
    CK_MECHANISM_INFO info{};
    return p11().C_GetMechanismInfo(slot, CKM_DES3_CBC, &info) == CKR_OK && (info.flags & CKF_ENCRYPT) == 0;
  }
};

BOOST_FIXTURE_TEST_CASE(a_strict_token_only_opens, Des3) {
  if (!is_strict()) return;
  const auto key = session.create(template_of()).must();
  BOOST_TEST(session.encrypt_init({CKM_DES3_CBC, Bytes(8)}, key) == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.sign_init(CKM_DES3_CMAC, key) == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.verify_init(CKM_DES3_CMAC, key) == CKR_OK);
  BOOST_TEST(session.generate(CKM_DES3_KEY_GEN, {{CKA_TOKEN, false}}).rv == CKR_MECHANISM_INVALID);
  BOOST_TEST(session.decrypt_once(CKM_DES3_ECB, key, from_hex("a826fd8ce53b855f")).must() == from_hex("5468652071756663"));
}

BOOST_FIXTURE_TEST_CASE(a_key_without_parity_is_not_made, Des3) {
  if (!is_strict()) return;
  BOOST_TEST(session.create(template_of("0123456789abcdef23456789abcdef01456789abcdef0122")).rv == CKR_ATTRIBUTE_VALUE_INVALID);
  BOOST_TEST(session.create(template_of("0123456789abcdef0123456789abcdef456789abcdef0123")).rv == CKR_ATTRIBUTE_VALUE_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
