#pragma once

namespace hsm::crypto {

/// A number that is another one in each forked child than in its parent, without a system call. For what must not be used by both, such as
/// random octets that were drawn before.
unsigned forks_so_far();

}  // namespace hsm::crypto
