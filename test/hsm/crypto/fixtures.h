#pragma once

#include <algorithm>
#include <memory>
#include <ostream>
#include <string_view>

#include "hsm/crypto/crypto.h"

namespace test {

inline hsm::KeyUse use() { return hsm::crypto::SecretAccess::use(); }
inline hsm::Bytes hex(std::string_view text) { return hsm::from_hex(text).value(); }
inline hsm::Secret secret(hsm::ByteView octets) { return hsm::Secret::copy_of(octets); }
inline hsm::Bytes reveal(const hsm::Secret& s) { return hsm::bytes_of(s.reveal(use())); }

inline hsm::Mechanism mechanism(hsm::Mech id, hsm::Mechanism::Params params = {}) {
  return {static_cast<std::uint64_t>(id), std::move(params)};
}

template <class... Parts>
hsm::Template attributes(Parts... parts) {
  hsm::Template made;
  (made.push_back(std::move(parts)), ...);
  return made;
}

inline hsm::crypto::KeyPtr secret_key(hsm::KeyType type, hsm::ByteView value) {
  using hsm::Attr;
  return hsm::crypto::load_key(attributes(hsm::attribute(Attr::object_class, hsm::ObjectClass::secret_key),
                                          hsm::attribute(Attr::key_type, type), hsm::attribute(Attr::value, secret(value))))
      .value();
}
inline hsm::crypto::KeyPtr aes_key(hsm::ByteView value) { return secret_key(hsm::KeyType::aes, value); }

/// The two halves of a generated pair, as objects and as keys.
struct Pair {
  hsm::Template public_attributes, private_attributes;
  hsm::crypto::KeyPtr public_key, private_key;
};
inline Pair pair_of(hsm::crypto::GeneratedPair generated, hsm::KeyType type) {
  using hsm::Attr;
  Pair pair{std::move(generated.public_part), std::move(generated.private_part), {}, {}};
  for (auto* half : {&pair.public_attributes, &pair.private_attributes})
    half->push_back(hsm::attribute(Attr::key_type, type));
  pair.public_attributes.push_back(hsm::attribute(Attr::object_class, hsm::ObjectClass::public_key));
  pair.private_attributes.push_back(hsm::attribute(Attr::object_class, hsm::ObjectClass::private_key));
  pair.public_key = hsm::crypto::load_key(pair.public_attributes).value();
  pair.private_key = hsm::crypto::load_key(pair.private_attributes).value();
  return pair;
}
inline Pair rsa_pair(std::uint64_t bits = 2048) {
  return pair_of(hsm::crypto::generate_pair(mechanism(hsm::Mech::rsa_pkcs_key_pair_gen),
                                            attributes(hsm::attribute(hsm::Attr::modulus_bits, bits)))
                     .value(),
                 hsm::KeyType::rsa);
}
/// One pair for all tests that need only any.
inline const Pair& shared_rsa_pair() {
  static const auto pair = rsa_pair();
  return pair;
}
inline hsm::Bytes p256() { return hex("06082a8648ce3d030107"); }
inline Pair ec_pair(hsm::Bytes params = p256()) {
  auto generated = hsm::crypto::generate_pair(mechanism(hsm::Mech::ec_key_pair_gen),
                                              attributes(hsm::attribute(hsm::Attr::ec_params, params)))
                       .value();
  generated.public_part.push_back(hsm::attribute(hsm::Attr::ec_params, params));
  return pair_of(std::move(generated), hsm::KeyType::ec);
}

/// begin() and once() into a room of the announced size.
inline hsm::Result<hsm::Bytes> run(hsm::Use use, const hsm::Mechanism& mechanism, const hsm::crypto::KeyPtr& key,
                                   hsm::ByteView in) {
  auto operation = TRY(hsm::crypto::begin(use, mechanism, key));
  hsm::Bytes out(operation->once_size(in.size()));
  out.resize(TRY(operation->once(in, out)));
  return out;
}
/// The same in pieces of `piece` octets.
inline hsm::Result<hsm::Bytes> run_in_pieces(hsm::Use use, const hsm::Mechanism& mechanism, const hsm::crypto::KeyPtr& key,
                                             hsm::ByteView in, std::size_t piece) {
  auto operation = TRY(hsm::crypto::begin(use, mechanism, key));
  hsm::Bytes out;
  while (!in.empty()) {
    const auto head = in.first(std::min(piece, in.size()));
    hsm::Bytes part(operation->update_size(head.size()));
    part.resize(TRY(operation->update(head, part)));
    out.insert(out.end(), part.begin(), part.end());
    in = in.subspan(head.size());
  }
  hsm::Bytes last(operation->finish_size());
  last.resize(TRY(operation->finish(last)));
  out.insert(out.end(), last.begin(), last.end());
  return out;
}
inline hsm::Status verify(const hsm::Mechanism& mechanism, const hsm::crypto::KeyPtr& key, hsm::ByteView data,
                          hsm::ByteView signature) {
  return TRY(hsm::crypto::begin(hsm::Use::verify, mechanism, key))->verify_once(data, signature);
}

template <class T>
hsm::Rv rv_of(const hsm::Result<T>& result) {
  return result ? hsm::Rv::ok : result.error().rv;
}

}  // namespace test

namespace hsm {
inline std::ostream& operator<<(std::ostream& out, Rv rv) { return out << name_of(rv); }
}  // namespace hsm
