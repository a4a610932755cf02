#include "config/service.h"

#include <cstdlib>
#include <optional>
#include <sstream>
#include <vector>

#include "base/file.h"
#include "base/format.h"
#include "config/problems.h"

namespace pgcleave::config {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> service_files() {
  std::vector<std::string> files;
  const auto own = variable("PGSERVICEFILE");
  const auto home = variable("HOME");
  if (!own.empty()) files.push_back(own);
  if (own.empty() && !home.empty()) files.push_back(home + "/.pg_service.conf");
  const auto folder = variable("PGSYSCONFDIR");
  files.push_back((folder.empty() ? "/etc/postgresql-common" : folder) + "/pg_service.conf");
  return files;
}

std::string without_blanks(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r\v\f");
  const auto last = line.find_last_not_of(" \t\r\v\f");
  return first == std::string::npos ? "" : line.substr(first, last - first + 1);
}

// The lines below [name] up to the next section; none: it is not there. The first of a key counts, as in libpq.
Result<std::optional<Service>> service_in(const std::string& file, const std::string& text, const std::string& name) {
  std::optional<Service> found;
  int number = 0;
  std::istringstream stream(text);
  for (std::string each; std::getline(stream, each);) {
    ++number;
    const auto line = without_blanks(each);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      if (found) return found;
      if (line == "[" + name + "]") found = Service{{}, file};
      continue;
    }
    if (!found) continue;
    const auto equals = line.find('=');
    const bool ldap = line.starts_with("ldap:") || line.starts_with("ldaps:");
    if (ldap || equals == 0 || equals == std::string::npos) {
      // The line is not shown: it may hold a password.
      const auto* what = ldap ? "an address of LDAP is not looked up here" : "this line is no key=value";
      return fail({ErrorKind::invalid, "", fmt::format("service {}, {}:{}: {}", shown(name), file, number, what), "",
                   "", "write key=value there, or the keys into the environment file", ""});
    }
    found->values.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return found;
}

}  // namespace

Result<Service> read_service(const std::string& name) {
  std::string looked_at;
  for (const auto& file : service_files()) {
    if (!looked_at.empty()) looked_at += ", ";
    looked_at += file;
    if (!exists(file)) {
      looked_at += " (not there)";
      continue;
    }
    const auto text = read_file(file);
    if (!text) {
      return fail({ErrorKind::invalid, "", fmt::format("service {}: {}: {}", shown(name), file, text.error().what), "",
                   "", text.error().seen.empty() ? "" : "the system says: " + text.error().seen, ""});
    }
    auto found = service_in(file, *text, name);
    if (!found) return fail(found.error());
    if (*found) return std::move(**found);
  }
  return fail({ErrorKind::invalid, "", fmt::format("there is no service {} in {}", shown(name), looked_at), "", "",
               fmt::format("write a section [{}] there, or name another file by PGSERVICEFILE", shown(name)), ""});
}

}  // namespace pgcleave::config
