// How a fake request goes: the connection is looked at, time passes, and whoever explores decides what becomes of it.
#pragma once

#include <functional>
#include <string>

#include "choice.h"
#include "model/universe.h"
#include "postgres/connection.h"

namespace pgcleave::simulation {

// The server that this connection leads to. An error when the connection is dead, as PostgreSQL's client library would
// tell it.
Result<Server*> reach(postgres::Connection& connection, Deadline deadline);
bool leads_to_replica(const postgres::Connection& connection);
// The same for what only a primary does; `code` is what a standby answers (PostgreSQL 15).
constexpr const char* read_only = "25006";
constexpr const char* no_read_write_in_recovery = "0A000";  // to BEGIN READ WRITE
constexpr const char* not_in_recovery = "55000";            // to a look at positions of its own WAL
Result<Server*> reach_primary(postgres::Connection& connection, Deadline deadline, const char* code = read_only);

Error refusal(const std::string& object, const std::string& what, const std::string& code = "");
Error no_answer(const std::string& object, const std::string& what);

// A request that changes something. `close`: what a lost answer does to the connection. `later`: the same request when
// it arrives after everybody has given it up; it holds nothing of the program.
Result<void> change(const std::string& object, const std::string& what, Deadline deadline,
                    const std::function<void()>& close, const std::function<Result<void>()>& action,
                    std::function<void()> later = nullptr);

// On a server's primary.
Result<void> change_on(postgres::Connection& connection, const std::string& what, Deadline deadline,
                       const std::function<Result<void>(Server&)>& action, const char* code = read_only,
                       std::function<void()> later = nullptr);

}  // namespace pgcleave::simulation
