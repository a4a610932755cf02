#include "writer.h"

#include <array>
#include <string_view>

namespace pgcleave_lab {
namespace {

// PgBouncer 1.18 says these with SQLSTATE 08P01 to a client whose query it never sent to a server.
constexpr std::array<std::string_view, 5> never_sent{"query_wait_timeout", "server login has been failing",
                                                     "server login failed", "pgbouncer cannot connect to server",
                                                     "no such database"};

void note_error(Record& record, const QueryError& error) {
  if (!record.error.empty()) return;
  record.sqlstate = error.sqlstate;
  record.error = error.message.empty() ? "the connection broke" : error.message;
}

}  // namespace

// Anything but a plain error of the server may have come after the commit: a backend that is told to go (57P01), a
// bouncer that lost its server (08P01), a connection that broke (no SQLSTATE). Those are unknown.
Outcome outcome_of_commit(const QueryError& error) {
  for (const std::string_view message : never_sent)
    if (error.message.find(message) != std::string::npos) return Outcome::failed;
  const bool plain =
      error.severity == "ERROR" && !error.sqlstate.starts_with("08") && !error.sqlstate.starts_with("57P");
  return plain ? Outcome::failed : Outcome::unknown;
}

Client::Client(int number, std::string through, std::string connection_text, bool reconnecting,
               Database::GiveUp give_up)
    : number_(number),
      through_(std::move(through)),
      connection_text_(std::move(connection_text)),
      reconnecting_(reconnecting),
      give_up_(give_up) {}

Record Client::begin(const std::string& kind, long long n) const {
  Record record;
  record.kind = kind;
  record.client = number_;
  record.n = n;
  record.through = through_;
  record.reconnecting = reconnecting_;
  record.start = Moment::now();
  return record;
}

bool Client::connect(Record& record) {
  if (database_ && database_->connected()) return true;
  database_ = std::make_unique<Database>(connection_text_, client_patience, give_up_);
  if (database_->error()) note_error(record, *database_->error());
  return database_->connected();
}

void Client::finish(Record& record) {
  record.end = Moment::now();
  if (reconnecting_) database_.reset();
}

Record Client::write(const WriteKind& kind, long long n) {
  Record record = begin(kind.name, n);
  if (connect(record)) run(record, kind);
  finish(record);
  return record;
}

void Client::run(Record& record, const WriteKind& kind) {
  const auto send = [&](const std::string& sql) { return database_->query(sql, client_patience, give_up_); };
  const bool one = kind.statements.size() == 1;  // the statement itself commits
  if (!one)
    if (const Answer begun = send("begin"); begun.error) return note_error(record, *begun.error);
  for (const std::string& statement : kind.statements) {
    const Answer answer = send(filled_in(statement, record.client, record.n));
    if (answer.error) {
      note_error(record, *answer.error);
      if (one) record.outcome = outcome_of_commit(*answer.error);
      if (!one && database_->connected()) send("rollback");
      return;  // without a COMMIT sent nothing is committed
    }
    if (record.stored_on.empty()) record.stored_on = answer.value();
  }
  if (one) {
    record.outcome = Outcome::ok;
    return;
  }
  const Answer committed = send("commit");
  if (committed.error) {
    note_error(record, *committed.error);
    record.outcome = outcome_of_commit(*committed.error);
  } else {
    record.outcome = committed.tag == "COMMIT" ? Outcome::ok : Outcome::failed;
    if (record.outcome == Outcome::failed) note_error(record, {"", "", "COMMIT was answered with " + committed.tag});
  }
}

Record Client::read(long long n) {
  Record record = begin("read", n);
  if (connect(record)) {
    const Answer answer = database_->query("select max(n) from ci.builds where client = 0", client_patience, give_up_);
    if (answer.error) note_error(record, *answer.error);
    record.outcome = answer.error ? Outcome::failed : Outcome::ok;
  }
  finish(record);
  return record;
}

}  // namespace pgcleave_lab
