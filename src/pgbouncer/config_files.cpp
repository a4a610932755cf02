#include "pgbouncer/config_files.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace pgcleave::pgbouncer {
namespace {

// "main section missing from config file": it does not start, and a RELOAD takes databases and settings but counts as
// failed (1.18).
Result<void> check_main_section(const ConfigFile& file) {
  for (const auto& name : file.files()) {
    TRY_ASSIGN(const auto lines, scan_ini(name, file.text_of(name)));
    for (const auto& line : lines) {
      if (line.kind == IniLine::Kind::section && line.name == "pgbouncer") return {};
    }
  }
  return fail({ErrorKind::invalid, file.files().front(),
               "has no section [pgbouncer], nor have the files that it includes", "[pgbouncer]", "",
               "PgBouncer does not start with such a file", ""});
}

std::string kept_beside(const std::string& path) {
  return path + ".pgcleave-kept";
}

// Not the name of the next text, which stays.
std::string trial_beside(const std::string& path) {
  return path + ".pgcleave-trial";
}

// The line with the mark and the one behind it.
std::string without_trial(const std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return text;
  const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  auto end = text.find('\n', at);
  if (end != std::string::npos) end = text.find('\n', end + 1);
  return text.substr(0, begin) + (end == std::string::npos ? "" : text.substr(end + 1));
}

}  // namespace

ConfigFiles::ConfigFiles(std::string config, std::vector<std::string> shell, WorkingFolder working_folder)
    : config_(std::move(config)), place_(std::move(shell)), working_folder_(std::move(working_folder)) {}

Result<void> ConfigFiles::open(Deadline deadline) {
  TRY(place_.open(deadline));
  if (!real_.empty()) return {};
  TRY_ASSIGN(real_, place_.resolve(config_, deadline));
  return {};
}

Result<std::string> ConfigFiles::real(const std::string& name, Deadline deadline) {
  TRY(open(deadline));
  if (name == real_) return name;
  auto path = name;
  if (path.empty() || path.front() != '/') {
    if (folder_.empty()) {
      TRY_ASSIGN(folder_, working_folder_(place_));
    }
    path = folder_ + "/" + path;
  }
  const auto known = reals_.find(path);
  if (known != reals_.end()) return known->second;
  TRY_ASSIGN(auto real, place_.resolve(path, deadline));
  reals_[path] = real;
  return real;
}

Result<std::string> ConfigFiles::staged(const std::string& name, Deadline deadline) {
  TRY_ASSIGN(const auto path, real(name, deadline));
  return path + ".pgcleave";
}

Result<bool> ConfigFiles::is_same_file(const std::string& other, Deadline deadline) {
  TRY(open(deadline));
  return place_.is_same_file(real_, other, deadline);
}

Result<std::string> ConfigFiles::why_not_writable(const ConfigFile& file, const std::string& database,
                                                  Deadline deadline) {
  TRY_ASSIGN(const auto path, real(file.file_of(database).value_or(real_), deadline));
  return place_.why_not_writable(path, deadline);
}

Result<ConfigFile> ConfigFiles::read(Deadline deadline) {
  TRY(open(deadline));
  if (known_.empty()) known_ = {real_};
  std::vector<std::string> names;
  std::vector<std::string> paths;
  for (const auto& name : known_) {
    const auto path = real(name, deadline);
    if (!path) continue;  // it may not be included any more
    names.push_back(name);
    paths.push_back(*path);
  }
  TRY_ASSIGN(auto texts, place_.read(paths, deadline));
  const auto include = [&](const std::string& name) -> Result<std::string> {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return texts[static_cast<std::size_t>(found - names.begin())];
    TRY_ASSIGN(const auto path, real(name, deadline));
    TRY_ASSIGN(auto one, place_.read({path}, deadline));
    return std::move(one.front());
  };
  TRY(texts.front());
  TRY_ASSIGN(auto file, ConfigFile::parse(real_, *texts.front(), include));
  TRY(check_main_section(file));
  known_ = file.files();
  return file;
}

