#pragma once

#include "hsm/crypto/crypto.h"
#include "hsm/crypto/key.h"

// Post-quantum algorithms of libcrypto 3.5 and later, fetched by name: with an older one their mechanisms are not there.

namespace hsm::crypto {

/// A parameter set of ML-KEM, ML-DSA or SLH-DSA (CKA_PARAMETER_SET: CKP_*).
struct PqSet {
  KeyType type;
  std::uint64_t number;
  const char* name;   ///< for libcrypto: "ML-DSA-65"
  std::uint64_t bits; ///< of the name, or of the security level where it has none
};
std::span<const PqSet> all_pq_sets();
/// attribute_value_invalid for a number that is not a set of this type.
Result<const PqSet*> pq_set_in(const Template& attributes, KeyType type);

Result<KeyPtr> load_pq(const Template& attributes, KeyType type, ObjectClass half);
Result<GeneratedPair> generate_pq(const Template& wanted, KeyType type);
Result<Secret> pq_document(const Template& private_key);
Result<Template> read_pq_document(const Secret& document);
Result<Template> pq_public_half(const Template& private_key);
/// Whether libcrypto has the algorithms of this type of key.
bool has_pq(KeyType type);

}  // namespace hsm::crypto
