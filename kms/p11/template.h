#pragma once

#include <array>
#include <stdexcept>

#include "hsm/base/bytes.h"
#include "pkcs11/cryptoki.h"

namespace kms::p11 {

/// The attributes of one call. Points into itself and into the bytes it was given, so it neither moves nor outlives them.
class Template {
 public:
  Template() = default;
  Template(const Template&) = delete;

  Template& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    numbers_.at(size_) = value;
    return add(type, &numbers_[size_], sizeof(CK_ULONG));
  }
  Template& flag(CK_ATTRIBUTE_TYPE type, bool value) {
    static CK_BBOOL yes = CK_TRUE;
    static CK_BBOOL no = CK_FALSE;
    return add(type, value ? &yes : &no, sizeof(CK_BBOOL));
  }
  Template& bytes(CK_ATTRIBUTE_TYPE type, hsm::ByteView value) {
    return add(type, const_cast<std::uint8_t*>(value.data()), value.size());  // the C interface knows no const
  }

  /// A template inside this one, which it does not outlive.
  Template& nested(CK_ATTRIBUTE_TYPE type, Template& inner) {
    return add(type, inner.data(), inner.size() * sizeof(CK_ATTRIBUTE));
  }

  CK_ATTRIBUTE* data() { return attributes_.data(); }
  CK_ULONG size() const { return size_; }

 private:
  static constexpr std::size_t kMost = 16;
  Template& add(CK_ATTRIBUTE_TYPE type, void* value, std::size_t length) {
    if (size_ == kMost) throw std::length_error("template");
    attributes_[size_++] = CK_ATTRIBUTE{type, value, length};
    return *this;
  }

  std::array<CK_ATTRIBUTE, kMost> attributes_{};
  std::array<CK_ULONG, kMost> numbers_{};
  std::size_t size_ = 0;
};

}  // namespace kms::p11
