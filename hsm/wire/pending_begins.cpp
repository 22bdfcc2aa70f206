#include "hsm/wire/pending_begins.h"

#include <type_traits>
#include <utility>

namespace hsm::wire {
namespace {

/// Whether the HSM accepts one exactly when it accepts the other. The octets of an IV, of associated data and of a label do not
/// matter for that, their presence and length do.
struct SameShape {
  bool operator()(std::monostate, std::monostate) const { return true; }
  bool operator()(const IvParams& a, const IvParams& b) const { return a.iv.size() == b.iv.size(); }
  bool operator()(const CtrParams& a, const CtrParams& b) const {
    return a.counter_bits == b.counter_bits && a.counter_block.size() == b.counter_block.size();
  }
  bool operator()(const GcmParams& a, const GcmParams& b) const {
    return a.iv.size() == b.iv.size() && a.tag_bits == b.tag_bits && a.aad.empty() == b.aad.empty();
  }
  bool operator()(const PssParams& a, const PssParams& b) const {
    return a.hash == b.hash && a.mgf == b.mgf && a.salt_length == b.salt_length;
  }
  bool operator()(const OaepParams& a, const OaepParams& b) const {
    return a.hash == b.hash && a.mgf == b.mgf && a.source == b.source && a.label.size() == b.label.size();
  }
  bool operator()(const MacGeneralParams& a, const MacGeneralParams& b) const { return a.length == b.length; }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

bool same_shape(const request::Begin& a, const request::Begin& b) {
  return a.key == b.key && a.mechanism.type == b.mechanism.type &&
         std::visit(SameShape{}, a.mechanism.params, b.mechanism.params);
}

}  // namespace

bool PendingBegins::keep(const Begin& begin, std::uint64_t count) {
  if (begin.use == Use::verify) return false;  // there is no BeginOnce for it
  const std::scoped_lock lock(mutex_);
  auto& s = slot(begin.session, begin.use);
  if (!s.ended || s.kept || !s.accepted || s.count != count || !same_shape(*s.accepted, begin)) return false;
  s.kept = begin;
  kept_.fetch_add(1);
  return true;
}

void PendingBegins::accepted(const Begin& begin, std::uint64_t count) {
  const std::scoped_lock lock(mutex_);
  auto& s = slot(begin.session, begin.use);
  s.ended = false;
  s.accepted = begin;
  s.count = count;
}

void PendingBegins::note(SessionHandle session, Use use, Now now) {
  const std::scoped_lock lock(mutex_);
  auto& s = slot(session, use);
  s.ended = now == Now::ended;
  if (now == Now::unknown) s.accepted.reset();
}

std::optional<request::Begin> PendingBegins::take(SessionHandle session, Use use) {
  const std::scoped_lock lock(mutex_);
  auto& s = slot(session, use);
  if (s.kept) kept_.fetch_sub(1);
  return std::exchange(s.kept, std::nullopt);
}

std::vector<request::Begin> PendingBegins::take_all() {
  std::vector<Begin> taken;
  if (kept_.load() == 0) return taken;
  const std::scoped_lock lock(mutex_);
  for (auto& [session, slots] : sessions_) {
    for (auto& s : slots) {
      if (!s.kept) continue;
      taken.push_back(*std::exchange(s.kept, std::nullopt));
      s.ended = false;
      kept_.fetch_sub(1);
    }
  }
  return taken;
}

void PendingBegins::forget(SessionHandle session) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(session);
}

void PendingBegins::forget_all() {
  const std::scoped_lock lock(mutex_);
  sessions_.clear();
}

}  // namespace hsm::wire
