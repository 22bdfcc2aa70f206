#include <array>

#include "hsm/engine/application.h"
#include "hsm/engine/message_iv.h"

// Message-based operations: many messages under one key. Whatever is refused ends the message, not the operation.

namespace hsm::engine {
namespace {

using request::MessageProduced;
using request::Nothing;

struct MessageUseRow {
  Use use;
  store::Act act;
};
/// By MessageUse.
constexpr auto kUses = std::to_array<MessageUseRow>({
    {Use::encrypt, store::Act::used_encrypt},
    {Use::decrypt, store::Act::used_decrypt},
    {Use::sign, store::Act::used_sign},
    {Use::verify, store::Act::used_verify},
});
constexpr bool is_cipher(MessageUse use) { return use == MessageUse::encrypt || use == MessageUse::decrypt; }

/// Ends the message when it goes out of scope, unless it is kept.
class MessageEnd {
 public:
  explicit MessageEnd(MessageOperation& operation) : operation_(&operation) {}
  ~MessageEnd() {
    if (operation_ != nullptr) operation_->end_message();
  }
  MessageEnd(const MessageEnd&) = delete;
  void keep() { operation_ = nullptr; }

 private:
  MessageOperation* operation_;
};

bool fits(Room room, std::uint64_t need) { return room.data() != nullptr && room.size() >= need; }

/// The last octets of a message: the end of the text into the room, the tag by itself.
Result<MessageProduced> seal_end(MessageOperation& operation, crypto::Operation& running, ByteView data, Room room) {
  auto written = TRY(running.update(data, room));
  WipedBytes rest(running.finish_size());
  rest.resize(TRY(running.finish(rest)));
  const auto text = rest.size() - operation.tag_size;
  std::copy_n(rest.begin(), text, room.begin() + static_cast<std::ptrdiff_t>(written));
  MessageProduced produced{written + text, true, {}, {}};
  produced.tag.assign(rest.begin() + static_cast<std::ptrdiff_t>(text), rest.end());
  return produced;
}

Result<MessageProduced> encrypt(MessageOperation& operation, const request::ProcessMessage& request) {
  if (request.part == Part::whole) {
    TRY(operation.check_between_messages());
    if (!fits(request.room, request.data.size())) return MessageProduced{request.data.size(), false, {}, {}};
    auto iv = TRY(message_iv(operation.key(), request.params));
    operation.tag_size = request.params.tag_bits / 8;
    auto* running =
        TRY(operation.start(TRY(message_mechanism(operation.row(), request.params, iv, request.associated))));
    auto produced = TRY(seal_end(operation, *running, request.data, request.room));
    produced.iv = std::move(iv);
    return produced;
  }
  auto* running = TRY(operation.running());
  MessageEnd end(operation);
  const bool last = request.part == Part::end;
  const auto need =
      last ? operation.taken + request.data.size() - operation.given : running->update_size(request.data.size());
  if (!fits(request.room, need)) {
    end.keep();
    return MessageProduced{need, false, {}, {}};
  }
  if (last) return seal_end(operation, *running, request.data, request.room);
  const auto written = TRY(running->update(request.data, request.room));
  operation.taken += request.data.size();
  operation.given += written;
  end.keep();
  return MessageProduced{written, true, {}, {}};
}

/// The tag belongs behind the ciphertext. Nothing of the plaintext is given out before it was checked.
Result<MessageProduced> open_end(const MessageOperation& operation, crypto::Operation& running,
                                 const MessageParams& params, ByteView data, Room room) {
  if (params.tag.size() != operation.tag_size)
    return fail(Rv::mechanism_param_invalid, "the tag is not as long as its message says");
  TRY(running.update(data, {}));
  TRY(running.update(params.tag, {}));
  auto written = running.finish(room);
  if (!written && written.error().rv == Rv::encrypted_data_invalid)
    return fail(Rv::aead_decrypt_failed, "the tag does not fit key, IV, associated data and ciphertext");
  return MessageProduced{TRY(std::move(written)), true, {}, {}};
}

Result<MessageProduced> decrypt(MessageOperation& operation, const request::ProcessMessage& request) {
  if (request.part == Part::whole) {
    TRY(operation.check_between_messages());
    if (!fits(request.room, request.data.size())) return MessageProduced{request.data.size(), false, {}, {}};
    operation.tag_size = request.params.tag_bits / 8;
    auto* running = TRY(operation.start(
        TRY(message_mechanism(operation.row(), request.params, request.params.iv, request.associated))));
    return open_end(operation, *running, request.params, request.data, request.room);
  }
  auto* running = TRY(operation.running());
  MessageEnd end(operation);
  const bool last = request.part == Part::end;
  const auto need = last ? operation.taken + request.data.size() : 0;
  if (!fits(request.room, need)) {
    end.keep();
    return MessageProduced{need, false, {}, {}};
  }
  if (last) return open_end(operation, *running, request.params, request.data, request.room);
  TRY(running->update(request.data, {}));
  operation.taken += request.data.size();
  end.keep();
  return MessageProduced{0, true, {}, {}};
}

Result<MessageProduced> sign(MessageOperation& operation, const request::ProcessMessage& request) {
  if (request.part == Part::whole) {
    TRY(operation.check_between_messages());
    auto* running = TRY(operation.start(operation.mechanism()));
    const auto need = running->once_size(request.data.size());
    if (!fits(request.room, need)) {
      operation.pin_given();  // it was not used up
      return MessageProduced{need, false, {}, {}};
    }
    return MessageProduced{TRY(running->once(request.data, request.room)), true, {}, {}};
  }
  auto* running = TRY(operation.running());
  MessageEnd end(operation);
  if (request.part == Part::some) {
    TRY(running->update(request.data, {}));
    end.keep();
    return MessageProduced{0, true, {}, {}};
  }
  if (const auto need = running->finish_size(); !fits(request.room, need)) {
    end.keep();
    return MessageProduced{need, false, {}, {}};
  }
  TRY(running->update(request.data, {}));
  return MessageProduced{TRY(running->finish(request.room)), true, {}, {}};
}

}  // namespace

Result<Nothing> Application::call(const request::BeginMessages& request) {
  if (static_cast<std::size_t>(request.use) >= kUses.size())
    return fail(Rv::arguments_bad, "not a family of message operations");
  const auto& use = kUses[static_cast<std::size_t>(request.use)];
  auto session = TRY(sessions_.lock(request.session));
  auto& place = session->messages[static_cast<std::size_t>(request.use)];
  if (place != nullptr) return fail(Rv::operation_active, "a message operation of this family runs in the session");
  auto& token = session->seat->token();
  TRY(token.refresh());
  const auto* row = TRY(policy::known(request.mechanism.type));
  if (is_cipher(request.use) && row->message == MessageForm::none)
    return fail(Rv::mechanism_invalid, "the mechanism does not encrypt messages");
  if (row->param == Param::otp) return fail(Rv::mechanism_invalid, "a one-time password is of no message");
  const auto caller = caller_of(*session);
  const auto object = TRY(resolve(caller, request.key, Rv::key_handle_invalid));
  if (!object->kind().is_key()) return fail(Rv::key_handle_invalid, "the object is not a key");
  TRY(policy::may_begin(use.use, {caller.profile(), *row, request.mechanism}, object.get()));
  if (object->has(limits_uses)) return fail(Rv::key_function_not_permitted, "the uses of the key are counted, and messages are not");
  auto key = TRY(key_of(caller, *object));
  // A signature's parameter is the same for all messages, and is refused now.
  if (!is_cipher(request.use)) TRY(crypto::begin(use.use, request.mechanism, key));
  place = std::make_unique<MessageOperation>(use.use, *row, request.mechanism, object, std::move(key));
  if (object->on_token())
    place->tally().count_for(token.keystore().use_counter(token.slot(), object->stored().id, use.act));
  return Nothing{};
}

Result<MessageOperation*> Application::messages_in(Session& session, MessageUse use) {
  if (static_cast<std::size_t>(use) >= session.messages.size())
    return fail(Rv::arguments_bad, "not a family of message operations");
  const auto& operation = session.messages[static_cast<std::size_t>(use)];
  if (operation == nullptr)
    return fail(Rv::operation_not_initialized, "no message operation of this family runs in the session");
  return operation.get();
}

Result<Nothing> Application::call(const request::EndMessages& request) {
  auto session = TRY(sessions_.lock(request.session));
  TRY(TRY(messages_in(*session, request.use))->check_between_messages());
  session->messages[static_cast<std::size_t>(request.use)].reset();
  return Nothing{};
}

Result<request::MessageBegun> Application::call(const request::BeginMessage& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& operation = *TRY(messages_in(*session, request.use));
  TRY(operation.check_between_messages());
  if (!operation.row().multipart)
    return fail(Rv::operation_not_initialized, "the mechanism takes messages in one part only");
  request::MessageBegun begun;
  if (is_cipher(request.use)) {
    begun.iv =
        request.use == MessageUse::encrypt ? TRY(message_iv(operation.key(), request.params)) : request.params.iv;
    operation.tag_size = request.params.tag_bits / 8;
    TRY(operation.start(TRY(message_mechanism(operation.row(), request.params, begun.iv, request.associated))));
  } else {
    TRY(operation.start(operation.mechanism()));
  }
  operation.parts_follow();
  return begun;
}

Result<MessageProduced> Application::call(const request::ProcessMessage& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& operation = *TRY(messages_in(*session, request.use));
  if (request.part == Part::refused) {
    operation.end_message();
    return MessageProduced{0, true, {}, {}};
  }
  switch (request.use) {
    case MessageUse::encrypt:
      return encrypt(operation, request);
    case MessageUse::decrypt:
      return decrypt(operation, request);
    case MessageUse::sign:
      return sign(operation, request);
    case MessageUse::verify:
      break;
  }
  return fail(Rv::arguments_bad, "a verification gives nothing out");
}

Result<Nothing> Application::call(const request::VerifyMessage& request) {
  auto session = TRY(sessions_.lock(request.session));
  auto& operation = *TRY(messages_in(*session, MessageUse::verify));
  if (request.part == Part::whole) {
    TRY(operation.check_between_messages());
    TRY(TRY(operation.start(operation.mechanism()))->verify_once(request.data, request.signature));
    return Nothing{};
  }
  auto* running = TRY(operation.running());
  MessageEnd end(operation);
  TRY(running->update(request.data, {}));
  if (request.part == Part::some) {
    end.keep();
  } else {
    TRY(running->verify_finish(request.signature));
  }
  return Nothing{};
}

}  // namespace hsm::engine
