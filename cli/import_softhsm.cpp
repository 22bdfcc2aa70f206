#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "cli/office.h"
#include "cli/secret_input.h"
#include "hsm/model/ids.h"
#include "hsm/softhsm/meaning.h"
#include "hsm/softhsm/token.h"

namespace cli {
using hsm::Attr;
using hsm::ObjectClass;
using hsm::softhsm::StoredAttribute;
using hsm::softhsm::StoredObject;
using kms::p11::NewAttribute;

namespace {

constexpr std::uint64_t number_of(Attr type) { return static_cast<std::uint64_t>(type); }

/// What the new token says of an object by itself: its history, and what follows from its value.
constexpr auto kLeftBehind = std::to_array<Attr>({Attr::local, Attr::always_sensitive, Attr::never_extractable, Attr::key_gen_mechanism,
                                                  Attr::unique_id, Attr::modulus_bits, Attr::value_len, Attr::value_bits,
                                                  Attr::check_value, Attr::trusted, Attr::token});

const char* name_of_class(std::uint64_t object_class) {
  switch (static_cast<ObjectClass>(object_class)) {
    case ObjectClass::data: return "data";
    case ObjectClass::certificate: return "certificate";
    case ObjectClass::public_key: return "public key";
    case ObjectClass::private_key: return "private key";
    case ObjectClass::secret_key: return "secret key";
    default: return "object";
  }
}

std::uint64_t number_in(const StoredObject& object, Attr type) {
  const auto* found = hsm::softhsm::find(object, number_of(type));
  std::uint64_t value = hsm::kUnavailable;
  if (found != nullptr && found->value.size() == sizeof value)
    std::memcpy(&value, SecretAccess::bytes(found->value).data(), sizeof value);
  return value;
}

std::string text_in(const StoredObject& object, Attr type) {
  const auto* found = hsm::softhsm::find(object, number_of(type));
  return found == nullptr ? std::string() : std::string(hsm::text_of(SecretAccess::bytes(found->value)));
}

bool comes_along(const StoredAttribute& item) {
  constexpr std::uint64_t kVendor = 0x80000000;
  return item.type < kVendor && (!item.value.empty() || !item.nested.empty()) &&
         std::ranges::find(kLeftBehind, static_cast<Attr>(item.type)) == kLeftBehind.end();
}

NewAttribute copy_of(const StoredAttribute& item) {
  NewAttribute made{item.type, SecretAccess::copy(item.value), {}};
  for (const auto& inner : item.nested) made.nested.push_back(copy_of(inner));
  return made;
}

std::vector<NewAttribute> attributes_of(const StoredObject& object, bool without_wrapping) {
  std::vector<NewAttribute> made;
  const std::uint8_t yes = 1, no = 0;
  made.push_back({number_of(Attr::token), hsm::Secret::copy_of({&yes, 1}), {}});
  for (const auto& item : object) {
    if (!comes_along(item)) continue;
    const bool wraps = item.type == number_of(Attr::wrap) || item.type == number_of(Attr::unwrap);
    made.push_back(wraps && without_wrapping ? NewAttribute{item.type, hsm::Secret::copy_of({&no, 1}), {}} : copy_of(item));
  }
  return made;
}

std::vector<NewAttribute> known_by(const StoredObject& object) {
  std::vector<NewAttribute> made;
  for (const auto& item : hsm::softhsm::identity_of(object)) made.push_back(copy_of(item));
  return made;
}

/// What a token says when its policy forbids the uses that a key has together.
Failure refused_uses() {
  return refused("the token's policy does not take a key with these uses together",
                 "bring it --without-wrapping, or let the token be compatible: keymantle token policy --label LABEL --profile compatible");
}

struct Import {
  std::string from, token, to, softhsm_pin, pin, module;
  bool dry_run = false, without_wrapping = false;
};
void declare(Arguments& arguments, Import& options) {
  arguments.needed("--token", options.token, "LABEL", "of SoftHSM2's token")
      .option("--from", options.from, "DIR", "where SoftHSM2 keeps its tokens; without it as its softhsm2.conf says")
      .option("--to", options.to, "LABEL", "of the token that takes the objects; without it the same label")
      .option("--softhsm-pin-file", options.softhsm_pin, "FILE", "the user's PIN of SoftHSM2's token, also /dev/fd/N; without it it is typed")
      .option("--user-pin-file", options.pin, "FILE", "the user's PIN of the new token, also /dev/fd/N; without it it is typed")
      .flag("--dry-run", options.dry_run, "only list what would come; nothing is changed, no PIN of the new token is needed")
      .flag("--without-wrapping", options.without_wrapping,
            "keys neither wrap nor unwrap here: SoftHSM2 lets each key do everything, a strict token does not")
      .option("--module", options.module, "FILE", "another PKCS#11 module than ours [KEYMANTLE_PKCS11_MODULE]");
}

/// The token that objects go to; none in a dry run.
class Target {
 public:
  static Result<Target> open(const Import& options) {
    Target target;
    target.without_wrapping_ = options.without_wrapping;
    if (options.dry_run) return target;
    target.office_.emplace(TRY(Office::open(options.module)));
    const auto slot = TRY(target.office_->named(options.to.empty() ? options.token : options.to));
    const auto pin = TRY(ask_secret(fmt::format("user PIN of {}", title_of(slot)), options.pin, Ask::once));
    auto session = target.office_->tokens().log_in(slot.slot, pin);
    if (!session) return target.office_->reason(session.error());
    target.session_ = *session;
    return target;
  }

