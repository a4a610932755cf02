#include "journal/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "base/version.h"

namespace pgcleave::journal {
namespace {

constexpr int application_id = 0x70676c76;  // "pglv"; file(1) and sqlite3 show it
// Of tables, triggers and what events mean: raised when an older program would misread the file.
constexpr int schema_number = 1;
constexpr std::int64_t tail_events = 64;
constexpr std::int64_t quick_check_pages = 1024;

// No index: an append inside a window then writes one page instead of three, and there is no second copy whose damage
// the chain would not show. A hundred thousand events are read in a tenth of a second. The trigger on INSERT is also
// what stops INSERT OR REPLACE, which fires no DELETE trigger.
constexpr const char* schema = R"(
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  mono_us INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_comes_last BEFORE INSERT ON event
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
)";
constexpr const char* triggers_sql =
    "SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'event' AND (type = 'trigger' AND name IN "
    "('event_is_never_changed', "
    "'event_is_never_removed', 'event_comes_last') OR type = 'table')";

Error invalid(const std::string& path, const std::string& what, const std::string& expected, const std::string& seen,
              const std::string& hint) {
  return Error{ErrorKind::invalid, path, what, expected, seen, hint, ""};
}

const char* const keep_it = "keep the file as evidence and give another path for the journal";

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int number = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return fail(
      {ErrorKind::failed, folder.string(), "the folder can't be written to disk", "", std::strerror(number), "", ""});
}

Result<void> make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || exists(folder.string())) return {};
  TRY(make_folder(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(invalid(folder.string(), "the journal's folder can't be created", "", std::strerror(errno), ""));
  }
  return sync_folder(folder.parent_path());
}

// Moved or removed while it was in use: what was written last is in its log. SQLite would take that for the new file's
// own (https://sqlite.org/howtocorrupt.html, 1.4), and what goes back into the log's place would be missing from the
// old file.
Result<void> no_log_is_left(const std::string& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    struct stat info{};
    if (::lstat((path + suffix).c_str(), &info) != 0 || info.st_size == 0) continue;
    return fail(invalid(path, "the journal's file has gone, and its log is still there", "both, or neither",
                        path + suffix,
                        "bring the file back to its place; if it is lost, keep the log as evidence, elsewhere"));
  }
  return {};
}

// Under another name first: whatever dies meanwhile, a file at `path` is a whole journal. An empty one is a damaged
// one.
Result<void> create(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  TRY(no_log_is_left(path));
  TRY(make_folder(folder));
  const std::string draft = fmt::format("{}.new-{}-{}", path, ::getpid(), utc_now_us());
  const int fd = ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(
        invalid(path, "the journal can't be created", "a folder that this user may write", std::strerror(errno), ""));
  ::close(fd);
  auto made = [&]() -> Result<void> {
    TRY_ASSIGN(const auto database, Database::open(draft, Access::create));
    TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL"));
    TRY(database.execute(fmt::format("BEGIN; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", schema,
                                     application_id, schema_number)));
    // Closing it does the same, and tells nobody when it fails.
    return database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }();
  // EEXIST: somebody else created it meanwhile, which is as good.
  if (made && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    made = fail(invalid(path, "the journal can't be created", "", std::strerror(errno), ""));
  }
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((draft + suffix).c_str());
  if (made) made = sync_folder(folder);
  return made;
}

Result<void> check_file(const std::string& path, bool to_write) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0)
    return fail(invalid(path, "the journal can't be reached", "", std::strerror(errno), ""));
  if (!S_ISREG(info.st_mode))
    return fail(invalid(path, "is no journal", "a regular file", "something else", "give another path"));
  if (info.st_size == 0)
    return fail(invalid(path, "the journal is damaged", "a SQLite file", "an empty file", keep_it));
  if (to_write && ::geteuid() != 0 && info.st_uid != ::geteuid()) {
    return fail(invalid(path, "the journal belongs to another user", fmt::format("uid {}", ::geteuid()),
                        fmt::format("uid {}", info.st_uid), "run as that user, or give another path"));
  }
  if (::access(path.c_str(), to_write ? R_OK | W_OK : R_OK) != 0) {
    return fail(invalid(path, to_write ? "the journal can't be written" : "the journal can't be read", "",
                        std::strerror(errno), "look at the modes of the file and its folder"));
  }
  return {};
}

// Of the program that wrote to it last, for people; "" where that can't be read, as in a schema that is not known.
std::string written_by(const Database& database) {
  constexpr const char* last_one =
      "SELECT json_extract(data, '$.version') FROM event WHERE type IN ('run.begun', 'run.resumed') ORDER BY seq DESC "
      "LIMIT 1";
  return database.value(last_one).value_or("");
}

