// One open session, with every call over values.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "mechanism.h"
#include "module.h"
#include "outcome.h"
#include "template.h"

namespace conformance {

// How much room an output buffer offers; `kAskSize` passes a null pointer.
using Room = std::optional<std::size_t>;
inline constexpr Room kAskSize = std::nullopt;
inline constexpr Room kPlenty = 65536;

struct KeyPair {
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
};

inline constexpr CK_FLAGS kReadOnly = CKF_SERIAL_SESSION;
inline constexpr CK_FLAGS kReadWrite = CKF_SERIAL_SESSION | CKF_RW_SESSION;

// Closes itself. Names follow the C_ functions; a call whose answer is one code gives an Rv.
class Session {
 public:
  explicit Session(CK_SLOT_ID slot, CK_FLAGS flags = kReadWrite, Place place = Place::here());
  ~Session();
  Session(Session&& other) noexcept : handle_(std::exchange(other.handle_, CK_INVALID_HANDLE)) {}
  Session(const Session&) = delete;

  CK_SESSION_HANDLE handle() const { return handle_; }
  Rv close();
  CK_SESSION_INFO info() const;

  Rv login(CK_USER_TYPE user, std::string_view pin);
  Rv logout();
  Rv init_pin(std::string_view pin);
  Rv set_pin(std::string_view old_pin, std::string_view new_pin);

  Answer operation_state(Room room = kPlenty);
  Rv set_operation_state(ByteView state, CK_OBJECT_HANDLE encryption_key = CK_INVALID_HANDLE,
                         CK_OBJECT_HANDLE authentication_key = CK_INVALID_HANDLE);

  Outcome<CK_OBJECT_HANDLE> create(Template attributes);
  Outcome<CK_OBJECT_HANDLE> copy(CK_OBJECT_HANDLE object, Template changes);
  Rv destroy(CK_OBJECT_HANDLE object);
  Outcome<CK_ULONG> size(CK_OBJECT_HANDLE object);
  Answer get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Room room = kPlenty);
  Bytes bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place = Place::here());
  bool flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place = Place::here());
  CK_ULONG number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place = Place::here());
  Rv set(CK_OBJECT_HANDLE object, Template changes);
  Rv find_init(Template pattern);
  Outcome<std::vector<CK_OBJECT_HANDLE>> find_next(CK_ULONG most);
  Rv find_final();
  std::vector<CK_OBJECT_HANDLE> find(const Template& pattern, Place place = Place::here());

  Outcome<CK_OBJECT_HANDLE> generate(Mechanism mechanism, Template attributes);
  Outcome<KeyPair> generate_pair(Mechanism mechanism, Template public_key, Template private_key);
  Answer wrap(Mechanism mechanism, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, Room room = kPlenty);
  Outcome<CK_OBJECT_HANDLE> unwrap(Mechanism mechanism, CK_OBJECT_HANDLE with, ByteView wrapped, Template attributes);
  Outcome<CK_OBJECT_HANDLE> derive(Mechanism mechanism, CK_OBJECT_HANDLE base, Template attributes);
  Rv seed(ByteView seed);
  Outcome<Bytes> random(std::size_t count);

  Rv digest_init(Mechanism mechanism);
  Answer digest(ByteView data, Room room = kPlenty);
  Rv digest_update(ByteView part);
  Rv digest_key(CK_OBJECT_HANDLE key);
  Answer digest_final(Room room = kPlenty);

  Rv encrypt_init(Mechanism mechanism, CK_OBJECT_HANDLE key);
  Answer encrypt(ByteView data, Room room = kPlenty);
  Answer encrypt_update(ByteView part, Room room = kPlenty);
  Answer encrypt_final(Room room = kPlenty);
  Answer encrypt_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data);  // Init, then Encrypt

  Rv decrypt_init(Mechanism mechanism, CK_OBJECT_HANDLE key);
  Answer decrypt(ByteView data, Room room = kPlenty);
  Answer decrypt_update(ByteView part, Room room = kPlenty);
  Answer decrypt_final(Room room = kPlenty);
  Answer decrypt_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data);

  Rv sign_init(Mechanism mechanism, CK_OBJECT_HANDLE key);
  Answer sign(ByteView data, Room room = kPlenty);
  Rv sign_update(ByteView part);
  Answer sign_final(Room room = kPlenty);
  Answer sign_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data);

  Rv verify_init(Mechanism mechanism, CK_OBJECT_HANDLE key);
  Rv verify(ByteView data, ByteView signature);
  Rv verify_update(ByteView part);
  Rv verify_final(ByteView signature);
  Rv verify_once(Mechanism mechanism, CK_OBJECT_HANDLE key, ByteView data, ByteView signature);

 private:
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
};

}  // namespace conformance
