#include "pkcs11/mechanism.h"
#include "pkcs11/message.h"
#include "pkcs11/message_parameter.h"
#include "pkcs11/out_buffer.h"

// Message-based encryption and decryption (PKCS#11 3.0, 5.9 and 5.11).

using hsm::Device;
using hsm::MessageUse;
using hsm::Part;
using p11::Done;
using p11::entry;
using p11::fail;
using p11::MessageParameter;
using p11::octets;
using p11::OutBuffer;
using p11::Rv;
using p11::Status;

namespace {

/// The mechanism of Init; what its parameter says is said again with each message.
p11::Result<hsm::Mechanism> read_init(const CK_MECHANISM& mechanism) {
  const auto row = hsm::find_mechanism(mechanism.mechanism);
  const auto form = row ? (*row)->message : hsm::MessageForm::none;
  if (form != hsm::MessageForm::none && !p11::is_message_parameter(mechanism, form))
    return fail(Rv::mechanism_param_invalid, "the parameter is not that of a message");
  return hsm::Mechanism{mechanism.mechanism, {}};
}

Status begin(Device& d, CK_SESSION_HANDLE session, MessageUse use, const CK_MECHANISM* mechanism,
             CK_OBJECT_HANDLE key) {
  if (mechanism == nullptr) return p11::cancel_messages(d, session, use);
  TRY(d.call(hsm::request::BeginMessages{session, use, TRY(read_init(*mechanism)), key}));
  return Done{};
}

Status begin_message(Device& d, CK_SESSION_HANDLE session, MessageUse use, const MessageParameter& parameter,
                     hsm::ByteView associated) {
  const auto begun = TRY(d.call(hsm::request::BeginMessage{session, use, parameter.values(), associated}));
  if (use == MessageUse::encrypt) parameter.give_iv(begun.iv);
  return Done{};
}

Status process(Device& d, const hsm::request::ProcessMessage& request, const MessageParameter& parameter,
               OutBuffer out) {
  const auto produced = TRY(d.call(request));
  if (produced.written && request.use == MessageUse::encrypt) {
    parameter.give_iv(produced.iv);
    parameter.give_tag(produced.tag);
  }
  return out.take(produced);
}

MessageParameter::Tag tag_of(MessageUse use) {
  return use == MessageUse::encrypt ? MessageParameter::Tag::made : MessageParameter::Tag::given;
}

/// A whole message.
Status message(Device& d, CK_SESSION_HANDLE session, MessageUse use, const void* parameter, CK_ULONG parameter_size,
               const void* associated, CK_ULONG associated_size, const void* data, CK_ULONG size, OutBuffer out) {
  if (out.is_bad()) return fail(Rv::arguments_bad, "no pointer to the length of the output");
  const auto read = TRY(MessageParameter::read(parameter, parameter_size, tag_of(use)));
  const auto bound = TRY(octets(associated, associated_size));
  const auto in = TRY(octets(data, size));
  return process(d, {session, use, Part::whole, read.values(), bound, in, out.room()}, read, out);
}

/// A part of one.
struct PartOfMessage {
  Part part;
  MessageParameter parameter;
  hsm::ByteView data;
};

/// The tag counts with the last part only.
p11::Result<PartOfMessage> read_part(MessageUse use, const void* parameter, CK_ULONG parameter_size, const void* data,
                                     CK_ULONG size, OutBuffer out, CK_FLAGS flags) {
  if (out.is_bad()) return fail(Rv::arguments_bad, "no pointer to the length of the output");
  if ((flags & ~CKF_END_OF_MESSAGE) != 0) return fail(Rv::arguments_bad, "an unknown flag");
  const auto part = flags == CKF_END_OF_MESSAGE ? Part::end : Part::some;
  auto read = TRY(MessageParameter::read(parameter, parameter_size, tag_of(use)));
  const auto in = TRY(octets(data, size));
  return PartOfMessage{part, std::move(read), in};
}

Status next(Device& d, CK_SESSION_HANDLE session, MessageUse use, const void* parameter, CK_ULONG parameter_size,
            const void* data, CK_ULONG size, OutBuffer out, CK_FLAGS flags) {
  auto read = read_part(use, parameter, parameter_size, data, size, out, flags);
  if (!read) return p11::end_message(d, session, use, std::move(read).error());
  return process(d, {session, use, read->part, read->parameter.values(), {}, read->data, out.room()}, read->parameter, out);
}

}  // namespace

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return begin(d, session, MessageUse::encrypt, mechanism, key); });
}

CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size,
                       CK_BYTE_PTR associated, CK_ULONG associated_size, CK_BYTE_PTR data, CK_ULONG size,
                       CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) {
    return message(d, session, MessageUse::encrypt, parameter, parameter_size, associated, associated_size, data, size,
                   OutBuffer(out, room));
  });
}

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size,
                            CK_BYTE_PTR associated, CK_ULONG associated_size) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto read = TRY(MessageParameter::read(parameter, parameter_size, MessageParameter::Tag::made));
    return begin_message(d, session, MessageUse::encrypt, read, TRY(octets(associated, associated_size)));
  });
}

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR part,
                           CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room, CK_FLAGS flags) {
  return entry(__func__, [&](Device& d) {
    return next(d, session, MessageUse::encrypt, parameter, parameter_size, part, size, OutBuffer(out, room), flags);
  });
}

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) { return p11::end_messages(d, session, MessageUse::encrypt); });
}

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  return entry(__func__, [&](Device& d) { return begin(d, session, MessageUse::decrypt, mechanism, key); });
}

CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size,
                       CK_BYTE_PTR associated, CK_ULONG associated_size, CK_BYTE_PTR data, CK_ULONG size,
                       CK_BYTE_PTR out, CK_ULONG_PTR room) {
  return entry(__func__, [&](Device& d) {
    return message(d, session, MessageUse::decrypt, parameter, parameter_size, associated, associated_size, data, size,
                   OutBuffer(out, room));
  });
}

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size,
                            CK_BYTE_PTR associated, CK_ULONG associated_size) {
  return entry(__func__, [&](Device& d) -> Status {
    const auto read = TRY(MessageParameter::read(parameter, parameter_size, MessageParameter::Tag::made));
    return begin_message(d, session, MessageUse::decrypt, read, TRY(octets(associated, associated_size)));
  });
}

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_size, CK_BYTE_PTR part,
                           CK_ULONG size, CK_BYTE_PTR out, CK_ULONG_PTR room, CK_FLAGS flags) {
  return entry(__func__, [&](Device& d) {
    return next(d, session, MessageUse::decrypt, parameter, parameter_size, part, size, OutBuffer(out, room), flags);
  });
}

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session) {
  return entry(__func__, [&](Device& d) { return p11::end_messages(d, session, MessageUse::decrypt); });
}