Error of_another_schema(const Database& database, const std::string& path, const std::string& number) {
  const auto expected = fmt::format("schema {}, of pgcleave {}", schema_number, version());
  const auto writer = written_by(database);
  const auto seen = fmt::format("schema {}{}", number, writer.empty() ? "" : ", last written by pgcleave " + writer);
  const bool newer = std::stoll(number) > schema_number;
  return invalid(path,
                 newer ? "the journal has a newer schema than this pgcleave knows"
                       : "the journal's schema is not known to this pgcleave",
                 expected, seen,
                 newer ? "use the pgcleave that wrote it or a newer one; nothing was changed in the file" : keep_it);
}

Result<void> check_format(const Database& database, const std::string& path) {
  TRY_ASSIGN(const auto application, database.value("PRAGMA application_id"));
  if (application != std::to_string(application_id)) {
    return fail(invalid(path, "is another program's database", fmt::format("application_id {}", application_id),
                        application, "give another path"));
  }
  TRY_ASSIGN(const auto number, database.value("PRAGMA user_version"));
  if (number != std::to_string(schema_number)) return fail(of_another_schema(database, path, number));
  TRY_ASSIGN(const auto parts, database.value(triggers_sql));
  if (parts != "4")
    return fail(invalid(path, "the journal is damaged", "its table and the triggers that protect it", parts + " of 4",
                        keep_it));
  TRY_ASSIGN(const auto mode, database.value("PRAGMA journal_mode"));
  if (mode == "wal") return {};
  return fail(invalid(path, "the journal is not in WAL mode", "wal", mode,
                      "sqlite3 '" + path + "' 'PRAGMA journal_mode = WAL'"));
}

// The whole of a small file, the end of a large one: opening stays quick. verify_chain reads everything.
Result<void> check_content(const Database& database, const std::string& path) {
  TRY_ASSIGN(const auto pages, database.value("PRAGMA page_count"));
  if (std::stoll(pages) <= quick_check_pages) {
    TRY_ASSIGN(const auto answer, database.value("PRAGMA quick_check(1)"));
    if (answer != "ok") return fail(invalid(path, "the journal is damaged", "", answer, keep_it));
  }
  TRY_ASSIGN(const auto last, database.value("SELECT coalesce(max(seq), 0) FROM event"));
  return check_chain(database, path, std::max<std::int64_t>(0, std::stoll(last) - tail_events))
      .map_error([](Error error) {
        if (error.kind == ErrorKind::failed) error.kind = ErrorKind::invalid;
        return error;
      });
}

Result<Database> open_checked(const std::string& path, Access access, Deadline deadline) {
  TRY(check_file(path, access == Access::write));
  TRY_ASSIGN(auto database, Database::open(path, access));
  database.wait_at_most(deadline.left());
  TRY(check_format(database, path));
  TRY(check_content(database, path));
  return database;
}

}  // namespace

Result<Database> open_file(const std::string& path, Deadline deadline) {
  if (!exists(path)) TRY(create(path));
  TRY_ASSIGN(auto database, open_checked(path, Access::write, deadline));
  // Moving the log into the file costs two fsyncs. That belongs here and not, unasked, into an append inside a window.
  TRY(database.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(PASSIVE)"));
  return database;
}

Result<void> must_exist(const std::string& path) {
  if (exists(path)) return {};
  return fail({ErrorKind::not_ready, path, "there is no journal", "the file that `pgcleave run` writes", "nothing",
               "give its path", ""});
}

Result<Database> open_file_to_read(const std::string& path, Deadline deadline) {
  TRY(must_exist(path));
  TRY_ASSIGN(auto database, open_checked(path, Access::read, deadline));
  database.keep_log();
  TRY(database.execute("PRAGMA query_only = ON"));
  return database;
}

std::string hash_of(const std::string& previous, const Event& event, const std::string& data) {
  return sha256(fmt::format("{}\n{}\n{}\n{}\n{}", previous, event.run, event.at_us, event.type, data));
}

Result<void> check_chain(const Database& database, const std::string& path, std::int64_t after_seq) {
  TRY_ASSIGN(auto rows,
             database.prepare("SELECT seq, run, at_us, type, data, hash FROM event WHERE seq >= ? ORDER BY seq"));
  rows.bind(1, after_seq);
  std::int64_t expected_seq = std::max<std::int64_t>(after_seq, 1);
  std::string previous;
  while (true) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return {};
    const Event event{rows.integer(0), rows.text(1), rows.integer(2), 0, rows.text(3), {}, rows.text(5)};
    const std::string name = fmt::format("event {} ({} of run {})", event.seq, event.type, event.run);
    if (event.seq != expected_seq) {
      return fail({ErrorKind::failed, path, "the journal's chain is broken: events are missing before " + name,
                   fmt::format("event {}", expected_seq), fmt::format("event {}", event.seq), keep_it, ""});
    }
    // The first of a tail only lends its hash.
    const bool whole = event.seq > after_seq;
    if (const auto hash = hash_of(previous, event, rows.text(4)); whole && hash != event.hash) {
      return fail({ErrorKind::failed, path, "the journal's chain is broken at " + name, "hash " + hash,
                   "hash " + event.hash, keep_it, ""});
    }
    previous = event.hash;
    ++expected_seq;
  }
}

}  // namespace pgcleave::journal
