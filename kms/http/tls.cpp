#include "kms/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace kms::http {
namespace {

constexpr auto kTls12Suites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256";
constexpr auto kTls13Suites = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

int choose_http11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                  void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

hsm::Error refuse(hsm::Error error) {
  ERR_clear_error();
  return error;
}

}  // namespace

void FreeTlsContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

hsm::Result<TlsContext> make_tls_context(const TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  auto* c = context.get();
  if (c == nullptr || SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(c, kTls12Suites) != 1 || SSL_CTX_set_ciphersuites(c, kTls13Suites) != 1) {
    return refuse(hsm::fail(hsm::Rv::function_failed, "this OpenSSL does not offer the TLS suites needed"));
  }
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT |
                             SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  static constexpr unsigned char kContext[] = "keymantle-kmsd";
  SSL_CTX_set_session_id_context(c, kContext, sizeof kContext - 1);
  SSL_CTX_set_alpn_select_cb(c, choose_http11, nullptr);
  if (SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) != 1) {
    return refuse(hsm::fail(hsm::Rv::arguments_bad, "cannot read the TLS certificate").about(files.certificate.string()));
  }
  if (SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse(hsm::fail(hsm::Rv::arguments_bad, "cannot read the TLS key").about(files.key.string()));
  }
  if (SSL_CTX_check_private_key(c) != 1) {
    return refuse(hsm::fail(hsm::Rv::arguments_bad, "the TLS key does not belong to the certificate").about(files.key.string()));
  }
  return context;
}

}  // namespace kms::http
