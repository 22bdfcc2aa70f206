#pragma once

#include <fmt/core.h>

#include <exception>
#include <string_view>

#include "hsm/base/log.h"
#include "hsm/base/socket.h"
#include "hsm/wire/hello.h"
#include "hsm/wire/protocol.h"

namespace hsm::daemon {

inline constexpr std::string_view kServer = "keymantle-hsmd 0.1.0";

/// Reads the Hello that a connection must begin with, and answers it with `accept`'s refusal or a Welcome.
template <class Accept>
Status greet(wire::Channel& channel, const Accept& accept) {
  Reader reader(TRY(channel.receive()));
  if (reader.get<std::uint16_t>() != wire::kHelloNumber) throw Malformed("no greeting");
  const auto hello = reader.get<wire::Hello>();
  Status accepted = hello.version == wire::kProtocolVersion
                        ? accept(hello)
                        : Status(fail(Rv::device_error, "the daemon speaks another version of the protocol"));
  if (!accepted) {
    TRY(channel.send(wire::encode_refusal(accepted.error())));
    return accepted;
  }
  return channel.send(wire::encode_reply(hello, wire::Welcome{wire::kProtocolVersion, std::string(kServer)}));
}

/// Answers the requests of `Tuple` until the connection closes.
template <class Tuple, class Answer>
Status answer_requests(wire::Channel& channel, Answer answer) {
  while (true) {
    const auto frame = channel.receive();
    if (!frame) return Done{};
    WipedBytes room;
    TRY(channel.send(wire::answer_request<Tuple>(*frame, room, answer)));
  }
}

/// The end of a connection that threw or was refused: one line in the log.
inline void log_end(std::string_view socket, const Peer& peer, std::string_view why) {
  log::warning(fmt::format("{} socket: uid {} pid {}: {}", socket, peer.uid, peer.pid, why));
}

/// Runs `talk` on a connection; what it throws for a broken message ends this connection and nothing else.
template <class Talk>
void hold_conversation(std::string_view socket, const Peer& peer, const Talk& talk) {
  try {
    const Status ended = talk();
    if (!ended) log_end(socket, peer, ended.error().text());
  } catch (const std::exception& broken) {
    log_end(socket, peer, broken.what());
  }
}

/// Calls `call`, and makes a refusal of what it throws: a broken store must not take the connection with it.
template <class Reply, class Call>
Result<Reply> guard(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return fail(Rv::host_memory, "the daemon is out of memory");
  } catch (const std::exception& bug) {
    log::error(bug.what());
    return fail(Rv::general_error, "the daemon failed; its log says why");
  }
}

}  // namespace hsm::daemon
