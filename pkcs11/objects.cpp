#include "pkcs11/attributes.h"
#include "pkcs11/out_buffer.h"

using hsm::Device;
using p11::Done;
using p11::entry;
using p11::not_null;
using p11::read_template;
using p11::Status;

CK_RV C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes, CK_ULONG count, CK_OBJECT_HANDLE_PTR object) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(object));
    const auto made = TRY(d.call(hsm::request::CreateObject{session, TRY(read_template(attributes, count))}));
    *object = made.object;
    return Done{};
  });
}

CK_RV C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                   CK_OBJECT_HANDLE_PTR copy) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(copy));
    const auto made = TRY(d.call(hsm::request::CopyObject{session, object, TRY(read_template(attributes, count))}));
    *copy = made.object;
    return Done{};
  });
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::DestroyObject{session, object}));
    return Done{};
  });
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG_PTR size) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(size));
    *size = TRY(d.call(hsm::request::GetObjectSize{session, object})).octets;
    return Done{};
  });
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes, CK_ULONG count) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto reply = TRY(d.call(hsm::request::GetAttributes{session, object, TRY(p11::read_types(attributes, count))}));
    if (reply.answers.size() != count) return p11::fail(p11::Rv::device_error, "an answer for each attribute was expected");
    return p11::give_answers(reply.answers, attributes);
  });
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attributes, CK_ULONG count) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(attributes));
    TRY(d.call(hsm::request::SetAttributes{session, object, TRY(read_template(attributes, count))}));
    return Done{};
  });
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes, CK_ULONG count) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::FindInit{session, TRY(read_template(attributes, count))}));
    return Done{};
  });
}

CK_RV C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(not_null(count));
    if (most != 0) TRY(not_null(objects));
    const auto found = TRY(d.call(hsm::request::Find{session, most})).objects;
    if (found.size() > most) return p11::fail(p11::Rv::device_error, "more objects than were asked for");
    std::ranges::copy(found, objects);
    *count = found.size();
    return Done{};
  });
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) -> Status {
    TRY(d.call(hsm::request::FindFinal{session}));
    return Done{};
  });
}
