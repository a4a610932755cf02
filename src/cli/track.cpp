// What both sides, the pools and Prometheus say, again and again: kept beside the journal, and one line for people.
#include "app/track.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <iostream>

#include "base/format.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"
#include "journal/samples.h"

namespace pgcleave::cli {
namespace {

constexpr auto shortest_period = std::chrono::milliseconds(100);

std::string clock_time(std::int64_t at_us) {
  const std::time_t seconds = at_us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}Z", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Of all scopes that begin so: the sum, or nothing.
std::optional<double> sum(const watch::Round& round, const std::string& scope, const std::string& name,
                          bool by_prefix = false) {
  std::optional<double> all;
  for (const auto& sample : round.samples) {
    if (!sample.scope.starts_with(scope)) continue;
    const bool fits = by_prefix ? sample.name.starts_with(name) : sample.name == name;
    if (fits) all = all.value_or(0) + sample.value;
  }
  return all;
}

std::string side_in_words(const watch::Round& round, const std::string& side) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (const auto rate = sum(round, side, "commits_per_s")) add(fmt::format("{:.0f} commits/s", *rate));
  if (const auto count = sum(round, side, "connections")) add(fmt::format("{:.0f} connections", *count));
  if (const auto wal = sum(round, side, "wal_bytes_per_s"))
    add(to_text(Bytes{static_cast<std::int64_t>(*wal)}) + "/s of WAL");
  for (const char* lag : {"lag_bytes.", "link_lag_bytes."}) {
    if (const auto bytes = sum(round, side, lag, true)) {
      add(fmt::format("{} behind{}", to_text(Bytes{static_cast<std::int64_t>(*bytes)}),
                      lag[1] == 'i' ? " by link" : ""));
    }
  }
  if (const auto mean = sum(round, side, "query_mean_ms")) add(fmt::format("{:.2f} ms/query", *mean));
  return text.empty() ? "not seen" : text;
}

void print(const watch::Round& round) {
  std::string text = fmt::format("{}  source: {}  |  target: {}", clock_time(round.at_us),
                                 side_in_words(round, "source"), side_in_words(round, "target"));
  const auto rate = sum(round, "pool ", "transactions_per_s");
  const auto waiting = sum(round, "pool ", "clients.waiting");
  if (rate || waiting)
    text += fmt::format("  |  pools: {:.0f} transactions/s, {:.0f} waiting", rate.value_or(0), waiting.value_or(0));
  for (const auto& sample : round.samples) {
    if (sample.scope == "prometheus") text += fmt::format("  |  {} {:g}", sample.name, sample.value);
  }
  std::cout << printable(text) << "\n" << std::flush;
}

void print_json(const watch::Round& round) {
  Json samples = Json::array();
  for (const auto& sample : round.samples)
    samples.push_back({{"scope", sample.scope}, {"name", sample.name}, {"value", sample.value}});
  Json unseen = Json::array();
  for (const auto& [scope, error] : round.unseen) unseen.push_back({{"scope", scope}, {"text", error.text()}});
  std::cout << to_text(Json{{"at_us", round.at_us}, {"samples", samples}, {"unseen", unseen}}) << "\n" << std::flush;
}

// A round may take seconds where a server does not answer. What was kept is whole.
void end_at_once(int) {
  ::_exit(static_cast<int>(ExitCode::done));
}

ExitCode track(const Arguments& arguments) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, end_at_once);
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for(files_named(arguments), *environment.value);
  if (!split.value) return complain(split.problems);
  const auto every = parse_duration(arguments.text("every").empty() ? "10s" : arguments.text("every"));
  if (!every) return complain(every.error());
  if (*every < shortest_period)
    return complain({ErrorKind::invalid, "--every", "is too short", to_text(shortest_period) + " or longer",
                     to_text(*every), "", ""});
  std::optional<Deadline> end;
  if (const auto length = arguments.text("for"); !length.empty()) {
    const auto duration = parse_duration(length);
    if (!duration) return complain(duration.error());
    end = Deadline::in(*duration);
  }
  const auto samples = journal::samples_path(app::journal_path(files_named(arguments), &*environment.value));
  const auto kept = app::track(*environment.value, *split.value, {samples, *every, end}, [&](const auto& round) {
    arguments.flag("json") ? print_json(round) : print(round);
    return static_cast<bool>(std::cout);
  });
  return kept ? ExitCode::done : complain(kept.error());
}

}  // namespace

Verb track_verb() {
  using Kind = Option::Kind;
  return {"track",
          "Keep numbers of both sides and the pools beside the journal, until ctrl-C: for pictures, and to compare "
          "before and after.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--every", Kind::value, "how often (default: 10s)"},
           {"--for", Kind::value, "how long (default: until ctrl-C)"},
           journal_option(),
           json_option()},
          track};
}

}  // namespace pgcleave::cli
