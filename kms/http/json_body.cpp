#include "kms/http/json_body.h"

#include <boost/json/memory_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>

#include <cmath>

namespace kms::http {
namespace json = boost::json;
namespace {

/// Hands out one block per parse and wipes it; what does not fit comes from the heap and is wiped on its way back.
class WipingResource final : public json::memory_resource {
 public:
  ~WipingResource() override { hsm::wipe({block_.data(), used_}); }

 private:
  void* do_allocate(std::size_t size, std::size_t align) override {
    const auto start = (used_ + align - 1) / align * align;
    if (align <= alignof(std::max_align_t) && start + size <= block_.size()) {
      used_ = start + size;
      return block_.data() + start;
    }
    if (align > __STDCPP_DEFAULT_NEW_ALIGNMENT__) throw std::bad_alloc();
    return ::operator new(size);
  }
  // Boost.JSON 1.81 gives a key back with another alignment than it asked for: nothing may hang on it.
  void do_deallocate(void* p, std::size_t size, std::size_t) override {
    auto* bytes = static_cast<std::uint8_t*>(p);
    hsm::wipe({bytes, size});
    if (!std::less<>()(bytes, block_.data()) && std::less<>()(bytes, block_.data() + block_.size())) return;
    ::operator delete(p);
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }

  alignas(std::max_align_t) std::array<std::uint8_t, 4096> block_;
  std::size_t used_ = 0;
};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

const json::value* at(const void* value) { return static_cast<const json::value*>(value); }

}  // namespace

struct JsonBody::Tree {
  WipingResource memory;
  std::optional<json::value> value;  // goes before the memory it lies in
};

JsonBody::JsonBody() = default;
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody& JsonBody::operator=(JsonBody&&) noexcept = default;
JsonBody::~JsonBody() = default;

std::optional<JsonBody> JsonBody::parse(std::string_view text) {
  JsonBody body;
  body.tree_ = std::make_unique<Tree>();
  const json::storage_ptr memory(&body.tree_->memory);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    body.tree_->value.emplace(nullptr, memory);
    return body;
  }
  json::parser parser(memory, {.max_depth = 16});
  parser.reset(memory);
  boost::system::error_code error;
  parser.write(text.data(), text.size(), error);
  if (error) return std::nullopt;
  body.tree_->value.emplace(parser.release());
  return body;
}

JsonValue JsonBody::root() const { return JsonValue(&*tree_->value); }

bool JsonValue::is_null() const { return value_ == nullptr || at(value_)->is_null(); }
bool JsonValue::is_object() const { return value_ != nullptr && at(value_)->is_object(); }
bool JsonValue::is_array() const { return value_ != nullptr && at(value_)->is_array(); }
bool JsonValue::is_string() const { return value_ != nullptr && at(value_)->is_string(); }

JsonValue JsonValue::member(std::string_view name) const {
  if (!is_object()) return {};
  const auto& object = at(value_)->get_object();
  if (const auto* exact = object.if_contains(name)) return JsonValue(exact);
  for (const auto& item : object) {
    if (same_name(item.key(), name)) return JsonValue(&item.value());
  }
  return {};
}

std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> result;
  if (!is_array()) return result;
  for (const auto& item : at(value_)->get_array()) result.push_back(JsonValue(&item));
  return result;
}

std::size_t JsonValue::size() const { return is_array() ? at(value_)->get_array().size() : 0; }

std::optional<std::string_view> JsonValue::text() const {
  if (!is_string()) return std::nullopt;
  return std::string_view(at(value_)->get_string());
}

std::optional<bool> JsonValue::boolean() const {
  if (value_ == nullptr || !at(value_)->is_bool()) return std::nullopt;
  return at(value_)->get_bool();
}

std::optional<std::int64_t> JsonValue::integer() const {
  if (value_ == nullptr) return std::nullopt;
  if (const auto* i = at(value_)->if_int64()) return *i;
  if (const auto* d = at(value_)->if_double(); d != nullptr && std::trunc(*d) == *d && std::abs(*d) < 9e15) {
    return static_cast<std::int64_t>(*d);
  }
  return std::nullopt;
}

}  // namespace kms::http
