#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kms/client/secret_access.h"
#include "kms/vpc/child.h"
#include "kms/vpc/luks.h"
#include "kms/vpc/record.h"

using namespace kms::vpc;
namespace fs = std::filesystem;

namespace {

hsm::Secret secret(std::string_view text) { return hsm::Secret::copy_of(hsm::view(text)); }

struct Directory {
  Directory() {
    auto pattern = (fs::temp_directory_path() / "keymantle-test-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path sized(const std::string& name, std::uintmax_t size) const {
    std::ofstream(path / name).flush();
    fs::resize_file(path / name, size);
    return path / name;
  }
  fs::path path;
};

Record sample() {
  Record record;
  record.name = "data-1";
  record.crn = "crn:v1:bluemix:public:is:local:a/dev::volume:r006-1";
  record.key_id = "k";
  record.key_crn = "crn:k";
  record.key_version = "v";
  record.wdek = "d2Rlaw==";
  record.file = "/v/data-1.luks";
  record.format = "luks2";
  record.size = 1 << 20;
  record.created = "2026-03-01T12:00:00Z";
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vpc)

BOOST_FIXTURE_TEST_CASE(a_container_opens_with_its_passphrase_only, Directory) {
  const auto file = sized("v", luks::kHeaderSize + (1 << 20));
  BOOST_REQUIRE(luks::format(file, LuksVersion::two, secret("right")).ok());
  BOOST_TEST(luks::test(file, secret("right")).ok());
  const auto wrong = luks::test(file, secret("wrong"));
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().code == "passphrase_wrong");
}

BOOST_FIXTURE_TEST_CASE(another_header_keeps_the_passphrase_and_is_not_written_under_a_wrong_one, Directory) {
  const auto file = sized("v", luks::kHeaderSize + (1 << 20));
  BOOST_REQUIRE(luks::format(file, LuksVersion::two, secret("right")).ok());
  BOOST_TEST((luks::version_of(file).value() == LuksVersion::two));
  BOOST_TEST(!luks::replace_header(file, LuksVersion::one, secret("wrong")).ok());
  BOOST_TEST(luks::test(file, secret("right")).ok());
  BOOST_REQUIRE(luks::replace_header(file, LuksVersion::one, secret("right")).ok());
  BOOST_TEST((luks::version_of(file).value() == LuksVersion::one));
  BOOST_TEST(luks::test(file, secret("right")).ok());
  BOOST_REQUIRE(luks::replace_header(file, LuksVersion::two, secret("right")).ok());
  BOOST_TEST(luks::test(file, secret("right")).ok());
}

BOOST_FIXTURE_TEST_CASE(what_is_no_container_is_told_apart_from_what_is_not_there, Directory) {
  const auto plain = luks::test(sized("plain", 1 << 20), secret("x"));
  BOOST_REQUIRE(!plain);
  BOOST_TEST(plain.error().code == "not_luks");
  const auto missing = luks::test(path / "missing", secret("x"));
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().code == "no_file");
}

BOOST_FIXTURE_TEST_CASE(a_record_reads_back_as_it_was_written, Directory) {
  const Records records(path);
  BOOST_REQUIRE(records.write(sample()).ok());
  BOOST_TEST((records.read(Kind::volume, "data-1").value() == sample()));
  BOOST_TEST(records.list(Kind::volume).value().size() == 1U);
  BOOST_TEST(records.list(Kind::image).value().empty());
  BOOST_TEST(!records.read(Kind::image, "data-1").ok());
  BOOST_TEST(records.refuse_taken("data-1").error().code == "exists");
}

BOOST_FIXTURE_TEST_CASE(a_damaged_record_is_named_and_other_files_are_passed_over, Directory) {
  const Records records(path);
  for (const char* text : {"", "{", "[]", "{}", R"({"encryption_key":{}})"}) {
    std::ofstream(path / "broken.json") << text;
    const auto record = records.read(Kind::volume, "broken");
    BOOST_REQUIRE_MESSAGE(!record, text);
    BOOST_TEST(record.error().message.find("broken.json") != std::string::npos);
  }
  BOOST_TEST(records.list(Kind::volume).value().empty());
}

BOOST_AUTO_TEST_CASE(a_name_cannot_leave_its_directory) {
  for (const char* wrong : {"", "-a", "1a", "A", "a/b", "..", "a.b", "a b"}) BOOST_TEST(!check_name(wrong).ok(), wrong);
  BOOST_TEST(!check_name(std::string(64, 'a')).ok());
  BOOST_TEST(check_name(std::string(63, 'a')).ok());
}

BOOST_AUTO_TEST_CASE(a_program_reads_the_passphrase_as_often_as_it_likes) {
  const auto file = PassphraseFile::make(secret("open sesame"));
  BOOST_REQUIRE(file.ok());
  const auto ended = run({.arguments = {"sh", "-c", "test \"$(cat /dev/fd/3)\" = 'open sesame' && test \"$(cat /dev/fd/3)\" = 'open sesame'"},
                          .passphrase = &*file});
  BOOST_REQUIRE(ended.ok());
  BOOST_TEST(ended->exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_program_without_a_passphrase_inherits_none) {
  const auto file = PassphraseFile::make(secret("open sesame"));
  BOOST_REQUIRE(file.ok());
  const auto ended = run({.arguments = {"sh", "-c", "for f in /proc/$$/fd/*; do readlink $f; done | grep -c memfd >&2; true"}, .quiet = true});
  BOOST_REQUIRE(ended.ok());
  BOOST_TEST(ended->complaint == "0");
}

BOOST_AUTO_TEST_CASE(exit_codes_and_signals_of_a_program_are_passed_on) {
  BOOST_TEST(run({.arguments = {"sh", "-c", "exit 7"}})->exit_code == 7);
  BOOST_TEST(run({.arguments = {"sh", "-c", "kill -9 $$"}})->exit_code == 128 + 9);
  const auto missing = run({.arguments = {"./no-such-program"}});
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().message.find("no-such-program") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
