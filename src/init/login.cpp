#include "init/login.h"

#include <cstdlib>
#include <filesystem>

#include "base/address.h"
#include "base/file.h"
#include "base/format.h"
#include "base/lines.h"
#include "postgres/login_failure.h"

namespace pgcleave::init {
namespace {

using postgres::LoginFailure;

// Where the line of a password belongs.
std::string into_passfile(const Asked& asked, const std::string& line) {
  const auto file = passfile_of(asked);
  return fmt::format(
      "put the line {}:PASSWORD into {}", line,
      file.empty() ? "a passfile of mode 0600, and name it: pgcleave init --passfile FILE ..." : file + " (mode 0600)");
}

Error refusal(std::string object, const Error& error) {
  const auto failure = postgres::login_failure(error);
  Error out{ErrorKind::not_ready, std::move(object), "refuses the login", "", one_line(error.seen), "", error.code};
  if (failure == LoginFailure::unanswered) out.what = "is not answered";
  if (failure == LoginFailure::closed) out.what = "closes the connection";
  if (failure == LoginFailure::no_password) out.what = "asks for a password, and none was found";
  return out;
}

}  // namespace

std::string passfile_of(const Asked& asked) {
  std::error_code ignored;
  if (!asked.passfile.empty()) return std::filesystem::absolute(asked.passfile, ignored).lexically_normal().string();
  if (const char* named = std::getenv("PGPASSFILE"); named != nullptr && *named != '\0')
    return std::filesystem::absolute(named, ignored).lexically_normal().string();
  const char* home = std::getenv("HOME");
  const auto own = home == nullptr ? std::string() : std::string(home) + "/.pgpass";
  return !own.empty() && exists(own) ? own : "";
}

// ':' and '\' are escaped by a backslash (PostgreSQL's documentation, "The Password File").
std::string passfile_line(const std::string& host, const std::string& port, const std::string& database,
                          const std::string& user) {
  std::string line;
  for (const auto* part : {&host, &port, &database, &user}) {
    if (!line.empty()) line += ':';
    for (const char c : *part) line += (c == ':' || c == '\\' ? "\\" : "") + std::string(1, c);
  }
  return line;
}

postgres::Settings login_to(const std::string& host, const std::string& port, const std::string& database,
                            const std::string& user, const Asked& asked) {
  postgres::Settings settings;
  settings.name = address_text(host, port);
  settings.values = {{"host", host}, {"port", port}, {"dbname", database}, {"user", user}};
  if (const auto file = passfile_of(asked); !file.empty()) settings.values["passfile"] = file;
  return settings;
}

Error refused_console(const ConsoleAddress& at, const Asked& asked, const Error& error) {
  auto out = refusal("--console " + at.text(), error);
  const auto line = into_passfile(asked, passfile_line(at.host, at.port, "pgbouncer", asked.admin()));
  switch (postgres::login_failure(error)) {
    case LoginFailure::unanswered:
    case LoginFailure::closed:
      out.expected = "PgBouncer";
      out.hint =
          "give the address that listen_addr and listen_port of pgbouncer.ini say: pgcleave init --console "
          "HOST:PORT ...";
      break;
    case LoginFailure::no_password: out.hint = line; break;
    case LoginFailure::refused:
      out.expected = fmt::format("user {} may log in to the console", asked.admin());
      out.hint = fmt::format(
          "put {0} into admin_users of its pgbouncer.ini and RELOAD, or name another user: pgcleave "
          "init --console-user NAME ...; if the password is wrong: {1}",
          asked.admin(), line);
      break;
  }
  return out;
}

Error refused_server(const std::string& label, const postgres::Settings& settings, const Asked& asked,
                     const Error& error) {
  const auto value = [&](const char* key) { return settings.values.at(key); };
  auto out = refusal(fmt::format("the leader of {} at {}", label, settings.name), error);
  const auto line = into_passfile(asked, passfile_line(value("host"), value("port"), value("dbname"), value("user")));
  switch (postgres::login_failure(error)) {
    case LoginFailure::unanswered:
    case LoginFailure::closed:
      out.expected = "PostgreSQL at the address that Patroni tells";
      out.hint = "run pgcleave on a host from which the members can be reached";
      break;
    case LoginFailure::no_password: out.hint = line; break;
    case LoginFailure::refused:
      out.expected = fmt::format("role {} may log in to database {}", value("user"), value("dbname"));
      out.hint = fmt::format(
          "on the source's leader: CREATE ROLE {} LOGIN, then \\password; in pg_hba.conf of all "
          "members: host {} {} ADDRESS/32 scram-sha-256, with this host's address; {}",
          postgres::quote_identifier(value("user")), value("dbname"), value("user"), line);
      break;
  }
  return out;
}

}  // namespace pgcleave::init
