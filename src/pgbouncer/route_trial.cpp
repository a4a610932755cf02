#include "pgbouncer/route_trial.h"

#include <algorithm>

#include "base/address.h"
#include "base/format.h"
#include "pgbouncer/config_files.h"

namespace pgcleave::pgbouncer {
namespace {

constexpr Duration time_to_show_entry = std::chrono::seconds(2);
constexpr Duration time_to_log_in_there = std::chrono::seconds(3);
constexpr Duration time_to_clean_up = std::chrono::seconds(3);
constexpr Duration between_looks_at_entry = std::chrono::milliseconds(2);
constexpr std::size_t longest_entry_name = 60;  // PgBouncer keeps 63 bytes of a database's name

// Every version can read it without quotes.
std::string trial_name(const std::string& pool) {
  std::string name = "pgcleave_try_" + pool;
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!plain) c = '_';
  }
  return name.substr(0, longest_entry_name);
}

class Trial {
 public:
  Trial(const BouncerSpec& bouncer, const Route& route, Deadline deadline)
      : bouncer_(bouncer),
        route_(route),
        deadline_(deadline),
        files_(bouncer.config, bouncer.shell, [this](ConfigPlace& place) { return working_folder(place); }),
        name_(trial_name(bouncer.database)) {}

  Result<RouteTrial> run(const std::optional<postgres::Settings>& client, const std::string& question) {
    TRY(open());
    RouteTrial out;
    TRY_ASSIGN(const auto settings, console_->settings(deadline_));
    for (const auto& [key, setting] : settings) {
      if (key.starts_with("server_tls_")) out.tls[key] = setting.value;
    }
    TRY_ASSIGN(const auto pool, console_->database(bouncer_.database, deadline_));
    out.database = pool.database.empty() ? bouncer_.database : pool.database;
    if (!client) out.not_tried = "the environment file has no `probe` for this pool";
    if (pool.paused) out.not_tried = "the pool is paused";
    if (!out.not_tried.empty()) return out;
    if (const auto running = settings.find("conffile"); running != settings.end())
      TRY(check_path(running->second.value));
    TRY_ASSIGN(const bool reload, files_.end_trials(trial_mark, deadline_));
    if (reload) TRY(console_->reload(deadline_));
    TRY_ASSIGN(const auto file, files_.read(deadline_));
    TRY_ASSIGN(const auto written, file.route(bouncer_.database));
    if (Route{pool.host, pool.port} != written) {
      return fail(reload_would_repoint(file.place_of(bouncer_.database).value_or(files_.path()), written, pool));
    }
    if (written == route_) {
      ask(bouncer_.database, *client, question, out);
      return out;
    }
    TRY_ASSIGN(const auto future, file.with_route(bouncer_.database, route_));
    TRY_ASSIGN(const auto text, text_with_copied_line(file.text_of(future.path), future.text, name_));
    const auto tried = try_entry({future.path, text}, *client, question, out);
    const auto ended = put_back();
    TRY(tried);
    TRY(ended);
    return out;
  }

 private:
  [[nodiscard]] Error problem(std::string what) const {
    return {ErrorKind::not_ready, "bouncer " + bouncer_.name, std::move(what), "", "", "", ""};
  }

  Result<void> open() {
    auto settings = bouncer_.console;
    settings.name = "bouncer " + bouncer_.name;
    settings.cancel_on_deadline = false;
    settings.values["application_name"] = "pgcleave tries a route " + bouncer_.name;
    TRY_ASSIGN(console_, Console::open(settings, deadline_));
    return files_.open(deadline_);
  }

  // A relative name can't be compared.
  Result<void> check_path(const std::string& running) {
    if (running.empty() || running.front() != '/') return {};
    TRY_ASSIGN(const bool same, files_.is_same_file(running, deadline_));
    if (same) return {};
    auto out = problem("reads another config file than the one in the environment file");
    out.expected = bouncer_.config;
    out.seen = running;
    out.hint = "correct the path of this bouncer's config in the environment file";
    return fail(out);
  }

