#include "kms/client/json.h"

#include <boost/json/parse.hpp>
#include <boost/json/serializer.hpp>
#include <new>

#include "kms/client/secret_access.h"

namespace kms::client {
namespace json = boost::json;

namespace {

class WipingResource final : public json::memory_resource {
  // Boost.JSON 1.81 gives a key back with another alignment than it asked for: nothing may hang on it.
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) throw std::bad_alloc();
    return ::operator new(size);
  }
  void do_deallocate(void* p, std::size_t size, std::size_t) override {
    hsm::wipe({static_cast<std::uint8_t*>(p), size});
    ::operator delete(p);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

json::storage_ptr wiping_storage() { return json::make_shared_resource<WipingResource>(); }

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error, wiping_storage());
  if (error || !value.is_object()) {
    return Error{Kind::unusable, 0, "bad_answer", "the answer is not the JSON object that was expected",
                 "is this address really a key-management service?"};
  }
  return std::move(value.as_object());
}

hsm::WipedString to_text(const json::value& value) {
  hsm::WipedString text;
  json::serializer serializer;
  serializer.reset(&value);
  char chunk[1024];
  while (!serializer.done()) text.append(serializer.read(chunk, sizeof chunk));
  hsm::wipe({static_cast<std::uint8_t*>(static_cast<void*>(chunk)), sizeof chunk});
  return text;
}

std::string to_public_text(const json::value& value) {
  const auto text = to_text(value);
  return {text.begin(), text.end()};
}

std::string text_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->as_string().begin(), member->as_string().end());
}

std::int64_t integer_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_number()) return 0;
  boost::system::error_code error;
  const auto number = member->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

bool flag_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && member->is_bool() && member->as_bool();
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

const json::array* array_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_array();
}

hsm::Secret secret_at(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return {};
  const auto& text = member->as_string();
  return hsm::Secret::copy_of(hsm::view(std::string_view(text.data(), text.size())));
}

void put_secret(json::object& object, std::string_view name, const hsm::Secret& value) {
  object.insert_or_assign(name, json::string(hsm::text_of(SecretAccess::bytes(value)), wiping_storage()));
}

}  // namespace kms::client
