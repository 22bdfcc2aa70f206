#pragma once

#include <memory>

#include "hsm/base/result.h"
#include "kms/http/certificate.h"

using SSL_CTX = struct ssl_ctx_st;

namespace kms::http {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// TLS 1.2 and 1.3 with the suites of the reference (section 1), session tickets, plaintext cleansed from OpenSSL's own buffers.
hsm::Result<TlsContext> make_tls_context(const TlsFiles& files);

}  // namespace kms::http
