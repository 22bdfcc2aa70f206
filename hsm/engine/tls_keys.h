#pragma once

#include "hsm/base/result.h"
#include "hsm/model/attribute.h"

namespace hsm::engine {

/// The template of a TLS 1.2 master secret, with what the mechanism adds to it (PKCS#11 3.1, 6.40.5): its uses, and as
/// CKA_ALLOWED_MECHANISMS those of TLS. template_inconsistent when it allows others.
Result<Template> as_tls_master(Template wanted);

}  // namespace hsm::engine
