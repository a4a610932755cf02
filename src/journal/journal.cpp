#include "journal/journal.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/format.h"
#include "journal/journal_file.h"

namespace pgcleave::journal {
namespace {

// Another process's append lasts as long as one fsync. Longer than this, and something is wrong with the disk or the process.
constexpr Duration longest_wait_for_writer = std::chrono::seconds(2);

bool is_word(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; });
}

Event event_of(const Statement& row) {
  // What is damaged is left empty; verify_chain says where.
  Event event{row.integer(0), row.text(1), plausible_us(row.integer(2)), plausible_us(row.integer(3)), row.text(4), {}, row.text(6)};
  event.data = Json::parse(row.text(5), nullptr, false);
  if (event.data.is_discarded()) event.data = nullptr;
  return event;
}

Result<std::vector<Event>> all(Statement rows) {
  std::vector<Event> events;
  while (true) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return events;
    events.push_back(event_of(rows));
  }
}

}  // namespace

std::int64_t plausible_us(std::int64_t us) {
  constexpr std::int64_t end_of_9999 = 253'402'300'800'000'000;
  return us >= 0 && us < end_of_9999 ? us : 0;
}

struct Journal::State {
  std::string path;
  Database database;
  bool writable = false;
  bool disk = true;  // synchronous = FULL
  std::optional<Error> closed;
  std::optional<Statement> last;
  std::optional<Statement> insert;
  mutable std::mutex one_at_a_time;

  Result<void> prepare() {
    TRY(database.execute("PRAGMA synchronous = FULL"));
    database.wait_at_most(longest_wait_for_writer);
    TRY_ASSIGN(auto last_statement, database.prepare("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"));
    TRY_ASSIGN(auto insert_statement, database.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)"));
    last.emplace(std::move(last_statement));
    insert.emplace(std::move(insert_statement));
    writable = true;
    return {};
  }

  // https://sqlite.org/pragma.html#pragma_synchronous: in WAL mode FULL syncs the log after each commit; NORMAL does not, so
  // that a commit survives the process but not a power loss. The sync is of the whole log file, so the next FULL commit takes
  // along what was committed before it, by whichever process. It can't be switched inside a transaction.
  Result<void> set(Durability durability) {
    const bool wanted = durability == Durability::disk;
    if (wanted == disk) return {};
    TRY(database.execute(wanted ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
    disk = wanted;
    return {};
  }

  Result<void> write(Event& event, const std::string& data) {
    TRY_ASSIGN(const bool row, last->step());
    event.seq = row ? last->integer(0) + 1 : 1;
    event.hash = hash_of(row ? last->text(1) : "", event, data);
    if (row) TRY(last->step());
    insert->bind(1, event.seq).bind(2, event.run).bind(3, event.at_us).bind(4, event.mono_us);
    insert->bind(5, event.type).bind(6, data).bind(7, event.hash);
    TRY(insert->step());
    return database.execute("COMMIT");
  }

  // After a failed write or fsync nobody knows what the disk holds, and asking again would be answered from memory.
  Error close(Error error) {
    error.hint = "no further step is taken; free or repair the disk, then `pgcleave resume`";
    closed = error;
    database.roll_back();
    database.keep_log();
    return error;
  }
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<Journal> Journal::open(const std::string& path, Deadline deadline) {
  TRY_ASSIGN(auto database, open_file(path, deadline));
  std::unique_ptr<State> state(new State{path, std::move(database)});
  TRY(state->prepare());
  return Journal(std::move(state));
}

Result<Journal> Journal::open_existing(const std::string& path, Deadline deadline) {
  TRY(must_exist(path));
  return open(path, deadline);
}

Result<Journal> Journal::open_to_read(const std::string& path, Deadline deadline) {
  TRY_ASSIGN(auto database, open_file_to_read(path, deadline));
  return Journal(std::unique_ptr<State>(new State{path, std::move(database)}));
}

Result<Event> Journal::append(const std::string& run, const std::string& type, const Json& data, Durability durability) {
  const std::lock_guard lock(state_->one_at_a_time);
  auto& state = *state_;
  if (!state.writable) return fail({ErrorKind::invalid, state.path, "the journal was opened to be read", "", "", "", ""});
  if (state.closed) {
    return fail({ErrorKind::failed, state.path, "the journal is closed to writing", "", "an earlier error: " + state.closed->what,
                 state.closed->hint, ""});
  }
  if (!is_word(run) || !is_word(type)) {
    return fail(
        {ErrorKind::invalid, state.path, "an event needs a run and a type without control characters", "", run + " " + type, "", ""});
  }
  if (state.database.moved()) {
    return fail(state.close({ErrorKind::failed, state.path, "the journal's file was replaced, renamed or removed", "", "", "", ""}));
  }
  const std::string text = to_text(data);
  if (auto ready = state.set(durability); !ready) return fail(state.close(ready.error()));
  if (auto begun = state.database.execute("BEGIN IMMEDIATE"); !begun) {
    // Nothing was written yet: another process that is slow does not make this journal unfit.
    return fail(begun.error().kind == ErrorKind::timed_out ? begun.error() : state.close(begun.error()));
  }
  const auto mono_us = std::chrono::duration_cast<std::chrono::microseconds>(Monotonic::now().time_since_epoch()).count();
  Event event{0, run, utc_now_us(), mono_us, type, data, ""};
  if (auto written = state.write(event, text); !written) return fail(state.close(written.error()));
  return event;
}

Result<std::vector<Event>> Journal::events(const std::string& run, std::int64_t after_seq) const {
  const std::lock_guard lock(state_->one_at_a_time);
  TRY_ASSIGN(auto rows, state_->database.prepare("SELECT * FROM event WHERE run = ? AND seq > ? ORDER BY seq"));
  rows.bind(1, run).bind(2, after_seq);
  return all(std::move(rows));
}

Result<std::vector<Event>> Journal::events_of_type(const std::string& type) const {
  const std::lock_guard lock(state_->one_at_a_time);
  TRY_ASSIGN(auto rows, state_->database.prepare("SELECT * FROM event WHERE type = ? ORDER BY seq"));
  rows.bind(1, type);
  return all(std::move(rows));
}

Result<void> Journal::verify_chain() const {
  const std::lock_guard lock(state_->one_at_a_time);
  TRY_ASSIGN(const auto answer, state_->database.value("PRAGMA quick_check(1)"));
  if (answer != "ok") return fail({ErrorKind::failed, state_->path, "the journal is damaged", "", answer, "", ""});
  return check_chain(state_->database, state_->path, 0);
}

Result<std::string> Journal::head() const {
  const std::lock_guard lock(state_->one_at_a_time);
  return state_->database.value("SELECT hash FROM event ORDER BY seq DESC LIMIT 1");
}

const std::string& Journal::path() const {
  return state_->path;
}

}  // namespace pgcleave::journal
