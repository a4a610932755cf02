// What both sides, the pools and Prometheus say, again and again: kept beside the journal, and one line for people.
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <iostream>

#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/files.h"
#include "cli/session.h"
#include "watch/sampler.h"

namespace pgcleave::cli {
namespace {

constexpr auto longest_round = std::chrono::seconds(5);
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

// Said when it changes: who can't be asked for an hour is not named 360 times.
void tell_unseen(const watch::Round& round, std::map<std::string, std::string>& told) {
  std::map<std::string, std::string> now;
  for (const auto& [scope, error] : round.unseen) {
    now[scope] = error.what;
    if (const auto before = told.find(scope); before == told.end() || before->second != error.what)
      log::warn(scope + ": " + printable(error.text()));
  }
  for (const auto& [scope, what] : told) {
    if (now.count(scope) == 0) log::info(scope + ": answers again");
  }
  told = std::move(now);
}

ExitCode sample_until(watch::Sampler sampler, journal::Samples samples, Duration every, std::optional<Deadline> end,
                      bool json) {
  std::map<std::string, std::string> told;
  while (true) {
    const auto next = Deadline::in(every);
    const auto round = sampler.round(Deadline::in(std::min<Duration>(every, longest_round)));
    if (const auto kept = samples.append(round.samples); !kept) return complain(kept.error());
    json ? print_json(round) : print(round);
    tell_unseen(round, told);
    if (!std::cout || (end && next.when() >= end->when())) return ExitCode::done;
    sleep_until(next, every, nullptr);
  }
}

// A side that is down is told round by round; then the tables are the ones of the other, or none.
world::World world_to_watch(const config::Environment& environment, const config::Split& split) {
  auto world = world::open_world(environment, split, Deadline::in(longest_round));
  if (world) return std::move(*world);
  log::warn("the numbers of moved tables are left out: " + world.error().text());
  return world::unopened_world(environment, split);
}

// A round may take seconds where a server does not answer. What was kept is whole.
void end_at_once(int) {
  ::_exit(static_cast<int>(ExitCode::done));
}

ExitCode track(const Arguments& arguments) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, end_at_once);
  const auto environment = read_environment_file(arguments.text("environment"));
  if (!environment) return ExitCode::invalid;
  const auto split = read_split_for(arguments, *environment);
  if (!split) return ExitCode::invalid;
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
  const auto path = journal::samples_path(journal_path(arguments, &*environment));
  auto samples = journal::Samples::open(path, Deadline::in(std::chrono::seconds(5)));
  if (!samples) return complain(samples.error());
  auto world = world_to_watch(*environment, *split);
  log::info(fmt::format("every {} into {}", to_text(*every), path));
  return sample_until(watch::Sampler(watch::sources_of(world), ""), std::move(*samples), *every, end,
                      arguments.flag("json"));
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
