#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/core.h>

#include "bench/module.h"
#include "bench/rows.h"
#include "bench/timing.h"

namespace bench {
namespace {

using Body = std::function<void()>;

struct Session {
  const Module& module;
  CK_SESSION_HANDLE handle;
};

Body gcm_64(const Module& module, CK_OBJECT_HANDLE key) {
  return [&module, key, session = module.open(), counter = std::uint64_t{0}]() mutable {
    CK_BYTE iv[12] = {};
    ++counter;
    std::memcpy(iv, &counter, sizeof counter);
    CK_GCM_PARAMS parameters{};
    parameters.pIv = iv;
    parameters.ulIvLen = sizeof iv;
    parameters.ulIvBits = 8 * sizeof iv;
    parameters.ulTagBits = 128;
    CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    CK_BYTE data[64] = {};
    CK_BYTE out[96];
    CK_ULONG size = sizeof out;
    check(module->C_EncryptInit(session, &mechanism, key), "C_EncryptInit");
    check(module->C_Encrypt(session, data, sizeof data, out, &size), "C_Encrypt");
  };
}

Body sign(const Module& module, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, std::size_t input) {
  return [&module, key, type, input, session = module.open()] {
    CK_MECHANISM mechanism{type, nullptr, 0};
    CK_BYTE data[64] = {};
    CK_BYTE out[512];
    CK_ULONG size = sizeof out;
    check(module->C_SignInit(session, &mechanism, key), "C_SignInit");
    check(module->C_Sign(session, data, static_cast<CK_ULONG>(input), out, &size), "C_Sign");
  };
}

Body wrap(const Module& module, CK_OBJECT_HANDLE key) {
  const auto session = module.open();
  return [&module, key, session, inner = module.generate_wrappable(session)] {
    CK_MECHANISM mechanism{CKM_AES_KEY_WRAP, nullptr, 0};
    CK_BYTE out[64];
    CK_ULONG size = sizeof out;
    check(module->C_WrapKey(session, &mechanism, key, inner, out, &size), "C_WrapKey");
  };
}

Body unwrap(const Module& module, CK_OBJECT_HANDLE key) {
  const auto session = module.open();
  const auto inner = module.generate_wrappable(session);
  CK_MECHANISM mechanism{CKM_AES_KEY_WRAP, nullptr, 0};
  std::vector<CK_BYTE> wrapped(64);
  CK_ULONG size = wrapped.size();
  check(module->C_WrapKey(session, &mechanism, key, inner, wrapped.data(), &size), "C_WrapKey");
  wrapped.resize(size);
  return [&module, key, session, wrapped]() mutable {
    CK_MECHANISM kw{CKM_AES_KEY_WRAP, nullptr, 0};
    CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE attributes[] = {{CKA_CLASS, &object_class, sizeof object_class},
                                 {CKA_KEY_TYPE, &type, sizeof type},
                                 {CKA_TOKEN, &no, sizeof no}};
    CK_OBJECT_HANDLE object = 0;
    check(module->C_UnwrapKey(session, &kw, key, wrapped.data(), static_cast<CK_ULONG>(wrapped.size()), attributes, 3, &object),
          "C_UnwrapKey");
    check(module->C_DestroyObject(session, object), "C_DestroyObject");
  };
}

/// Resident octets of this process, in MiB.
double resident() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double pages = 0;
  statm >> total >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::string label_of(int i) { return fmt::format("object-{}", i); }

void measure_rates(const Module& module, const Plan& plan, Figures& figures) {
  const auto session = module.open();
  module.login(session);
  const auto aes = module.generate_aes(session, 32, true);
  const auto mac = module.generate_generic(session, 32);
  const auto rsa = module.generate_rsa(session);
  const auto p256 = module.generate_p256(session);
  const std::pair<const char*, std::function<Body()>> rows[] = {
      {"AES-GCM 64 B", [&] { return gcm_64(module, aes); }},
      {"HMAC-SHA-256 64 B", [&] { return sign(module, mac, CKM_SHA256_HMAC, 64); }},
      {"AES-KW wrap", [&] { return wrap(module, aes); }},
      {"AES-KW unwrap", [&] { return unwrap(module, aes); }},
      {"P-256 sign", [&] { return sign(module, p256, CKM_ECDSA, 32); }},
      {"RSA-2048 sign", [&] { return sign(module, rsa, CKM_RSA_PKCS, 51); }},
  };
  for (const auto& [name, make] : rows) {
    figures[name] = rate_of_threads(1, plan.seconds, make);
    figures[std::string(name) + " (2 threads)"] = rate_of_threads(2, plan.seconds, make);
  }
}

void measure_objects(const Module& module, const Plan& plan, Figures& figures) {
  const auto session = module.open();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < plan.objects; ++i) module.create_data(session, label_of(i));
  figures["durable create"] = 1000.0 * plan.objects / milliseconds_since(start);
  int i = 0;
  figures["find by label"] = rate(plan.seconds, [&] {
    i = (i + 7919) % plan.objects;
    if (module.count_by_label(session, label_of(i)) != 1) throw Failure("an object was not found by its label");
  });
}

}  // namespace

Figures measure_module(const std::string& path, const Plan& plan) {
  Figures figures;
  Module module(path);
  module.initialize();
  module.make_token();
  measure_rates(module, plan, figures);
  measure_objects(module, plan, figures);
  figures["resident MiB"] = resident();
  module.finalize();
  return figures;
}

Figures measure_cold_start(const std::string& path, const Plan& plan) {
  const auto start = std::chrono::steady_clock::now();
  Module module(path);
  module.initialize();
  const auto session = module.open();
  const auto before_login = milliseconds_since(start);
  const auto login = std::chrono::steady_clock::now();
  module.login(session);
  const double first_login = milliseconds_since(login);
  const auto find = std::chrono::steady_clock::now();
  if (module.count_by_label(session, label_of(plan.objects / 2)) != 1) throw Failure("an object was not found by its label");
  const double found = milliseconds_since(find);
  check(module->C_Logout(session), "C_Logout");
  // The PIN's key derivation is slow on purpose: a second login costs that and nothing else.
  const auto again = std::chrono::steady_clock::now();
  module.login(session);
  const double derivation = milliseconds_since(again);
  Figures figures;
  figures["cold start ms (without the PIN's derivation)"] = before_login + std::max(0.0, first_login - derivation) + found;
  figures["login ms"] = derivation;
  figures["resident MiB after cold start"] = resident();
  module.finalize();
  return figures;
}

double measure_fdatasync(const std::string& directory, double seconds) {
  const auto path = directory + "/fdatasync-probe";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw Failure("cannot write to " + directory);
  const std::vector<char> page(4096, 'x');
  const double figure = rate(seconds, [&] {
    if (write(fd, page.data(), page.size()) < 0 || fdatasync(fd) != 0) throw Failure("cannot write to " + path);
  });
  close(fd);
  unlink(path.c_str());
  return figure;
}

}  // namespace bench
