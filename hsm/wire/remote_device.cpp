#include "hsm/wire/remote_device.h"

#include <algorithm>

#include "hsm/wire/connection_pool.h"
#include "hsm/wire/pending_begins.h"
#include "hsm/wire/protocol.h"

namespace hsm::wire {
namespace {

using namespace request;

/// More than any operation adds to what it is given: the daemon need not make room for more.
constexpr std::size_t kMostAdded = 64 * 1024;
constexpr std::size_t kRandomAtATime = std::size_t{1} << 20;

template <class T, class... Ts>
inline constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

/// Requests that a Begin which is kept back can neither change nor be changed by.
template <class T>
inline constexpr bool leaves_begins_alone =
    is_one_of<T, ListSlots, GetSlot, GetToken, ListMechanisms, GetMechanism, OpenSession, GetSession, GetObjectSize,
              GetAttributes, FindInit, Find, FindFinal, GenerateRandom, SeedRandom, PollSlotEvent, GetCeremony>;

/// Sends requests and looks after what is kept of them; knows each request only by its type.
class Remote {
 public:
  explicit Remote(std::unique_ptr<ConnectionPool> pool) : pool_(std::move(pool)) {}

  template <class Request>
  Result<typename Request::Reply> handle(const Request& request) {
    if constexpr (!leaves_begins_alone<Request>) TRY(send_kept_begins());
    return send(request);
  }

  Result<Nothing> handle(const Begin& begin) {
    if (begins_.keep(begin, pool_->change_count())) return Nothing{};
    if (const auto kept = begins_.take(begin.session, begin.use)) TRY(send(*kept));
    const auto count = pool_->change_count();
    auto result = send(begin);
    if (result) begins_.accepted(begin, count);
    if (!result) begins_.note(begin.session, begin.use, PendingBegins::Now::unknown);
    return result;
  }

  Result<Produced> handle(const Once& once) {
    auto kept = begins_.take(once.session, once.use);
    auto result = kept ? send(BeginOnce{std::move(*kept), once.data, once.room}) : send(once);
    begins_.note(once.session, once.use, after(result));
    return result;
  }

  Result<Produced> handle(const Update& update) {
    if (const auto kept = begins_.take(update.session, update.use)) TRY(send(*kept));
    auto result = send(update);
    begins_.note(update.session, update.use, result ? PendingBegins::Now::running : PendingBegins::Now::unknown);
    return result;
  }

  Result<Produced> handle(const Finish& finish) {
    if (const auto kept = begins_.take(finish.session, finish.use)) TRY(send(*kept));
    auto result = send(finish);
    begins_.note(finish.session, finish.use, after(result));
    return result;
  }

  Result<Nothing> handle(const CloseSession& close) {
    TRY(send_kept_begins());
    begins_.forget(close.session);
    return send(close);
  }

  Result<Nothing> handle(const CloseAllSessions& close) {
    TRY(send_kept_begins());
    begins_.forget_all();
    return send(close);
  }

  Result<Nothing> handle(const CancelOperations& cancel) {
    TRY(send_kept_begins());
    begins_.forget(cancel.session);
    return send(cancel);
  }

  Result<Nothing> handle(const SetOperationState& state) {
    TRY(send_kept_begins());
    begins_.forget(state.session);  // what runs in the session afterwards began elsewhere
    return send(state);
  }

  Result<Produced> handle(const GenerateRandom& random) {
    for (auto rest = random.room; !rest.empty(); rest = rest.subspan(std::min(rest.size(), kRandomAtATime)))
      TRY(send(GenerateRandom{random.session, rest.first(std::min(rest.size(), kRandomAtATime))}));
    if (random.room.empty()) return send(random);
    return Produced{random.room.size(), true};
  }

 private:
  static PendingBegins::Now after(const Result<Produced>& result) {
    if (!result) return PendingBegins::Now::unknown;
    return result->written ? PendingBegins::Now::ended : PendingBegins::Now::running;
  }

  Status send_kept_begins() {
    for (const auto& begin : begins_.take_all()) TRY(send(begin));
    return Done{};
  }

  template <class Request>
  Result<typename Request::Reply> send(const Request& request) {
    // A request with a template cannot be copied; its room is small already (C_EncapsulateKey).
    if constexpr (WritesIntoRoom<Request> && !requires { request.attributes; }) {
      std::size_t most = Reader::kMaxRoom;
      if constexpr (requires { request.data; }) most = std::min(most, request.data.size() + kMostAdded);
      if (request.room.size() > most) {
        auto smaller = request;
        smaller.room = request.room.first(most);
        return exchange(smaller);
      }
    }
    return exchange(request);
  }

  template <class Request>
  Result<typename Request::Reply> exchange(const Request& request) try {
    const auto frame = encode_request(number_of<Request, All>, request);
    if (frame.size() > kMaxFrame) return fail(Rv::data_len_range, "more than keymantle-hsmd takes at a time: give it in parts");
    auto connection = TRY(pool_->take());
    auto& channel = connection->channel();
    if (!channel.send(frame)) return pool_->lost();
    const auto answer = channel.receive();
    if (!answer) return pool_->lost();
    auto reply = decode_reply(request, *answer);
    pool_->give_back(std::move(connection));
    return reply;
  } catch (const Malformed&) {
    return fail(Rv::device_error, "the reply of keymantle-hsmd cannot be read: is it of another version?");
  }

  std::unique_ptr<ConnectionPool> pool_;
  PendingBegins begins_;
};

/// Device over the list of requests: one override for each, all alike.
template <class Tuple>
class AnswersByWire;
template <>
class AnswersByWire<std::tuple<>> : public Device {
 public:
  explicit AnswersByWire(std::unique_ptr<ConnectionPool> pool) : remote_(std::move(pool)) {}
  using Device::call;

 protected:
  Remote remote_;
};
template <class First, class... Rest>
class AnswersByWire<std::tuple<First, Rest...>> : public AnswersByWire<std::tuple<Rest...>> {
 public:
  using AnswersByWire<std::tuple<Rest...>>::AnswersByWire;
  using AnswersByWire<std::tuple<Rest...>>::call;
  Result<typename First::Reply> call(const First& request) override { return this->remote_.handle(request); }
};

}  // namespace

Result<std::shared_ptr<Device>> connect_device(const std::string& path) {
  return std::shared_ptr<Device>(std::make_shared<AnswersByWire<All>>(TRY(ConnectionPool::open(path))));
}

}  // namespace hsm::wire