Result<void> ConfigFiles::stage(const ConfigFile& file, const std::vector<FileText>& texts, Deadline deadline) {
  for (const auto& name : file.files()) {
    const auto text = std::find_if(texts.begin(), texts.end(), [&](const auto& one) { return one.path == name; });
    TRY_ASSIGN(const auto beside, staged(name, deadline));
    TRY_ASSIGN(const auto path, real(name, deadline));
    if (text == texts.end()) TRY(place_.remove(beside, deadline));
    if (text != texts.end()) TRY(place_.write(beside, text->text, path, deadline));
  }
  return {};
}

Result<void> ConfigFiles::is_staged(const std::vector<FileText>& texts, Deadline deadline) {
  std::vector<std::string> paths;
  for (const auto& text : texts) {
    TRY_ASSIGN(const auto path, staged(text.path, deadline));
    paths.push_back(path);
  }
  if (paths.empty()) return {};
  TRY_ASSIGN(const auto seen, place_.read(paths, deadline));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (seen[i] && *seen[i] == texts[i].text) continue;
    Error out{
        seen[i] ? ErrorKind::conflict : ErrorKind::not_ready, "", "", paths[i], seen[i] ? "" : "no such file", "", ""};
    if (!seen[i]) return fail(out);
    out.what = fmt::format("{} was changed since its next text was staged", texts[i].path);
    out.expected = fmt::format("the text that {} was made from", paths[i]);
    out.seen = "another text";
    return fail(out);
  }
  return {};
}

Result<void> ConfigFiles::put_in_place(const std::vector<FileText>& texts, Deadline deadline) {
  for (const auto& text : texts) {
    TRY_ASSIGN(const auto beside, staged(text.path, deadline));
    TRY_ASSIGN(const auto path, real(text.path, deadline));
    TRY(place_.rename(beside, path, deadline));
  }
  return {};
}

Result<void> ConfigFiles::discard(Deadline deadline) {
  TRY(open(deadline));
  const auto file = read(deadline);
  for (const auto& name : file ? file->files() : std::vector{real_}) {
    TRY_ASSIGN(const auto beside, staged(name, deadline));
    TRY(place_.remove(beside, deadline));
  }
  return {};
}

Result<void> ConfigFiles::begin_trial(const FileText& trial, Deadline deadline) {
  TRY_ASSIGN(const auto path, real(trial.path, deadline));
  const auto beside = trial_beside(path);
  TRY(place_.write(beside, trial.text, path, deadline));
  return place_.rename_and_keep(beside, path, kept_beside(path), deadline);
}

Result<bool> ConfigFiles::end_trials(const std::string& mark, Deadline deadline) {
  TRY(open(deadline));
  bool put_back = false;
  const auto file = read(deadline);
  for (const auto& name : file ? file->files() : std::vector{real_}) {
    TRY_ASSIGN(const auto path, real(name, deadline));
    TRY(place_.remove(trial_beside(path), deadline));
    TRY_ASSIGN(const bool kept, place_.is_there(kept_beside(path), deadline));
    if (!kept) continue;
    TRY_ASSIGN(const auto texts, place_.read({path, kept_beside(path)}, deadline));
    TRY(texts.front());
    TRY(texts.back());
    const auto without = without_trial(*texts.front(), mark);
    // Somebody edited the file meanwhile: the edit stays. Where the trial is gone with it nothing is left to be done.
    const bool edited =
        without != *texts.back() && without != *texts.back() + "\n" && without != *texts.back() + "\r\n";
    if (edited && without != *texts.front()) {
      TRY(place_.write(trial_beside(path), without, path, deadline));
      TRY(place_.rename(trial_beside(path), path, deadline));
    }
    if (edited) {
      TRY(place_.remove(kept_beside(path), deadline));
    } else {
      TRY(place_.rename(kept_beside(path), path, deadline));
    }
    put_back = put_back || without != *texts.front();
  }
  return put_back;
}

}  // namespace pgcleave::pgbouncer
