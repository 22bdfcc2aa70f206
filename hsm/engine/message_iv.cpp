#include "hsm/engine/message_iv.h"

namespace hsm::engine {

Result<Bytes> message_iv(const Object& key, const MessageParams& params) {
  auto iv = params.iv;
  const auto generator = static_cast<Generator>(params.generator);
  if (generator == Generator::none) return iv;
  if (params.fixed_bits >= 8 * iv.size())
    return fail(Rv::mechanism_param_invalid, "no bit of the IV is left to be made");
  const auto ledger = key.nonces();
  if (generator == Generator::any || generator == Generator::random) {
    TRY(ledger->random(iv, params.fixed_bits));
    return iv;
  }
  if (generator != Generator::counter && generator != Generator::counter_xor)
    return fail(Rv::mechanism_param_invalid, "not a way to make an IV");
  if (key.on_token())
    return fail(Rv::mechanism_param_invalid, "counters of IVs are for session keys: they start at zero");
  TRY(generator == Generator::counter ? ledger->counter(iv, params.fixed_bits)
                                      : ledger->counter_xor(iv, params.fixed_bits));
  return iv;
}

}  // namespace hsm::engine
