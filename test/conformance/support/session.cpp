#include "session.h"

#include <cstring>

#include "session_calls.h"

namespace conformance {

Session::Session(CK_SLOT_ID slot, CK_FLAGS flags, Place place) {
  Rv(p11().C_OpenSession(slot, flags, nullptr, nullptr, &handle_)).must(place);
}

Session::~Session() {
  if (handle_ != CK_INVALID_HANDLE) close();
}

Rv Session::close() { return p11().C_CloseSession(std::exchange(handle_, CK_INVALID_HANDLE)); }

CK_SESSION_INFO Session::info() const {
  CK_SESSION_INFO info{};
  Rv(p11().C_GetSessionInfo(handle_, &info)).must();
  return info;
}

static CK_UTF8CHAR_PTR text(std::string_view pin) {
  return readable(ByteView(reinterpret_cast<const CK_BYTE*>(pin.data()), pin.size()));
}

Rv Session::login(CK_USER_TYPE user, std::string_view pin) { return p11().C_Login(handle_, user, text(pin), pin.size()); }
Rv Session::logout() { return p11().C_Logout(handle_); }
Rv Session::init_pin(std::string_view pin) { return p11().C_InitPIN(handle_, text(pin), pin.size()); }
Rv Session::set_pin(std::string_view old_pin, std::string_view new_pin) {
  return p11().C_SetPIN(handle_, text(old_pin), old_pin.size(), text(new_pin), new_pin.size());
}

Outcome<CK_OBJECT_HANDLE> Session::create(Template attributes) {
  CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
  const Rv rv = p11().C_CreateObject(handle_, attributes.raw(), attributes.size(), &object);
  return {rv, object};
}

Outcome<CK_OBJECT_HANDLE> Session::copy(CK_OBJECT_HANDLE object, Template changes) {
  CK_OBJECT_HANDLE copied = CK_INVALID_HANDLE;
  const Rv rv = p11().C_CopyObject(handle_, object, changes.raw(), changes.size(), &copied);
  return {rv, copied};
}

Rv Session::destroy(CK_OBJECT_HANDLE object) { return p11().C_DestroyObject(handle_, object); }

Outcome<CK_ULONG> Session::size(CK_OBJECT_HANDLE object) {
  CK_ULONG size = 0;
  const Rv rv = p11().C_GetObjectSize(handle_, object, &size);
  return {rv, size};
}

Answer Session::get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    CK_ATTRIBUTE attribute{type, out, *length};
    const CK_RV rv = p11().C_GetAttributeValue(handle_, object, &attribute, 1);
    *length = attribute.ulValueLen;
    return rv;
  });
}

Bytes Session::bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place) {
  return get(object, type).must(place);
}

bool Session::flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place) {
  const Bytes value = bytes(object, type, place);
  if (value.size() != sizeof(CK_BBOOL)) BOOST_FAIL("not a CK_BBOOL: " << value);
  return value[0] != CK_FALSE;
}

CK_ULONG Session::number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Place place) {
  const Bytes value = bytes(object, type, place);
  if (value.size() != sizeof(CK_ULONG)) BOOST_FAIL("not a CK_ULONG: " << value);
  CK_ULONG number = 0;
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

Rv Session::set(CK_OBJECT_HANDLE object, Template changes) {
  return p11().C_SetAttributeValue(handle_, object, changes.raw(), changes.size());
}

Rv Session::find_init(Template pattern) { return p11().C_FindObjectsInit(handle_, pattern.raw(), pattern.size()); }

Outcome<std::vector<CK_OBJECT_HANDLE>> Session::find_next(CK_ULONG most) {
  std::vector<CK_OBJECT_HANDLE> found(most + 1);
  CK_ULONG count = 0;
  const Rv rv = p11().C_FindObjects(handle_, found.data(), most, &count);
  if (count > most) BOOST_FAIL("C_FindObjects gave more handles than were asked for");
  found.resize(count);
  return {rv, found};
}

Rv Session::find_final() { return p11().C_FindObjectsFinal(handle_); }

std::vector<CK_OBJECT_HANDLE> Session::find(const Template& pattern, Place place) {
  find_init(pattern).must(place);
  std::vector<CK_OBJECT_HANDLE> all;
  for (;;) {
    const auto some = find_next(100).must(place);
    all.insert(all.end(), some.begin(), some.end());
    if (some.empty()) break;
  }
  find_final().must(place);
  return all;
}

Outcome<CK_OBJECT_HANDLE> Session::generate(Mechanism mechanism, Template attributes) {
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  const Rv rv = p11().C_GenerateKey(handle_, mechanism.raw(), attributes.raw(), attributes.size(), &key);
  return {rv, key};
}

Outcome<KeyPair> Session::generate_pair(Mechanism mechanism, Template public_key, Template private_key) {
  KeyPair pair;
  const Rv rv = p11().C_GenerateKeyPair(handle_, mechanism.raw(), public_key.raw(), public_key.size(),
                                        private_key.raw(), private_key.size(), &pair.public_key, &pair.private_key);
  return {rv, pair};
}

Answer Session::wrap(Mechanism mechanism, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, Room room) {
  return into(room, [&](CK_BYTE_PTR out, CK_ULONG_PTR length) {
    return p11().C_WrapKey(handle_, mechanism.raw(), with, key, out, length);
  });
}

Outcome<CK_OBJECT_HANDLE> Session::unwrap(Mechanism mechanism, CK_OBJECT_HANDLE with, ByteView wrapped,
                                          Template attributes) {
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  const Rv rv = p11().C_UnwrapKey(handle_, mechanism.raw(), with, readable(wrapped), wrapped.size(), attributes.raw(),
                                  attributes.size(), &key);
  return {rv, key};
}

Outcome<CK_OBJECT_HANDLE> Session::derive(Mechanism mechanism, CK_OBJECT_HANDLE base, Template attributes) {
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  const Rv rv = p11().C_DeriveKey(handle_, mechanism.raw(), base, attributes.raw(), attributes.size(), &key);
  return {rv, key};
}

Rv Session::seed(ByteView seed) { return p11().C_SeedRandom(handle_, readable(seed), seed.size()); }

Outcome<Bytes> Session::random(std::size_t count) {
  Bytes bytes(count);
  const Rv rv = p11().C_GenerateRandom(handle_, readable(bytes), count);
  return {rv, bytes};
}

}  // namespace conformance
