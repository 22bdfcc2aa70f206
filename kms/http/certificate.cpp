#include "kms/http/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/base/socket.h"

namespace kms::http {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

constexpr long kDay = 24L * 60 * 60;
constexpr long kCaDays = 3650;
constexpr long kServerDays = 825;  // what Apple's clients accept at the most
constexpr long kRenewDays = 30;

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

bool add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

bool set_serial(X509* cert) {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return false;
  random[0] &= 0x7f;  // positive
  random[0] |= 0x01;  // of full length
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)) != nullptr;
}

Cert begin_certificate(EVP_PKEY* key, const char* name, long days) {
  Cert cert(X509_new());
  if (!cert || X509_set_version(cert.get(), X509_VERSION_3) != 1 || !set_serial(cert.get())) return nullptr;
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kDay);  // clocks of clients differ
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), days * kDay);
  auto* subject = X509_get_subject_name(cert.get());
  const auto* text = static_cast<const unsigned char*>(static_cast<const void*>(name));
  if (X509_NAME_add_entry_by_NID(subject, NID_organizationName, MBSTRING_UTF8,
                                 static_cast<const unsigned char*>(static_cast<const void*>("Keymantle")), -1, -1, 0) != 1 ||
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, -1, -1, 0) != 1 ||
      X509_set_pubkey(cert.get(), key) != 1) {
    return nullptr;
  }
  return cert;
}

Cert make_ca(EVP_PKEY* key) {
  auto cert = begin_certificate(key, "Keymantle local CA", kCaDays);
  if (!cert || X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get())) != 1 ||
      !add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(cert.get(), cert.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(cert.get(), key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return cert;
}

Cert make_server(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, const std::vector<std::string>& hosts) {
  std::string names;
  for (const auto& host : hosts) {
    names += (names.empty() ? "" : ",") + std::string(is_address(host) ? "IP:" : "DNS:") + host;
  }
  auto cert = begin_certificate(key, "keymantle-kmsd", kServerDays);
  if (!cert || X509_set_issuer_name(cert.get(), X509_get_subject_name(ca)) != 1 ||
      !add_extension(cert.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(cert.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(cert.get(), ca, NID_ext_key_usage, "serverAuth") ||
      !add_extension(cert.get(), ca, NID_subject_alt_name, names) ||
      !add_extension(cert.get(), ca, NID_subject_key_identifier, "hash") ||
      !add_extension(cert.get(), ca, NID_authority_key_identifier, "keyid") ||
      X509_sign(cert.get(), ca_key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return cert;
}

/// Writes beside the file and renames, so that no reader ever sees half of it.
hsm::Status write_file(const std::filesystem::path& path, mode_t mode, BIO* content) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(content, &data);
  const auto part = path.string() + ".new";
  ::unlink(part.c_str());
  const hsm::Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file || ::fchmod(file.get(), mode) != 0 || ::write(file.get(), data, static_cast<std::size_t>(size)) != size ||
      ::fsync(file.get()) != 0 || ::rename(part.c_str(), path.c_str()) != 0) {
    return hsm::fail(hsm::Rv::device_error, "cannot write the TLS file").about(path.string());
  }
  return hsm::Done{};
}

Bio memory() { return Bio(BIO_new(BIO_s_secmem())); }

bool still_good(const TlsFiles& files, const std::vector<std::string>& hosts) {
  if (::access(files.key.c_str(), R_OK) != 0 || ::access(files.ca.c_str(), R_OK) != 0) return false;
  const Bio file(BIO_new_file(files.certificate.c_str(), "r"));
  const Cert cert(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  if (!cert) return false;
  time_t soon = time(nullptr) + kRenewDays * kDay;
  if (X509_cmp_time(X509_get0_notAfter(cert.get()), &soon) <= 0) return false;
  return std::ranges::all_of(hosts, [&](const std::string& host) {
    return is_address(host) ? X509_check_ip_asc(cert.get(), host.c_str(), 0) == 1
                            : X509_check_host(cert.get(), host.c_str(), host.size(), 0, nullptr) == 1;
  });
}

bool acceptable(const std::string& host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':';
  });
}

}  // namespace

hsm::Result<TlsFiles> ensure_certificate(const std::filesystem::path& directory, const std::vector<std::string>& hosts) {
  const TlsFiles files{directory / "server.pem", directory / "server.key", directory / "ca.pem"};
  std::vector<std::string> all = {"127.0.0.1", "::1", "localhost"};
  for (const auto& host : hosts) {
    if (!acceptable(host)) return hsm::fail(hsm::Rv::arguments_bad, "not a host name or address").about(host);
    if (std::ranges::find(all, host) == all.end()) all.push_back(host);
  }
  if (still_good(files, all)) return files;

  const Pkey ca_key(EVP_EC_gen("P-256"));
  const Pkey key(EVP_EC_gen("P-256"));
  const auto ca = ca_key ? make_ca(ca_key.get()) : nullptr;
  const auto cert = key && ca ? make_server(key.get(), ca.get(), ca_key.get(), all) : nullptr;
  const auto key_text = memory();
  const auto cert_text = memory();
  const auto ca_text = memory();
  if (!cert || !key_text || !cert_text || !ca_text ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(cert_text.get(), cert.get()) != 1 || PEM_write_bio_X509(ca_text.get(), ca.get()) != 1) {
    ERR_clear_error();
    return hsm::fail(hsm::Rv::function_failed, "cannot make a TLS certificate");
  }
  TRY(write_file(files.key, 0600, key_text.get()));
  TRY(write_file(files.certificate, 0644, cert_text.get()));
  TRY(write_file(files.ca, 0644, ca_text.get()));
  return files;
}

}  // namespace kms::http
