#include <algorithm>

#include "hsm/daemon/unit.h"

namespace hsm::daemon {
namespace {

constexpr std::uint32_t kMostLines = 10000;

}  // namespace

Result<admin::AuditPage> Unit::call(const admin::ExportAudit& request, const Peer&) {
  const auto running = TRY(running_engine());
  const auto most = std::clamp<std::uint32_t>(request.most, 1, kMostLines);
  admin::AuditPage page;
  bool full = false;
  const auto exported = running->keystore().export_audit(request.from, [&](std::string_view line) -> Status {
    if (page.lines.size() == most) {
      full = true;
      return fail(Rv::cancel, "the page is full");
    }
    page.lines.emplace_back(line);
    return Done{};
  });
  if (!exported && !full) return exported.error();
  if (full) page.next = request.from + page.lines.size();
  return page;
}

Result<admin::Verified> Unit::call(const admin::VerifyAudit&, const Peer&) {
  TRY(TRY(running_engine())->keystore().verify_audit());
  return admin::Verified{};
}

}  // namespace hsm::daemon
