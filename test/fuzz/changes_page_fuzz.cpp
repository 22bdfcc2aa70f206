#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "hsm/store/changes_page.h"

// The page of changes, as anybody who may write the directory can leave it: opened, raised, opened again.

namespace {

struct Folder {
  Folder() {
    auto name = (std::filesystem::temp_directory_path() / "keymantle-page-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
  }
  ~Folder() { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hsm::store::ChangesPage;
  static const Folder place;
  const auto file = place.folder / "changes";
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(static_cast<const char*>(static_cast<const void*>(data)), static_cast<std::streamsize>(size));
  std::uint64_t word = 0;
  if (size >= 72) std::memcpy(&word, data + 64, sizeof word);
  std::uint64_t raised = 0;
  {
    const auto page = ChangesPage::open(file);
    if (!page) return 0;
    if (size >= 72 && (*page)->committed() != word) std::abort();
    (*page)->publish(7);
    raised = (*page)->committed();
    if (raised != std::max<std::uint64_t>(7, (size >= 72 ? word : 0)) && size >= 72) std::abort();
    if (!(*page)->follow_file() || (*page)->committed() != raised) std::abort();
  }
  const auto again = ChangesPage::open(file);
  if (!again || (*again)->committed() != raised) std::abort();
  return 0;
}
