// What the judges of Wycheproof vectors work with: a session, one key at a time, and what a row of the table says.
#pragma once

#include <functional>
#include <optional>

#include "fixtures.h"
#include "vectors.h"

namespace conformance {

// What came of a vector: it was accepted if the code is CKR_OK and what was made is what the vector says.
struct Verdict {
  Rv rv;
  bool as_written = true;
  bool accepted() const { return rv == CKR_OK && as_written; }
};
using Judged = std::optional<Verdict>;  // nothing: PKCS#11 cannot say it, or the module does not announce that it can

// Compatible: some of their keys have the public exponent 3, which a strict token does not take.
struct Wycheproof : CompatibleSession {
  // One key at a time: kept as long as its owner (a group, or a single vector) is.
  Outcome<CK_OBJECT_HANDLE> key_of(const Json& owner, const std::function<Template()>& make) {
    if (std::exchange(owner_, &owner) == &owner) return key_;
    if (key_.rv == CKR_OK && key_.value != CK_INVALID_HANDLE) session.destroy(key_.value).must();
    key_ = session.create(make());
    return key_;
  }
  bool announces(CK_MECHANISM_TYPE type, CK_ULONG key_size) const {
    CK_MECHANISM_INFO info{};
    if (p11().C_GetMechanismInfo(slot, type, &info) != CKR_OK) return true;  // let the vector fail
    return info.ulMinKeySize <= key_size && key_size <= info.ulMaxKeySize;
  }
  Verdict both_ways(const std::function<Mechanism()>& mechanism, const Outcome<CK_OBJECT_HANDLE>& key,
                    const Bytes& text, const Bytes& sealed) {
    if (!(key.rv == CKR_OK)) return {key.rv};
    const Answer opened = session.decrypt_once(mechanism(), key.value, sealed);
    if (!(opened.rv == CKR_OK)) return {opened.rv};
    return {CKR_OK, opened.bytes == text && session.encrypt_once(mechanism(), key.value, text).bytes == sealed};
  }

 private:
  const Json* owner_ = nullptr;
  Outcome<CK_OBJECT_HANDLE> key_{CKR_OK, CK_INVALID_HANDLE};
};

struct Vectors {
  std::string_view name;
  std::string_view file;
  Judged (*judge)(Wycheproof&, const Vectors&, const Json& group, const Json& one);
  CK_MECHANISM_TYPE type = CK_UNAVAILABLE_INFORMATION;  // where several rows share a judge
  CK_ULONG tag_bits = 0;                                // HMAC: the groups to take
  std::size_t every = 1;                                // take each vector, or every nth
};

}  // namespace conformance
