// `pgcleave init`: the two files from a few addresses, and what is still missing.
#include "init/init.h"

#include <unistd.h>

#include <iostream>
#include <sstream>

#include "app/files.h"
#include "app/grants.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/complain.h"
#include "cli/next.h"
#include "init/changes.h"
#include "init/drawing.h"
#include "init/file_texts.h"

namespace pgcleave::cli {
namespace {

std::vector<std::string> words_of(const std::vector<std::string>& given) {
  std::vector<std::string> all;
  for (const auto& text : given) {
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
      if (!word.empty()) all.push_back(word);
    }
  }
  return all;
}

// At a terminal only: the answer; "" for none.
std::string answer_to(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return "";
  std::cerr << question << ": " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

Result<std::string> needed(const Arguments& arguments, const char* name, const std::string& question) {
  auto text = arguments.text(name);
  if (text.empty()) text = answer_to(question);
  if (!text.empty()) return text;
  return fail({ErrorKind::invalid, std::string("--") + name, "is missing", question, "no terminal to ask at",
               "pgcleave init --source HOST:8008 --target HOST:8008 --console HOST:6432", ""});
}

Result<init::Asked> asked_by(const Arguments& arguments) {
  init::Asked asked;
  TRY_ASSIGN(asked.source, needed(arguments, "source", "REST address of a Patroni member of the source"));
  TRY_ASSIGN(asked.target, needed(arguments, "target", "REST address of a Patroni member of the target"));
  asked.consoles = words_of(arguments.list("console"));
  if (asked.consoles.empty()) {
    TRY_ASSIGN(const auto typed, needed(arguments, "console", "PgBouncer consoles, HOST:PORT with commas between"));
    asked.consoles = words_of({typed});
  }
  asked.database = arguments.text("database");
  if (!arguments.text("user").empty()) asked.user = arguments.text("user");
  asked.console_user = arguments.text("console-user");
  asked.probe_user = arguments.text("probe-user");
  asked.passfile = arguments.text("passfile");
  asked.ca = arguments.text("ca");
  const auto& kind = arguments.text("class");
  if (!kind.empty() && kind != "staging" && kind != "production")
    return fail({ErrorKind::invalid, "--class", "can't be that", "staging or production", kind, "", ""});
  asked.production = kind != "staging";
  if (!arguments.text("directory").empty()) asked.directory = arguments.text("directory");
  if (!arguments.text("observe").empty()) {
    TRY_ASSIGN(asked.observe, parse_duration(arguments.text("observe")));
  }
  asked.schemas = words_of(arguments.list("moved-schemas"));
  asked.patterns = arguments.list("moved-tables");
  return asked;
}

std::vector<init::Missing> missing_rights(const init::Made& made) {
  std::vector<init::Missing> all;
  for (const auto& side : app::grants_of(made.environment, made.split)) {
    if (!side.unseen.empty() || side.seen.standby || side.seen.missing().empty()) continue;
    init::Missing one{fmt::format("rights of role {} on {}", side.seen.role, side.label),
                      fmt::format("psql -d {} on its leader, as a superuser", side.seen.database),
                      {}};
    for (const auto& right : side.seen.missing())
      one.lines.push_back(right.grant.empty() ? fmt::format("-- by hand: {} ({})", right.name, right.why)
                                              : right.grant + ";");
    all.push_back(std::move(one));
  }
  return all;
}

void print_read(const init::Found& found) {
  std::cout << "read\n";
  for (const auto* side : {&found.source, &found.target})
    std::cout << fmt::format("  {}: Patroni {}, PostgreSQL {}, {} member{}, {} leads at {}:{}{}\n",
                             printable(side->label()), printable(side->version), side->server_version / 10000,
                             side->view.members.size(), side->view.members.size() == 1 ? "" : "s",
                             printable(side->leader.name), printable(side->leader.host), side->leader.port,
                             side->standby ? ", a standby cluster" : "");
  for (const auto& bouncer : found.bouncers)
    std::cout << fmt::format("  {}: PgBouncer {} at {}, {}\n", bouncer.name, printable(bouncer.version),
                             printable(bouncer.at.text()), printable(bouncer.config));
  for (const auto& pool : found.pools.pools)
    std::cout << fmt::format("  pool {}: leads to database {} at {}:{}\n",
                             printable(fmt::format("{}", fmt::join(pool.databases, ", "))),
                             printable(found.pools.database), printable(found.pools.host), found.pools.port);
}

void print(const init::Made& made, const std::vector<init::Missing>& missing) {
  print_read(made.found);
  for (const auto& line : init::drawn(made)) std::cout << line << "\n";
  const auto others = init::other_sets(made);
  if (!others.empty()) std::cout << "other sets, each with the options that choose it\n";
  for (const auto& line : others) std::cout << "  " << line << "\n";
  std::cout << "written\n";
  for (const auto& file : made.files) std::cout << "  " << printable(file) << "\n";
  if (!missing.empty()) std::cout << "missing\n";
  for (std::size_t i = 0; i < missing.size(); ++i) {
    std::cout << fmt::format("  {}. {}\n     where: {}\n", i + 1, printable(missing[i].what),
                             printable(missing[i].where));
    for (const auto& line : missing[i].lines) std::cout << "       " << printable(line) << "\n";
  }
}

Json json_of(const init::Made& made, const std::vector<init::Missing>& missing, const std::string& next) {
  Json list = Json::array();
  for (const auto& one : missing) list.push_back(init::json_of(one));
  return {{"files", made.files}, {"proposal", init::proposal_json(made)}, {"missing", list}, {"next", next}};
}

// The files are those of the folder.
ExitCode check_files(const Arguments& arguments) {
  const auto folder = arguments.text("directory").empty() ? "." : arguments.text("directory");
  const auto path = init::path_in(folder, init::environment_file);
  const auto environment = app::read_environment_file(path);
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for({path, "", ""}, *environment.value);
  if (!split.value) return complain(split.problems);
  const auto changes = init::changes_since(*environment.value, *split.value);
  if (arguments.flag("json")) {
    Json list = Json::array();
    for (const auto& one : changes) list.push_back(init::json_of(one));
    std::cout << to_text(Json{{"changes", list}}, 2) << "\n";
  } else {
    for (const auto& one : changes) {
      std::cout << fmt::format("{}: {}\n", printable(one.object), printable(one.what));
      if (!one.fix.empty()) std::cout << "  " << printable(one.fix) << "\n";
    }
    std::cout << fmt::format("{} changes since {} was written\n", changes.size(), printable(path));
    say_next("pgcleave check -e " + in_shell(path));
  }
  return changes.empty() ? ExitCode::done : ExitCode::not_ready;
}

ExitCode init_files(const Arguments& arguments) {
  if (arguments.flag("check")) return check_files(arguments);
  const auto asked = asked_by(arguments);
  if (!asked) return complain(asked.error());
  const auto result = init::make_files(*asked);
  auto exit = ExitCode::done;
  for (const auto& error : result.errors) exit = complain(error);
  if (!result.made) return exit;
  const auto& made = *result.made;
  auto missing = missing_rights(made);
  missing.insert(missing.end(), made.missing.begin(), made.missing.end());
  const auto next = "pgcleave check -e " + in_shell(made.environment.path);
  if (arguments.flag("json")) {
    std::cout << to_text(json_of(made, missing, next), 2) << "\n";
    return ExitCode::done;
  }
  print(made, missing);
  say_next(missing.empty() ? next : next + "    # when what is missing is there");
  return ExitCode::done;
}

}  // namespace

Verb init_verb() {
  using Kind = Option::Kind;
  return {"init",
          "Write environment.yml and split.yml from what Patroni, PgBouncer and the catalogs say, propose the split, "
          "and name what is missing. Changes nothing on the servers, and overwrites no file.",
          {{"--source", Kind::value, "REST address of a Patroni member of the source (asked for at a terminal)"},
           {"--target", Kind::value, "the same of the target"},
           {"--console", Kind::list, "HOST:PORT of a PgBouncer console; may be repeated"},
           {"--database", Kind::value, "the database (default: the one to which the pools lead)"},
           {"--user", Kind::value, "pgcleave's role (default pgcleave)"},
           {"--console-user", Kind::value, "user of the consoles (default: the role)"},
           {"--probe-user", Kind::value, "client that measures through the bouncers (default: none)"},
           {"--passfile", Kind::value, "of these logins (default: $PGPASSFILE or ~/.pgpass)"},
           {"--ca", Kind::value, "authorities that Patroni's certificates are checked by"},
           {"--class", Kind::value, "staging or production (default production)"},
           {"--directory", Kind::value, "where the files go (default: here)"},
           {"--moved-schemas", Kind::list, "schemas that move, with commas between"},
           {"--moved-tables", Kind::list, "a pattern of tables that move, such as 'public.ci_*'; may be repeated"},
           {"--observe", Kind::value,
            "for the proposal: how long to see which tables are used through the pools (default 3s)"},
           {"--check", Kind::flag, "reads the files of that folder, and says what has changed; exit code 3 if any"},
           json_option()},
          init_files};
}

}  // namespace pgcleave::cli
