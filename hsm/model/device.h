#pragma once

#include <tuple>

#include "hsm/base/result.h"
#include "hsm/model/requests.h"

namespace hsm {

/// Answers one type of request.
template <class Request>
class Answers {
 public:
  virtual Result<typename Request::Reply> call(const Request& request) = 0;

 protected:
  ~Answers() = default;
};

template <class Tuple>
class AnswersAll;
template <class... Requests>
class AnswersAll<std::tuple<Requests...>> : public Answers<Requests>... {
 public:
  using Answers<Requests>::call...;

 protected:
  ~AnswersAll() = default;
};

/// One application's view of the HSM: its sessions, session objects and login states (PKCS#11 counts those per application). The
/// engine implements it in this process; RemoteDevice sends the same values to keymantle-hsmd. Thread-safe.
class Device : public AnswersAll<request::All> {
 public:
  virtual ~Device() = default;
};

}  // namespace hsm