  /// "brought", "there already" or "would come".
  Result<std::string> take(const StoredObject& object) {
    const auto attributes = attributes_of(object, without_wrapping_);
    if (!office_) return std::string("would come");
    const auto there = office_->tokens().has(session_, known_by(object));
    if (!there) return office_->reason(there.error());
    if (*there) return std::string("there already");
    if (const auto made = office_->tokens().create(session_, attributes); !made)
      return made.error().rv == hsm::Rv::template_inconsistent ? refused_uses() : office_->reason(made.error());
    return std::string("brought");
  }

 private:
  std::optional<Office> office_;
  std::uint64_t session_ = 0;
  bool without_wrapping_ = false;
};

Outcome take_one(Session& session, const hsm::softhsm::Token& token, const std::filesystem::path& file, Target& target) {
  const auto object = TRY(told(token.read(file)));
  const auto outcome = TRY(target.take(object));
  session.out.record({{"class", std::string(name_of_class(number_in(object, Attr::object_class)))},
                      {"label", text_in(object, Attr::label)},
                      {"id", hsm::to_hex(hsm::bytes_of(text_in(object, Attr::id)))},
                      {"outcome", outcome}});
  return hsm::Done{};
}

Outcome run(Session& session, const Import& options) {
  const auto directory = options.from.empty() ? hsm::softhsm::default_directory() : std::filesystem::path(options.from);
  auto token = TRY(told(hsm::softhsm::Token::find(directory, options.token)));
  const auto pin = TRY(ask_secret(fmt::format("user PIN of SoftHSM2's token {}", options.token), options.softhsm_pin, Ask::once));
  TRY(told(token.unlock(pin)));
  auto target = TRY(Target::open(options));
  const auto files = TRY(told(token.objects()));
  std::int64_t done = 0, failed = 0;
  for (const auto& file : files) {
    session.out.progress("import", done++, static_cast<std::int64_t>(files.size()));
    const auto outcome = take_one(session, token, file, target);
    if (outcome) continue;
    ++failed;
    session.out.say(fmt::format("not brought: {}: {}", file.filename().string(), outcome.error().message));
    if (!outcome.error().hint.empty()) session.out.say("  " + outcome.error().hint);
  }
  session.out.end_progress();
  if (failed == 0) return hsm::Done{};
  return refused(fmt::format("{} of {} objects were not brought", failed, files.size()),
                 "the others are there; run it again after mending: what is there already is not brought twice");
}

}  // namespace

std::vector<Verb> import_softhsm_verbs() {
  return {verb<Import>("token import-softhsm", "bring the objects of a SoftHSM2 token, sensitive keys too, into a token here",
                       "  keymantle token init --label web && keymantle token import-softhsm --token web\n"
                       "  keymantle token import-softhsm --from /var/lib/softhsm/tokens --token web --to web2 --dry-run\n"
                       "  prints: class, label, id, outcome\n"
                       "  the keys were made elsewhere: CKA_LOCAL, CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE are false",
                       declare, run)};
}

}  // namespace cli