  [[nodiscard]] Error reload_would_repoint(const std::string& where, const Route& written, const Database& seen) const {
    auto out = problem("a RELOAD would send clients elsewhere");
    out.expected = fmt::format("{}, as {} says", address_text(written.host, written.port), where);
    out.seen = address_text(seen.host, seen.port) + " in SHOW DATABASES";
    out.hint = "RELOAD, or correct the file; then look again: pgcleave check";
    return out;
  }

  Result<void> try_entry(const FileText& trial, const postgres::Settings& client, const std::string& question,
                         RouteTrial& out) {
    TRY(files_.begin_trial(trial, deadline_));
    TRY(console_->reload(deadline_));
    const auto patience = deadline_.or_earlier(Deadline::in(time_to_show_entry));
    const auto there =
        wait_until("the second entry is in force", patience, between_looks_at_entry, nullptr, [&]() -> Result<bool> {
          TRY_ASSIGN(const auto served, console_->databases(patience.for_one_read()));
          return std::any_of(served.begin(), served.end(), [&](const Database& one) { return one.name == name_; });
        });
    if (!there) {
      if (there.error().kind != ErrorKind::timed_out) return there;
      auto error = problem("does not read its config file after a rename: RELOAD did not show entry " + name_);
      error.hint = fmt::format(
          "is {} alone mounted into a container? Mount its folder. Else look into this bouncer's log", trial.path);
      return fail(error);
    }
    ask(name_, client, question, out);
    return {};
  }

  void ask(const std::string& database, postgres::Settings client, const std::string& question, RouteTrial& out) {
    client.values["dbname"] = database;
    client.cancel_on_deadline = false;
    const auto patience = deadline_.or_earlier(Deadline::in(time_to_log_in_there));
    auto connection = postgres::Connection::open(client, patience);
    if (!connection) {
      out.refused = connection.error();
      return;
    }
    auto rows = connection->query(question, {}, patience);
    if (rows) {
      out.answer = std::move(*rows);
    } else {
      out.refused = rows.error();
    }
  }

  // With time of its own: nothing may be left behind because the login took long.
  Result<void> put_back() {
    const auto patience = Deadline::in(time_to_clean_up);
    TRY_ASSIGN(const bool reload, files_.end_trials(trial_mark, patience));
    return reload ? console_->reload(patience) : Result<void>();
  }

  Result<std::string> working_folder(ConfigPlace& place) {
    TRY_ASSIGN(const auto settings, console_->settings(deadline_));
    const auto value = [&](const char* name) {
      const auto found = settings.find(name);
      return found == settings.end() ? std::string() : found->second.value;
    };
    return place.working_folder(value("conffile"), value("pidfile"), bouncer_.config, deadline_);
  }

  const BouncerSpec& bouncer_;
  Route route_;
  Deadline deadline_;
  ConfigFiles files_;
  std::string name_;
  std::optional<Console> console_;
};

}  // namespace

// Both texts are equal up to the pool's line and after it.
Result<std::string> text_with_copied_line(const std::string& text, const std::string& future, const std::string& name) {
  const auto differs = std::mismatch(text.begin(), text.end(), future.begin(), future.end()).first;
  if (text == future) return fail({ErrorKind::invalid, "", "the pool has that route already", "", "", "", ""});
  const auto at = static_cast<std::size_t>(differs - text.begin());
  const auto newline = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const auto begin = newline == std::string::npos ? 0 : newline + 1;
  const auto line = future.substr(begin, std::min(future.find('\n', begin), future.size()) - begin);
  const auto end = std::min(text.find('\n', begin), text.size());
  // A quoted name may hold a '='.
  const auto after_name = line.front() == '\'' ? line.find('\'', 1) : 0;
  return fmt::format("{}\n{}\n{} {}{}", text.substr(0, end), trial_mark, name, line.substr(line.find('=', after_name)),
                     text.substr(end));
}

Result<RouteTrial> try_route(const BouncerSpec& bouncer, const Route& route,
                             const std::optional<postgres::Settings>& client, const std::string& question,
                             Deadline deadline) {
  return Trial(bouncer, route, deadline).run(client, question);
}

}  // namespace pgcleave::pgbouncer
