#pragma once

#include "test/fuzz/api/world.h"

namespace fuzz {

// Functions of the same shape are called by the same template; each is one row in call_of (calls.cpp).

using Maker = void (*)(World&);

/// (session, mechanism, key)
template <auto function, std::uint32_t uses>
void begin_with_key(World& w) {
  const auto session = w.session();
  auto* mechanism = w.mechanisms().make(uses);
  w.judge(function(session, mechanism, w.key(uses)));
}

/// (session, input, output)
template <auto function>
void transform(World& w) {
  const auto session = w.session();
  const auto in = w.memory().input(Limit::memory);
  const auto out = w.memory().output();
  w.keep(out, w.judge(function(session, in.data, in.size, out.data, out.size)));
}

/// (session, input)
template <auto function>
void absorb(World& w) {
  const auto session = w.session();
  const auto in = w.memory().input(Limit::memory);
  w.judge(function(session, in.data, in.size));
}

/// (session, input, input)
template <auto function>
void compare(World& w) {
  const auto session = w.session();
  const auto in = w.memory().input(Limit::memory);
  const auto claimed = w.memory().input(Limit::memory);
  w.judge(function(session, in.data, in.size, claimed.data, claimed.size));
}

/// (session, output)
template <auto function>
void finish(World& w) {
  const auto session = w.session();
  const auto out = w.memory().output();
  w.keep(out, w.judge(function(session, out.data, out.size)));
}

/// (session)
template <auto function>
void session_only(World& w) {
  w.judge(function(w.session()));
}

/// A place for one value, or none.
template <class T>
T* place(World& w) {
  return w.choices().once_in(32) ? nullptr : w.memory().place_for(T{});
}

// calls_general.cpp
void get_attributes(World& w);
void initialize(World& w);
void finalize(World& w);
void get_list_of_slots(World& w);
void get_list_of_mechanisms(World& w);
void get_mechanism(World& w);
void init_token(World& w);
void wait_for_slot_event(World& w);
void get_interface(World& w);
void get_interfaces(World& w);
void get_function_list(World& w);
// calls_sessions.cpp
void open_session(World& w);
void close_session(World& w);
void close_all_sessions(World& w);
void login(World& w);
void login_user(World& w);
void logout(World& w);
void set_operation_state(World& w);
// calls_keys.cpp
void create_object(World& w);
void copy_object(World& w);
void destroy_object(World& w);
void set_attributes(World& w);
void find_init(World& w);
void find_objects(World& w);
void generate_key(World& w);
void generate_key_pair(World& w);
void wrap_key(World& w);
void unwrap_key(World& w);
void derive_key(World& w);
void encapsulate_key(World& w);
void decapsulate_key(World& w);
void wrap_key_authenticated(World& w);
void unwrap_key_authenticated(World& w);
void generate_random(World& w);
void verify_signature_init(World& w);

}  // namespace fuzz
