#include "journal/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

namespace pgcleave::journal {
namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::timed_out;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_PERM: return ErrorKind::invalid;
    default: return ErrorKind::failed;
  }
}

const char* what_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "the journal was locked by another process all the time";
    case SQLITE_CORRUPT: return "the journal is damaged";
    case SQLITE_NOTADB: return "is no journal";
    case SQLITE_CANTOPEN: return "the journal can't be opened";
    case SQLITE_READONLY: return "the journal is read-only";
    case SQLITE_NOMEM: return "there is no memory to read or write the journal";
    case SQLITE_FULL: return "there is no room to write the journal";
    case SQLITE_IOERR: return "the journal's disk failed";
    default: return "the journal's database refused";
  }
}

Error error_of(sqlite3* database, int code, std::string seen) {
  const char* file = sqlite3_db_filename(database, "main");
  if (const int number = sqlite3_system_errno(database); number != 0 && (code & 0xff) == SQLITE_IOERR) {
    seen += ", system error " + std::to_string(number);
  }
  return Error{
      kind_of(code), file == nullptr ? "journal" : file, what_of(code), "", seen, "", "SQLite " + std::to_string(code)};
}

Error last_error_of(sqlite3* database) {
  return error_of(database, sqlite3_extended_errcode(database), sqlite3_errmsg(database));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int number, const std::string& value) {
  if (sqlite3_bind_text64(statement_.get(), number, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) ==
      SQLITE_NOMEM)
    lacks_memory_ = true;
  return *this;
}

Statement& Statement::bind(int number, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), number, value);
  return *this;
}

Statement& Statement::bind_real(int number, double value) {
  sqlite3_bind_double(statement_.get(), number, value);
  return *this;
}

Result<bool> Statement::step() {
  if (lacks_memory_) {
    auto error = error_of(sqlite3_db_handle(statement_.get()), SQLITE_NOMEM, sqlite3_errstr(SQLITE_NOMEM));
    reset();
    return fail(std::move(error));
  }
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  auto error = code == SQLITE_DONE ? Error{} : last_error_of(sqlite3_db_handle(statement_.get()));
  reset();
  if (code == SQLITE_DONE) return false;
  return fail(std::move(error));
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  lacks_memory_ = false;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr && sqlite3_column_type(statement_.get(), column) != SQLITE_NULL) lacks_memory_ = true;
  return text == nullptr ? ""
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

namespace {

// Other errors than a wait are for SQLite to meet.
void touch(const std::string& path) {
  if (!path.empty() && ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0) errno = 0;
}

}  // namespace

Result<Database> Database::open(const std::string& path, Access access) {
  const int flags = access == Access::read
                        ? SQLITE_OPEN_READONLY
                        : SQLITE_OPEN_READWRITE | (access == Access::create ? SQLITE_OPEN_CREATE : 0);
  const auto changed = access == Access::read ? std::string() : path + "-shm";
  touch(changed);
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(opened, changed);
  if (code != SQLITE_OK) {
    const std::string seen = opened == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(opened);
    return fail({kind_of(code), path, what_of(code), "", seen, "", "SQLite " + std::to_string(code)});
  }
  // What stands in the file is not trusted: no functions with side effects in its triggers, no writes to its internal
  // tables.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return database;
}

Result<Statement> Database::prepare(const std::string& sql) const {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) !=
      SQLITE_OK) {
    return fail(last_error_of(database_.get()));
  }
  return Statement(prepared);
}

Result<void> Database::execute(const std::string& sql) const {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(last_error_of(database_.get()));
  return {};
}

Result<std::string> Database::value(const std::string& sql) const {
  TRY_ASSIGN(auto statement, prepare(sql));
  TRY_ASSIGN(const bool row, statement.step());
  if (!row) return std::string();
  auto value = statement.text(0);
  TRY(statement.step());
  return value;
}

void Database::wait_at_most(Duration limit) {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(limit).count()));
}

bool Database::moved() const {
  int moved = 0;
  return sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void Database::await_file_system() const {
  touch(changed_);
}

void Database::keep_log() {
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace pgcleave::journal
