// PgBouncer's config file, as somebody wrote it.
#include "pgbouncer/config_file.h"
#include "target.h"

using namespace pgcleave;

namespace {

// Repointing and pointing back leaves every byte as it was, if the entry had both keys.
void there_and_back(const pgbouncer::ConfigFile& file, const std::string& name) {
  const auto entry = file.database(name);
  const auto route = file.route(name);
  if (file.files().size() > 50) return;  // each of them is the same text
  if (!entry || !route || !entry->contains("host") || !entry->contains("port")) return;
  const auto moved = file.with_route(name, {"10.0.0.7", 6543});
  if (!moved) return;
  const auto include = [&](const std::string& other) -> Result<std::string> {
    return other == moved->path ? moved->text : file.text_of(other);
  };
  const auto other = pgbouncer::ConfigFile::parse("pgbouncer.ini", *include("pgbouncer.ini"), include);
  fuzz::require(other.has_value(), "a file that was repointed can be read");
  fuzz::require(other->route(name) == pgbouncer::Route{"10.0.0.7", 6543},
                "a file that was repointed has the new route");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto parts = pgbouncer::scan_connection(text);
  if (!parts) fuzz::require_printable(parts.error().text());
  // What stands behind a form feed is a file that any %include names.
  const auto end = text.find('\f');
  const auto main_text = text.substr(0, end);
  const auto included = end == std::string::npos ? "" : text.substr(end + 1);
  const auto file =
      pgbouncer::ConfigFile::parse("pgbouncer.ini", main_text, [&](const std::string&) { return included; });
  if (!file) {
    fuzz::require_printable(file.error().text());
    return 0;
  }
  fuzz::require(file->text() == main_text, "a file keeps its bytes");
  static_cast<void>(file->settings());
  for (const char* name : {"app", "*", "other", ""}) {
    static_cast<void>(file->has_database(name));
    there_and_back(*file, name);
  }
  return 0;
}
