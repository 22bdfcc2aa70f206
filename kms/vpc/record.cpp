#include "kms/vpc/record.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "hsm/base/socket.h"
#include "kms/client/json.h"

namespace kms::vpc {
using client::local_error;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::uintmax_t kLargestRecord = 1U << 20;

const char* hint_to_write(int error) {
  return error == ENOSPC ? "free some space, and repeat this" : "name another directory with --dir, or check its owner and mode";
}

client::Error io_failure(std::string_view act, const fs::path& path) {
  return local_error("io", fmt::format("{}: {}: {}", act, path.string(), std::strerror(errno)), hint_to_write(errno));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto done = ::write(descriptor, text.data(), text.size());
    if (done < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

std::string hint_to_list(Kind kind) { return fmt::format("list them with: keymantle {} list --dir DIR", name_of(kind)); }

}  // namespace

std::string_view name_of(Kind kind) { return kind == Kind::volume ? "volume" : "image"; }

client::Status check_name(const std::string& name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  const bool good = !name.empty() && name.size() <= 63 && name.front() >= 'a' && name.front() <= 'z' &&
                    std::ranges::all_of(name, allowed);
  if (good) return hsm::Done{};
  return local_error("name", fmt::format("not a name for a volume: {}", name),
                     "1 to 63 lower-case letters, digits and hyphens, beginning with a letter");
}

std::string to_json(const Record& record) {
  json::object object;
  object["type"] = name_of(record.kind);
  object["name"] = record.name;
  object["crn"] = record.crn;
  object["encryption"] = "user_managed";
  object["encryption_key"] = json::object{{"crn", record.key_crn}, {"id", record.key_id}, {"version", record.key_version}};
  object["encrypted_data_key"] = record.wdek;
  object["file"] = record.file.string();
  object["format"] = record.format;
  object["size"] = record.size;
  object["created_at"] = record.created;
  return client::to_public_text(object);
}

client::Result<Record> record_from_json(std::string_view text, const fs::path& source) {
  const auto parsed = client::parse_object(text);
  const auto* key = parsed ? client::object_at(*parsed, "encryption_key") : nullptr;
  if (key == nullptr) {
    return local_error("record", fmt::format("not the record of a volume: {}", source.string()),
                       "restore it from a backup");
  }
  const auto& object = *parsed;
  Record record;
  record.kind = client::text_at(object, "type") == "image" ? Kind::image : Kind::volume;
  record.name = client::text_at(object, "name");
  record.crn = client::text_at(object, "crn");
  record.key_id = client::text_at(*key, "id");
  record.key_crn = client::text_at(*key, "crn");
  record.key_version = client::text_at(*key, "version");
  record.wdek = client::text_at(object, "encrypted_data_key");
  record.file = client::text_at(object, "file");
  record.format = client::text_at(object, "format");
  record.size = static_cast<std::uint64_t>(client::integer_at(object, "size"));
  record.created = client::text_at(object, "created_at");
  if (record.name.empty() || record.crn.empty() || record.key_id.empty() || record.file.empty()) {
    return local_error("record", fmt::format("the record of a volume lacks a member: {}", source.string()),
                       "restore it from a backup");
  }
  return record;
}

client::Result<Record> Records::read(Kind kind, const std::string& name) const {
  TRY(check_name(name));
  const auto path = path_of(name);
  std::error_code error;
  if (!fs::exists(path, error)) {
    return local_error("not_found", fmt::format("there is no {} of this name: {}", name_of(kind), name), hint_to_list(kind));
  }
  if (fs::file_size(path, error) > kLargestRecord) {
    return local_error("record", fmt::format("not the record of a volume: {}", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto record = TRY(record_from_json(text, path));
  if (record.kind != kind) {
    return local_error("not_found", fmt::format("{} is an {}, not a {}", name, name_of(record.kind), name_of(kind)),
                       hint_to_list(kind));
  }
  return record;
}

client::Result<std::vector<Record>> Records::list(Kind kind) const {
  std::error_code error;
  fs::directory_iterator entries(directory_, error);
  if (error) {
    return local_error("io", fmt::format("the directory cannot be read: {}: {}", directory_.string(), error.message()),
                       "name another with --dir DIR");
  }
  std::vector<Record> records;
  for (const auto& entry : entries) {
    if (entry.path().extension() != ".json" || !check_name(entry.path().stem().string())) continue;
    if (auto record = read(kind, entry.path().stem().string())) records.push_back(std::move(record).value());
  }
  std::ranges::sort(records, {}, &Record::name);
  return records;
}

client::Status Records::write(const Record& record) const {
  const auto path = path_of(record.name);
  auto fresh = path;
  fresh += ".new";
  hsm::Descriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const auto text = to_json(record) + "\n";
  const bool written = file && write_all(file.get(), text) && fsync(file.get()) == 0;
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    auto failure = io_failure("the record cannot be written", path);
    unlink(fresh.c_str());
    return failure;
  }
  const hsm::Descriptor folder(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return io_failure("the directory cannot be made durable", directory_);
  return hsm::Done{};
}

client::Status Records::make_directory() const {
  std::error_code error;
  if (fs::is_directory(directory_, error)) return hsm::Done{};  // whoever made it decides who may read it
  if (::mkdir(directory_.c_str(), 0700) != 0) return io_failure("the directory of volumes cannot be made", directory_);
  return hsm::Done{};
}

client::Status Records::refuse_taken(const std::string& name) const {
  TRY(check_name(name));
  std::error_code error;
  if (!fs::exists(path_of(name), error)) return hsm::Done{};
  return local_error("exists", fmt::format("the name is taken: {}", path_of(name).string()), "choose another name");
}

client::Status Records::remove(const std::string& name) const {
  if (unlink(path_of(name).c_str()) != 0) return io_failure("the record cannot be removed", path_of(name));
  return hsm::Done{};
}

}  // namespace kms::vpc
