#pragma once

#include <string>

#include "hsm/base/result.h"
#include "hsm/wire/admin.h"
#include "hsm/wire/channel.h"
#include "hsm/wire/hello.h"
#include "hsm/wire/protocol.h"

namespace hsm::admin {

/// A connection to keymantle-hsmd's admin socket. Used by one thread at a time.
///
///   auto unit = TRY(Client::connect("/run/keymantle/admin.sock"));
///   auto status = TRY(unit.call(GetStatus{}));
class Client {
 public:
  /// device_removed, naming the path, when nobody listens there.
  static Result<Client> connect(const std::string& path);

  template <class Request>
  Result<typename Request::Reply> call(const Request& request) {
    return exchange(wire::number_of<Request, All>, request);
  }

 private:
  explicit Client(wire::Channel channel) : channel_(std::move(channel)) {}

  template <class Request>
  Result<typename Request::Reply> exchange(std::uint16_t number, const Request& request) try {
    TRY(channel_.send(wire::encode_request(number, request)));
    return wire::decode_reply(request, TRY(channel_.receive()));
  } catch (const Malformed&) {
    return fail(Rv::device_error, "the daemon's reply cannot be read: is it of another version?");
  }

  wire::Channel channel_;
};

}  // namespace hsm::admin
