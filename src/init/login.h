// Logins with what libpq finds: no password is asked for or guessed here.
#pragma once

#include "init/asked.h"
#include "postgres/connection.h"

namespace pgcleave::init {

postgres::Settings login_to(const std::string& host, const std::string& port, const std::string& database,
                            const std::string& user, const Asked& asked);

// The passfile that libpq reads: the one that is named, $PGPASSFILE or ~/.pgpass; "": there is none.
std::string passfile_of(const Asked& asked);
// A line of a passfile, without the password.
std::string passfile_line(const std::string& host, const std::string& port, const std::string& database,
                          const std::string& user);

// Why nobody could log in, with what to type: where a password is missing, the line of the passfile.
Error refused_console(const ConsoleAddress& at, const Asked& asked, const Error& error);
Error refused_server(const std::string& label, const postgres::Settings& settings, const Asked& asked,
                     const Error& error);

}  // namespace pgcleave::init
