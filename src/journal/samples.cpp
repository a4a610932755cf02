#include "journal/samples.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "base/file.h"
#include "base/format.h"
#include "base/side_thread.h"
#include "journal/database.h"

namespace pgcleave::journal {
namespace {

constexpr int samples_application_id = 0x70676c73;  // "pgls"
constexpr int format_version = 1;
constexpr Duration longest_call = std::chrono::seconds(1);
constexpr Duration longest_search = std::chrono::minutes(1);
constexpr Duration samples_linger = std::chrono::hours(24 * 365);

// A series' name is kept once: a sample then takes some twenty bytes.
constexpr const char* samples_schema = R"(
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (run, scope, name)
) STRICT;
CREATE TABLE value (
  at_us INTEGER NOT NULL,
  series INTEGER NOT NULL REFERENCES series,
  value REAL NOT NULL,
  PRIMARY KEY (at_us, series)
) STRICT, WITHOUT ROWID;
CREATE VIEW sample AS SELECT at_us, run, scope, name, value FROM value JOIN series ON series.id = value.series;
)";

// database.cpp speaks of the journal.
Error of_samples(Error error, const std::string& path) {
  const std::string word = "journal";
  if (const auto at = error.what.find(word); at != std::string::npos)
    error.what.replace(at, word.size(), "samples' file");
  if (error.object.empty()) error.object = path;
  return error;
}

Error not_samples(const std::string& path, const std::string& what, const std::string& expected,
                  const std::string& seen) {
  return {ErrorKind::invalid, path, what, expected, seen, "remove or rename the file: it holds samples only", ""};
}

Result<void> check_samples_format(const Database& database, const std::string& path) {
  TRY_ASSIGN(const auto application, database.value("PRAGMA application_id"));
  if (application != std::to_string(samples_application_id))
    return fail(not_samples(path, "is another program's database",
                            fmt::format("application_id {}", samples_application_id), application));
  TRY_ASSIGN(const auto version, database.value("PRAGMA user_version"));
  if (version == std::to_string(format_version)) return {};
  return fail(not_samples(path, "the samples' format is not known to this pgcleave",
                          fmt::format("format {}", format_version), "format " + version));
}

// Whoever comes first writes the schema; the others find it.
Result<void> create_samples(const Database& database) {
  TRY(database.execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE"));
  TRY_ASSIGN(const auto version, database.value("PRAGMA user_version"));
  TRY_ASSIGN(const auto tables, database.value("SELECT count(*) FROM sqlite_schema"));
  if (version == "0" && tables == "0") {
    TRY(database.execute(fmt::format("{} PRAGMA application_id = {}; PRAGMA user_version = {}", samples_schema,
                                     samples_application_id, format_version)));
  }
  return database.execute("COMMIT");
}

// SQLite does not wait for who else is just turning a new file to WAL (3.40): it says busy at once.
Result<void> create_samples_by(const Database& database, Deadline deadline) {
  Result<void> created;
  TRY(wait_until("the samples' file is free", deadline, std::chrono::milliseconds(5), nullptr, [&]() -> Result<bool> {
    created = create_samples(database);
    return created.has_value() || created.error().kind != ErrorKind::timed_out;
  }));
  return created;
}

Result<void> make_file(const std::string& path) {
  if (exists(path)) return {};
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 && errno != EEXIST) {
    return fail({ErrorKind::invalid, path, "the samples' file can't be created", "", std::strerror(errno), "", ""});
  }
  if (fd >= 0) ::close(fd);
  return {};
}

Result<Database> opened_samples(const std::string& path, Access access, Deadline deadline) {
  TRY_ASSIGN(auto database, Database::open(path, access));
  database.wait_at_most(deadline.left());
  if (access == Access::write) TRY(create_samples_by(database, deadline));
  TRY(check_samples_format(database, path));
  return database;
}

}  // namespace

// What is done with the file, by one thread at a time.
struct OpenSamples {
  std::string path;
  Database database;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> series = {};

  OpenSamples(std::string where, Database opened) : path(std::move(where)), database(std::move(opened)) {}
  OpenSamples(const OpenSamples&) = delete;
  OpenSamples& operator=(const OpenSamples&) = delete;
  ~OpenSamples() { database.await_file_system(); }

  Result<void> append(const std::vector<Sample>& samples);
  [[nodiscard]] Result<std::vector<Sample>> between(std::int64_t from_us, std::int64_t to_us) const;

  Result<std::int64_t> series_of(const Sample& sample) {
    const auto key = std::make_tuple(sample.run, sample.scope, sample.name);
    if (const auto known = series.find(key); known != series.end()) return known->second;
    TRY_ASSIGN(auto insert,
               database.prepare("INSERT INTO series (run, scope, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"));
    TRY(insert.bind(1, sample.run).bind(2, sample.scope).bind(3, sample.name).step());
    TRY_ASSIGN(auto select, database.prepare("SELECT id FROM series WHERE run = ? AND scope = ? AND name = ?"));
    TRY(select.bind(1, sample.run).bind(2, sample.scope).bind(3, sample.name).step());
    return series[key] = select.integer(0);
  }

