#include "app/shipped_runbook.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "base/format.h"
#include "base/similar.h"

namespace pgcleave::app {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders() {
  std::error_code unknown;
  const auto program = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  return {program / "runbooks", program.parent_path() / "runbooks", program.parent_path() / "share/pgcleave/runbooks",
          PGCLEAVE_RUNBOOKS};
}

std::vector<std::string> shipped_names() {
  std::set<std::string> names;
  for (const auto& folder : folders()) {
    std::error_code none;
    for (const auto& file : fs::directory_iterator(folder, none)) {
      if (file.path().extension() == ".yml") names.insert(file.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

Result<std::string> runbook_path(const std::string& word) {
  std::error_code unknown;
  if (fs::exists(word, unknown) && !fs::is_directory(word, unknown)) return word;
  const bool is_name = word.find('/') == std::string::npos;
  const auto name = word.ends_with(".yml") ? word.substr(0, word.size() - 4) : word;
  for (const auto& folder : folders()) {
    const auto file = folder / (name + ".yml");
    if (is_name && !name.empty() && fs::is_regular_file(file, unknown)) return file.string();
  }
  const auto names = shipped_names();
  const auto close = closest(fs::path(name).filename().string(), names);
  return fail({ErrorKind::invalid, "runbook " + word, "is neither a file nor a runbook that is shipped",
               fmt::format("{}", fmt::join(names, ", ")), "",
               close.empty() ? "name a file, or one of those" : fmt::format("did you mean {}?", close), ""});
}

}  // namespace pgcleave::app
