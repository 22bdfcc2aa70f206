// One process of the crash tests: opens the store that the environment names, does as told, and says on stdout what it
// was answered. The test kills it at random points.
//
//   setup COUNT       a root key with COUNT registered WDEKs, an old plaintext each
//   rotate            rotates again and again; one line per acknowledged rotation
//   rotate-once       rotates once, and prints the line
//   work              runs the rewrap worker until the job is done; prints "done"
//   verify COUNT [VERSION...]   everything opens, acknowledged versions exist, nothing half-made is left

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>

#include "kms/core/service.h"
#include "kms/core/wdek.h"
#include "kms/db/sqlite_database.h"
#include "kms/p11/secret_access.h"
#include "test/kms/module_under_test.h"

namespace {

template <class T>
T must(kms::Result<T> result, int line = __builtin_LINE()) {
  if (result) return std::move(result).value();
  throw std::runtime_error("line " + std::to_string(line) + ": " + std::string(name_of(result.error().fault)) + ": " + result.error().text());
}

std::string resource(int number) { return "crn:v1:bluemix:public:is:local:a/acc::volume:" + std::to_string(100000 + number); }

struct Process {
  explicit Process(const std::filesystem::path& folder, bool worker) {
    test::ModuleUnderTest::use_folder(folder);
    auto opened = kms::p11::Token::open({test::ModuleUnderTest::chosen(), test::ModuleUnderTest::kLabel, 16},
                                        hsm::Secret::copy_of(hsm::view(test::ModuleUnderTest::kPin)));
    if (!opened) throw std::runtime_error(opened.error().text());
    token = std::move(opened).value();
    database = kms::db::open_sqlite((folder / "kms.sqlite").string());
    kms::Settings settings;
    settings.rotate_again_after = kms::Seconds(0);
    settings.rewrap_lease = kms::Seconds(1);
    settings.rewrap_poll = std::chrono::milliseconds(50);
    settings.orphan_age = kms::Seconds(0);
    settings.rewrap_worker = worker;
    settings.rewrap_batch = 100;
    service = std::make_unique<kms::Service>(*token, *database, settings);
    must(service->start());
    const auto instances = must(service->instances());
    if (instances.empty()) return;
    call.instance = instances.front().id;
    for (const auto& identity : must(service->identities())) call.caller.iam_id = identity.iam_id;
    kms::KeyQuery all;
    const auto keys = must(service->list_keys(call, all));
    if (!keys.items.empty()) key = keys.items.front();
  }

  std::unique_ptr<kms::p11::Token> token;
  std::unique_ptr<kms::db::Database> database;
  std::unique_ptr<kms::Service> service;
  kms::Call call;
  kms::Key key;
};

void setup(const std::filesystem::path& folder, int count) {
  test::ModuleUnderTest::use_folder(folder);
  test::ModuleUnderTest::initialise_token(test::ModuleUnderTest::chosen());
  Process p(folder, false);
  p.call.instance = must(p.service->create_instance({"", "crash", "acc", {}})).id;
  p.call.caller.iam_id = must(p.service->create_identity({"", "crash", "acc", true, {{p.call.instance, kms::Role::manager}}, {}})).identity.iam_id;
  const auto key = must(p.service->create_key(p.call, {"crash", "", {}, {}, false, {}, {}})).key;
  // Straight into the table, in one transaction: ten thousand durable PUTs are not what is tested here.
  std::vector<kms::Registration> rows;
  for (int i = 0; i < count; ++i) {
    kms::Registration row;
    row.instance = p.call.instance;
    row.key = key.id;
    row.resource = resource(i);
    row.version = *key.version;
    row.wdek = must(p.service->wrap(p.call, key.id, hsm::Secret::copy_of(hsm::view("passphrase " + std::to_string(i))), {})).ciphertext;
    rows.push_back(std::move(row));
  }
  const auto change = p.database->begin();
  for (const auto& row : rows) change->put_registration(row);
  change->commit();
}

void rotate(Process& p) {
  must(p.service->rotate(p.call, p.key.id, std::nullopt));
  const auto version = must(p.service->get_metadata(p.call, p.key.id)).version->id;
  std::cout << version << std::endl;
}

void work(Process& p) {
  for (;;) {
    const auto jobs = must(p.service->rewrap_jobs(p.call, p.key.id));
    if (jobs.empty() || jobs.front().state == kms::JobState::done) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::cout << "done" << std::endl;
}

void check(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

void verify(Process& p, int count, const std::set<std::string>& acknowledged) {
  const auto versions = must(p.service->list_versions(p.call, p.key.id, {5000, 0}, true)).items;
  std::set<std::string> known;
  for (const auto& version : versions) {
    known.insert(version.id);
    check(p.token->exists(kms::p11::KeyRef(hsm::bytes_of(version.id))).value(), "a version without its object: " + version.id);
  }
  for (const auto& version : acknowledged) check(known.count(version) == 1, "an acknowledged version is lost: " + version);
  check(p.database->pending_objects(kms::Time::max()).empty(), "a planned object is left");
  kms::RegistrationQuery query;
  query.limit = 5000;
  std::uint64_t seen = 0;
  for (query.offset = 0;; query.offset += query.limit) {
    const auto page = must(p.service->list_registrations(p.call, query));
    for (const auto& row : page.items) {
      const auto wdek = kms::parse_wdek(*row.wdek);
      check(wdek && wdek->version == row.version.id, "a row whose version is not its WDEK's: " + row.resource);
      const auto back = must(p.service->unwrap(p.call, p.key.id, *row.wdek, {}));
      const auto number = std::stoi(row.resource.substr(row.resource.rfind(':') + 1)) - 100000;
      check(hsm::text_of(kms::SecretAccess::bytes(back.plaintext)) == "passphrase " + std::to_string(number), "another plaintext: " + row.resource);
      ++seen;
    }
    if (page.items.size() < query.limit) break;
  }
  check(seen == static_cast<std::uint64_t>(count), "registrations are lost");
  std::cout << "verified" << std::endl;
}

int run(int argc, char** argv) {
  const char* named = getenv("KEYMANTLE_CRASH_FOLDER");
  if (argc < 2 || named == nullptr) return 2;
  const std::filesystem::path folder = named;
  const std::string verb = argv[1];
  if (verb == "setup") {
    setup(folder, std::stoi(argv[2]));
    return 0;
  }
  Process p(folder, verb == "work");
  // Killed from here on: before, it would be PIN attempts that are broken off, and those count as failed by design.
  std::cout << "ready" << std::endl;
  if (verb == "rotate-once") rotate(p);
  if (verb == "rotate") {
    for (;;) rotate(p);
  }
  if (verb == "work") work(p);
  if (verb == "verify") verify(p, std::stoi(argv[2]), std::set<std::string>(argv + 3, argv + argc));
  if (verb == "jobs") {
    const auto job = must(p.service->rewrap_jobs(p.call, p.key.id)).at(0);
    std::cout << name_of(job.state) << ' ' << job.total << ' ' << job.done << ' ' << job.failed << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "kms_crash_child: " << failure.what() << '\n';
    return 1;
  }
}
