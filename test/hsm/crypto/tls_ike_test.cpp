// TLS 1.2 by NIST's vectors of its key derivation (CAVP, SHA-256), IKE by the numbers of RFC 5869 and RFC 4231: prf+ is the second half
// of HKDF, the other functions are one HMAC each.
#include <boost/test/unit_test.hpp>

#include "test/hsm/crypto/fixtures.h"

using namespace hsm;
using namespace test;

namespace {

constexpr auto kSha256 = static_cast<std::uint64_t>(Mech::sha256);
constexpr auto kHmacSha256 = static_cast<std::uint64_t>(Mech::sha256_hmac);

const Bytes kPreMaster = hex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc");
const Bytes kClientHello = hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c");
const Bytes kServerHello = hex("f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce");
const Bytes kMaster = hex("202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf");
const Bytes kClient = hex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616");
const Bytes kServer = hex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868");
constexpr std::string_view kKeyBlock =
    "d06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f"
    "6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928";
const Bytes kMacOfWhat = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

crypto::KeyPtr generic(ByteView octets) { return secret_key(KeyType::generic_secret, octets); }
crypto::KeyPtr text_key(std::string_view text) { return generic(view(text)); }
Bytes text(std::string_view octets) { return bytes_of(octets); }

TlsMasterParams master_params() { return {kSha256, kClientHello, kServerHello, {}, false}; }
TlsKeyBlockParams block_params(std::uint64_t mac, std::uint64_t key, std::uint64_t iv) { return {kSha256, kClient, kServer, mac, key, iv}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(the_master_secret_is_that_of_nist) {
  for (const auto id : {Mech::tls12_master_key_derive, Mech::tls12_master_key_derive_dh})
    BOOST_TEST(reveal(crypto::derive(mechanism(id, master_params()), *generic(kPreMaster), 0).value()) == kMaster);
}

BOOST_AUTO_TEST_CASE(the_key_block_is_cut_as_rfc_5246_says) {
  const auto keys = crypto::derive_tls_keys(mechanism(Mech::tls12_key_and_mac_derive, block_params(256, 128, 128)), *generic(kMaster)).value();
  const auto whole = hex(kKeyBlock);
  const auto part = [&](std::size_t from, std::size_t size) { return bytes_of(ByteView(whole).subspan(from, size)); };
  BOOST_TEST(reveal(keys.client_mac) == part(0, 32));
  BOOST_TEST(reveal(keys.server_mac) == part(32, 32));
  BOOST_TEST(reveal(keys.client_key) == part(64, 16));
  BOOST_TEST(reveal(keys.server_key) == part(80, 16));
  BOOST_TEST(keys.ivs == part(96, 32));
}

BOOST_AUTO_TEST_CASE(a_connection_without_macs_and_ivs_has_none) {
  const auto keys = crypto::derive_tls_keys(mechanism(Mech::tls12_key_safe_derive, block_params(0, 256, 0)), *generic(kMaster)).value();
  BOOST_TEST((keys.client_mac.empty() && keys.server_mac.empty() && keys.ivs.empty()));
  BOOST_TEST(keys.server_key.size() == 32u);
}

BOOST_AUTO_TEST_CASE(the_version_is_told_only_where_it_was_asked_for) {
  auto asked = master_params();
  asked.asks_version = true;
  BOOST_TEST(crypto::tls_version(mechanism(Mech::tls12_master_key_derive, asked), *generic(kPreMaster)) == hex("f893"));
  BOOST_TEST(crypto::tls_version(mechanism(Mech::tls12_master_key_derive, master_params()), *generic(kPreMaster)).empty());
}

BOOST_AUTO_TEST_CASE(hostile_parameters_are_refused) {
  const auto master = [&](const TlsMasterParams& params, std::size_t size = 48) {
    return rv_of(crypto::derive(mechanism(Mech::tls12_master_key_derive, params), *generic(Bytes(size, 7)), 0));
  };
  auto wrong = master_params();
  wrong.hash = kHmacSha256;
  BOOST_TEST(master(wrong) == Rv::mechanism_param_invalid);
  wrong = master_params();
  wrong.client_random.pop_back();
  BOOST_TEST(master(wrong) == Rv::mechanism_param_invalid);
  wrong = master_params();
  wrong.session_hash = Bytes(65, 1);
  BOOST_TEST(master(wrong) == Rv::mechanism_param_invalid);
  BOOST_TEST(master(master_params(), 47) == Rv::key_size_range);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::tls12_master_key_derive, master_params()), *generic(kPreMaster), 32)) == Rv::template_inconsistent);
  const auto block = [&](const TlsKeyBlockParams& params) {
    return rv_of(crypto::derive_tls_keys(mechanism(Mech::tls12_key_and_mac_derive, params), *generic(kMaster)));
  };
  for (const auto& params : {block_params(0, 0, 0), block_params(0, 0, 128), block_params(160, 0, 128), block_params(4, 128, 0), block_params(0, 1024, 0),
                             block_params(~std::uint64_t{7}, 128, 0), block_params(0, 128, 256)})
    BOOST_TEST(block(params) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(an_exporter_has_no_label_of_the_protocol) {
  const auto derive = [&](std::string_view label, const Bytes& client, std::optional<Bytes> context = {}) {
    return crypto::derive(mechanism(Mech::tls_kdf, TlsKdfParams{kSha256, text(label), client, kServer, std::move(context)}), *generic(kMaster), 32);
  };
  BOOST_TEST(rv_of(derive("EXPORTER-test", kClient)) == Rv::ok);
  BOOST_TEST(reveal(derive("EXPORTER-test", kClient).value()) != reveal(derive("EXPORTER-test", kClient, Bytes()).value()));
  for (const auto* label : {"client finished", "server finished", "master secret", "extended master secret", "key expansion", ""})
    BOOST_TEST(rv_of(derive(label, kClient)) == Rv::mechanism_param_invalid);
  Bytes continued = kClient;
  std::ranges::copy(text("ansion"), continued.begin());
  BOOST_TEST(rv_of(derive("key exp", continued)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(derive("EXPORTER-test", kClient, Bytes(1000, 1))) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(finished_messages_verify_and_no_other) {
  const Bytes handshake(32, 0x11);
  const auto of = [&](std::uint64_t side, std::uint64_t length = 12) { return mechanism(Mech::tls_mac, TlsMacParams{kSha256, length, side}); };
  const auto client = run(Use::sign, of(2), generic(kMaster), handshake).value();
  BOOST_TEST(client.size() == 12u);
  BOOST_TEST(client != run(Use::sign, of(1), generic(kMaster), handshake).value());
  BOOST_TEST(client == run_in_pieces(Use::sign, mechanism(Mech::tls12_mac, TlsMacParams{kSha256, 12, 2}), generic(kMaster), handshake, 5).value());
  BOOST_TEST(rv_of(verify(of(2), generic(kMaster), handshake, client)) == Rv::ok);
  BOOST_TEST(rv_of(verify(of(1), generic(kMaster), handshake, client)) == Rv::signature_invalid);
  BOOST_TEST(rv_of(verify(of(2, 16), generic(kMaster), handshake, client)) == Rv::signature_len_range);
  for (const auto& wrong : {of(0), of(3), of(2, 11), of(2, 65)}) BOOST_TEST(rv_of(run(Use::sign, wrong, generic(kMaster), handshake)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(run(Use::sign, of(2), generic(kMaster), Bytes(1100, 1))) == Rv::data_len_range);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ike)

BOOST_AUTO_TEST_CASE(prf_plus_is_the_expansion_of_rfc_5869) {
  const auto base = generic(hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  const auto expected = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const auto whole = mechanism(Mech::ike2_prf_plus_derive, Ike2PrfPlusParams{kHmacSha256, {}, hex("f0f1f2f3f4f5f6f7f8f9")});
  BOOST_TEST(reveal(crypto::derive(whole, *base, 42).value()) == expected);
  const auto by_key = mechanism(Mech::ike2_prf_plus_derive, Ike2PrfPlusParams{kHmacSha256, 1, hex("f4f5f6f7f8f9")});
  const std::vector<crypto::KeyPtr> seed{generic(hex("f0f1f2f3"))};
  BOOST_TEST(reveal(crypto::derive(by_key, *base, 42, seed).value()) == expected);
  BOOST_TEST(rv_of(crypto::derive(by_key, *base, 42)) == Rv::mechanism_param_invalid);
  BOOST_TEST(rv_of(crypto::derive(whole, *base, 255 * 32 + 1)) == Rv::key_size_range);
  BOOST_TEST(rv_of(crypto::derive(whole, *base, 0)) == Rv::template_incomplete);
}

BOOST_AUTO_TEST_CASE(one_prf_is_the_hmac_of_rfc_4231) {
  const auto data_is_key = mechanism(Mech::ike_prf_derive, IkePrfParams{kHmacSha256, true, text("Je"), text("fe"), {}});
  BOOST_TEST(reveal(crypto::derive(data_is_key, *text_key("what do ya want for nothing?"), 0).value()) == kMacOfWhat);
  const auto pre_shared = mechanism(Mech::ike_prf_derive, IkePrfParams{kHmacSha256, false, text("what do ya want "), text("for nothing?"), {}});
  BOOST_TEST(reveal(crypto::derive(pre_shared, *text_key("Jefe"), 32).value()) == kMacOfWhat);
  const std::vector<crypto::KeyPtr> again{text_key("what do ya ")};
  const auto rekeyed = mechanism(Mech::ike_prf_derive, IkePrfParams{kHmacSha256, false, text("want for "), text("nothing?"), 1});
  BOOST_TEST(reveal(crypto::derive(rekeyed, *text_key("Jefe"), 16, again).value()) == bytes_of(ByteView(kMacOfWhat).first(16)));
  BOOST_TEST(rv_of(crypto::derive(rekeyed, *text_key("Jefe"), 33, again)) == Rv::key_size_range);
  const auto both = mechanism(Mech::ike_prf_derive, IkePrfParams{kHmacSha256, true, text("a"), text("b"), 1});
  BOOST_TEST(rv_of(crypto::derive(both, *text_key("Jefe"), 0, again)) == Rv::mechanism_param_invalid);
  const auto empty = mechanism(Mech::ike_prf_derive, IkePrfParams{kHmacSha256, true, {}, {}, {}});
  BOOST_TEST(rv_of(crypto::derive(empty, *text_key("Jefe"), 0)) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(the_keys_of_version_1_are_chained) {
  const Ike1PrfParams params{kHmacSha256, 1, 2, text("want "), text("for nothing"), '?'};
  const std::vector<crypto::KeyPtr> keys{text_key("do ya "), text_key("what ")};
  BOOST_TEST(reveal(crypto::derive(mechanism(Mech::ike1_prf_derive, params), *text_key("Jefe"), 0, keys).value()) == kMacOfWhat);
  BOOST_TEST(rv_of(crypto::derive(mechanism(Mech::ike1_prf_derive, params), *text_key("Jefe"), 0, std::span(keys).first(1))) == Rv::mechanism_param_invalid);
}

BOOST_AUTO_TEST_CASE(a_long_key_of_version_1_feeds_back) {
  const std::vector<crypto::KeyPtr> agreed{text_key("what do ya want ")};
  const auto quick = mechanism(Mech::ike1_extended_derive, Ike1ExtendedParams{kHmacSha256, 1, text("for nothing?")});
  const auto out = reveal(crypto::derive(quick, *text_key("Jefe"), 48, agreed).value());
  BOOST_TEST(bytes_of(ByteView(out).first(32)) == kMacOfWhat);
  Bytes second = kMacOfWhat;
  for (const auto octet : text("what do ya want for nothing?")) second.push_back(octet);
  const auto mac = run(Use::sign, mechanism(Mech::sha256_hmac), text_key("Jefe"), second).value();
  BOOST_TEST(bytes_of(ByteView(out).last(16)) == bytes_of(ByteView(mac).first(16)));
  const auto bare = mechanism(Mech::ike1_extended_derive, Ike1ExtendedParams{kHmacSha256, {}, {}});
  BOOST_TEST(reveal(crypto::derive(bare, *generic(Bytes(32, 9)), 16).value()) == Bytes(16, 9));
  const auto longer = reveal(crypto::derive(bare, *generic(Bytes(32, 9)), 40).value());
  BOOST_TEST(bytes_of(ByteView(longer).first(32)) == run(Use::sign, mechanism(Mech::sha256_hmac), generic(Bytes(32, 9)), Bytes(1, 0)).value());
}

BOOST_AUTO_TEST_SUITE_END()