  Result<void> write(const std::vector<Sample>& samples) {
    TRY_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO value VALUES (?, ?, ?)"));
    for (const auto& sample : samples) {
      TRY_ASSIGN(const auto id, series_of(sample));
      TRY(insert.bind(1, sample.at_us).bind(2, id).bind_real(3, sample.value).step());
    }
    return database.execute("COMMIT");
  }
};

Result<void> OpenSamples::append(const std::vector<Sample>& samples) {
  database.await_file_system();
  database.roll_back();  // what an earlier one could not
  auto written = database.execute("BEGIN IMMEDIATE");
  if (written) written = write(samples);
  if (written) return {};
  database.roll_back();
  series.clear();  // some may have gone with the transaction
  return fail(of_samples(written.error(), path));
}

Result<std::vector<Sample>> OpenSamples::between(std::int64_t from_us, std::int64_t to_us) const {
  database.await_file_system();
  auto rows = database.prepare(
      "SELECT at_us, run, scope, name, value FROM sample WHERE at_us BETWEEN ? AND ? ORDER BY at_us, scope, name");
  if (!rows) return fail(of_samples(rows.error(), path));
  rows->bind(1, from_us).bind(2, to_us);
  std::vector<Sample> samples;
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(of_samples(row.error(), path));
    if (!*row) return samples;
    samples.push_back({rows->integer(0), rows->text(1), rows->text(2), rows->text(3), rows->real(4)});
  }
}

namespace {

Result<std::shared_ptr<OpenSamples>> open_to_write(const std::string& path, Deadline deadline) {
  TRY(make_file(path));
  auto database = opened_samples(path, Access::write, deadline);
  if (!database) return fail(of_samples(database.error(), path));
  if (const auto set = database->execute("PRAGMA synchronous = OFF"); !set) return fail(of_samples(set.error(), path));
  return std::make_shared<OpenSamples>(path, std::move(*database));
}

Result<std::shared_ptr<OpenSamples>> open_for_reading(const std::string& path, Deadline deadline) {
  if (!exists(path)) {
    return fail({ErrorKind::not_ready, path, "there are no samples",
                 "the file that `pgcleave track` and `pgcleave run` write", "nothing", "", ""});
  }
  auto database = opened_samples(path, Access::read, deadline);
  if (!database) return fail(of_samples(database.error(), path));
  database->keep_log();
  return std::make_shared<OpenSamples>(path, std::move(*database));
}

}  // namespace

std::string samples_path(const std::string& journal_path) {
  return journal_path + ".samples";
}

// A file system that hangs holds up a thread of its own.
struct Samples::State {
  explicit State(std::string where) : path(std::move(where)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    thread.run([file = std::move(file)]() mutable { file.reset(); }, Deadline::in(longest_call));
  }

  template <class Value>
  Result<Value> ask(const std::function<Result<Value>()>& question, Duration at_most) {
    const auto answer = std::make_shared<std::optional<Result<Value>>>();
    if (thread.run([=] { answer->emplace(question()); }, Deadline::in(at_most))) return std::move(**answer);
    return fail({ErrorKind::failed, path, "the file system of the samples' file does not answer", "", "", "", ""});
  }

  std::string path;
  std::shared_ptr<OpenSamples> file;
  Duration longest = longest_call;  // what SQLite waits for another process's lock is in it
  SideThread thread{samples_linger};
};

Samples::Samples(std::unique_ptr<State> state) : state_(std::move(state)) {}
Samples::Samples(Samples&&) noexcept = default;
Samples& Samples::operator=(Samples&&) noexcept = default;
Samples::~Samples() = default;

Result<Samples> Samples::open(const std::string& path, Deadline deadline) {
  return opened_by([=] { return open_to_write(path, deadline); }, path, deadline);
}

Result<Samples> Samples::open_to_read(const std::string& path, Deadline deadline) {
  return opened_by([=] { return open_for_reading(path, deadline); }, path, deadline);
}

Result<Samples> Samples::opened_by(const std::function<Result<std::shared_ptr<OpenSamples>>()>& open,
                                   const std::string& path, Deadline deadline) {
  auto state = std::make_unique<State>(path);
  state->longest = deadline.left() + longest_call;
  TRY_ASSIGN(state->file, state->ask<std::shared_ptr<OpenSamples>>(open, state->longest));
  return Samples(std::move(state));
}

Result<void> Samples::append(const std::vector<Sample>& samples) {
  return state_->ask<void>([samples, file = state_->file] { return file->append(samples); }, state_->longest);
}

Result<std::vector<Sample>> Samples::between(std::int64_t from_us, std::int64_t to_us) const {
  return state_->ask<std::vector<Sample>>([=, file = state_->file] { return file->between(from_us, to_us); },
                                          longest_search);
}

}  // namespace pgcleave::journal
