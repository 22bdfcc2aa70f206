#include "hsm/engine/session_table.h"

namespace hsm::engine {
namespace {

constexpr std::uint64_t kPlaceBits = 16;

constexpr SessionHandle handle_of(std::size_t place, std::uint32_t generation) {
  return (std::uint64_t{generation} << kPlaceBits) | place;
}
constexpr std::size_t place_of(SessionHandle handle) { return handle & ((std::uint64_t{1} << kPlaceBits) - 1); }

}  // namespace

SessionTable::~SessionTable() = default;

Session* SessionTable::place(std::size_t index) const {
  auto* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : &(*chunk)[index % kChunk];
}

std::optional<std::size_t> SessionTable::FreeList::take() {
  std::scoped_lock lock(mutex);
  if (places.empty()) return std::nullopt;
  const auto index = places.back();
  places.pop_back();
  return index;
}

Result<std::size_t> SessionTable::new_place() {
  std::scoped_lock lock(mutex_);
  const auto index = used_.load(std::memory_order_relaxed);
  if (index == kMostSessions) return fail(Rv::session_count, "no more sessions for this application");
  if (index % kChunk == 0) {
    owned_.push_back(std::make_unique<Chunk>());
    chunks_[index / kChunk].store(owned_.back().get(), std::memory_order_release);
  }
  used_.store(index + 1, std::memory_order_release);
  return index;
}

Result<std::size_t> SessionTable::free_place(unsigned part) {
  if (const auto index = free_[part].take()) return *index;
  auto made = new_place();
  if (made) return made;
  for (auto& list : free_)
    if (const auto index = list.take()) return *index;
  return made;
}

Result<SessionHandle> SessionTable::open(Seat& seat, bool read_write, unsigned part) {
  const auto index = TRY(free_place(part));
  auto& session = *place(index);
  std::scoped_lock lock(session.mutex);
  session.handle = handle_of(index, ++session.generation);
  session.seat = &seat;
  session.read_write = read_write;
  session.made_objects = false;
  session.part = part;
  return session.handle;
}

Result<LockedSession> SessionTable::lock(SessionHandle handle) {
  auto* session = handle >> 48 == 0 ? place(place_of(handle)) : nullptr;
  if (session != nullptr) {
    std::unique_lock lock(session->mutex);
    if (session->handle == handle && handle != kNoHandle) return LockedSession(std::move(lock), *session);
  }
  return fail(Rv::session_handle_invalid, "not an open session of this application");
}

Result<ClosedSession> SessionTable::close(SessionHandle handle) {
  ClosedSession closed;
  {
    auto session = TRY(lock(handle));
    closed = {session->seat, session->read_write, session->made_objects, session->part};
    for (auto& operation : session->operations) operation.forget();
    for (auto& messages : session->messages) messages.reset();
    for (auto& uses : session->key_uses) uses.tally.count_for(nullptr);
    session->found.reset();
    session->recent = {};
    session->seat = nullptr;
    session->handle = kNoHandle;
  }
  std::scoped_lock lock(free_[closed.part].mutex);
  free_[closed.part].places.push_back(static_cast<std::uint32_t>(place_of(handle)));
  return closed;
}

void SessionTable::each(const Seat& seat, const std::function<void(Session&)>& visit) {
  const auto used = used_.load(std::memory_order_acquire);
  for (std::size_t index = 0; index < used; ++index) {
    auto* session = place(index);
    std::scoped_lock lock(session->mutex);
    if (session->handle != kNoHandle && session->seat == &seat) visit(*session);
  }
}

std::vector<SessionHandle> SessionTable::handles(const Seat& seat) {
  std::vector<SessionHandle> open;
  each(seat, [&](Session& session) { open.push_back(session.handle); });
  return open;
}

}  // namespace hsm::engine
