#include "journal/book.h"

#include <algorithm>

#include "journal/journal_file.h"

namespace pgcleave::journal {
namespace {

// Another process's append lasts as long as one fsync. Longer than this, and something is wrong with the disk or the
// process.
constexpr Duration longest_wait_for_writer = std::chrono::seconds(2);

bool is_word(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; });
}

Event event_of(const Statement& row) {
  // What is damaged is left empty; verify_chain says where.
  Event event{row.integer(0), row.text(1), plausible_us(row.integer(2)), plausible_us(row.integer(3)), row.text(4), {},
              row.text(6)};
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

Result<Database> open_database(const std::string& path, bool to_write, Deadline deadline) {
  return to_write ? open_file(path, deadline) : open_file_to_read(path, deadline);
}

}  // namespace

std::int64_t plausible_us(std::int64_t us) {
  constexpr std::int64_t end_of_9999 = 253'402'300'800'000'000;
  return us >= 0 && us < end_of_9999 ? us : 0;
}

Result<std::shared_ptr<Book>> Book::open(const std::string& path, bool to_write, Deadline deadline) {
  TRY_ASSIGN(auto database, open_database(path, to_write, deadline));
  auto book = std::make_shared<Book>(path, std::move(database));
  if (to_write) TRY(book->prepare());
  return book;
}

Result<void> Book::prepare() {
  TRY(database_.execute("PRAGMA synchronous = FULL"));
  database_.wait_at_most(longest_wait_for_writer);
  TRY_ASSIGN(auto last_statement, database_.prepare("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"));
  TRY_ASSIGN(auto insert_statement, database_.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)"));
  last_.emplace(std::move(last_statement));
  insert_.emplace(std::move(insert_statement));
  writable_ = true;
  return {};
}

// https://sqlite.org/pragma.html#pragma_synchronous: in WAL mode FULL syncs the log after each commit; NORMAL does not,
// so that a commit survives the process but not a power loss. The sync is of the whole log file, so the next FULL
// commit takes along what was committed before it, by whichever process. It can't be switched inside a transaction.
Result<void> Book::set(Durability durability) {
  const bool wanted = durability == Durability::disk;
  if (wanted == disk_) return {};
  TRY(database_.execute(wanted ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  disk_ = wanted;
  return {};
}

Result<void> Book::write(Event& event, const std::string& data) {
  TRY_ASSIGN(const bool row, last_->step());
  event.seq = row ? last_->integer(0) + 1 : 1;
  event.hash = hash_of(row ? last_->text(1) : "", event, data);
  if (row) TRY(last_->step());
  insert_->bind(1, event.seq).bind(2, event.run).bind(3, event.at_us).bind(4, event.mono_us);
  insert_->bind(5, event.type).bind(6, data).bind(7, event.hash);
  TRY(insert_->step());
  return database_.execute("COMMIT");
}

// After a failed write or fsync nobody knows what the disk holds, and asking again would be answered from memory.
Error Book::close(Error error) {
  if (error.hint.empty()) error.hint = "no further step is taken; free or repair the disk, then `pgcleave resume`";
  closed_ = error;
  database_.roll_back();
  database_.keep_log();
  return error;
}

Result<void> Book::append(Event& event, const std::string& data, Durability durability) {
  if (!writable_) return fail({ErrorKind::invalid, path_, "the journal was opened to be read", "", "", "", ""});
  if (closed_) {
    return fail({ErrorKind::failed, path_, "the journal is closed to writing", "", "an earlier error: " + closed_->what,
                 closed_->hint, ""});
  }
  if (!is_word(event.run) || !is_word(event.type)) {
    return fail({ErrorKind::invalid, path_, "an event needs a run and a type without control characters", "",
                 event.run + " " + event.type, "", ""});
  }
  database_.await_file_system();
  if (database_.moved()) {
    return fail(
        close({ErrorKind::failed, path_, "the journal's file was replaced, renamed or removed", "", "", "", ""}));
  }
  if (auto ready = set(durability); !ready) return fail(close(ready.error()));
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    // Nothing was written yet: another process that is slow does not make this journal unfit.
    return fail(begun.error().kind == ErrorKind::timed_out ? begun.error() : close(begun.error()));
  }
  if (auto written = write(event, data); !written) return fail(close(written.error()));
  return {};
}

Result<std::vector<Event>> Book::events(const std::string& run, std::int64_t after_seq) const {
  database_.await_file_system();
  TRY_ASSIGN(auto rows, database_.prepare("SELECT * FROM event WHERE run = ? AND seq > ? ORDER BY seq"));
  rows.bind(1, run).bind(2, after_seq);
  return all(std::move(rows));
}

Result<std::vector<Event>> Book::events_of_type(const std::string& type) const {
  database_.await_file_system();
  TRY_ASSIGN(auto rows, database_.prepare("SELECT * FROM event WHERE type = ? ORDER BY seq"));
  rows.bind(1, type);
  return all(std::move(rows));
}

Result<void> Book::verify_chain() const {
  database_.await_file_system();
  TRY_ASSIGN(const auto answer, database_.value("PRAGMA quick_check(1)"));
  if (answer != "ok") return fail({ErrorKind::failed, path_, "the journal is damaged", "", answer, "", ""});
  return check_chain(database_, path_, 0);
}

Result<std::string> Book::head() const {
  database_.await_file_system();
  return database_.value("SELECT hash FROM event ORDER BY seq DESC LIMIT 1");
}

}  // namespace pgcleave::journal
