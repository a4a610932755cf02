#include "observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "database.h"
#include "error.h"
#include "waiting.h"

namespace pgcleave_lab {
namespace {

constexpr std::chrono::seconds patience{60};
constexpr int first_row =
    -1000;  // of ci.counters: no client of a load has a negative number but those of the seed, up to -8

constexpr int writers_per_bouncer = 8;

std::atomic<bool> seen_enough{false};
bool is_over() {
  return seen_enough;
}

milliseconds period(const std::string& text) {
  const auto ms = std::atoi(text.c_str());
  if (ms < 1 || ms > 1000 || text != fmt::format("{}ms", ms)) fail("every must be 1ms to 1000ms, not {}", text);
  return milliseconds(ms);
}

std::string statement(int row, long long n) {
  return fmt::format(
      "insert into ci.counters (client, n, writes) values ({}, {}, 1) on conflict (client) do update set n = "
      "excluded.n, "
      "writes = counters.writes + 1, stored_on = current_setting('cluster_name') returning stored_on",
      row, n);
}

// Writes at fixed times. Who is answered late goes on with the next time to come.
void write_again_and_again(const Bouncer& bouncer, const std::string& where, int row, Clock::time_point due,
                           milliseconds every, History& history) {
  std::unique_ptr<Database> database;
  std::this_thread::sleep_until(due);
  for (long long n = 1; !seen_enough; ++n) {
    Record record;
    record.kind = "observed";
    record.client = row;
    record.n = n;
    record.through = bouncer.name;
    record.start = Moment::now();
    if (!database || !database->connected()) database = std::make_unique<Database>(where, patience, is_over);
    if (!database->connected()) {
      record.error = database->error() ? database->error()->message : "not connected";
    } else {
      const Answer answer = database->query(statement(row, n), patience, is_over);
      record.outcome = answer.error ? Outcome::failed : Outcome::ok;
      if (answer.error) record.error = answer.error->message;
      record.stored_on = answer.value();
    }
    record.end = Moment::now();
    if (!seen_enough) history.add(std::move(record));
    due += every;
    while (due < Clock::now()) due += every;
    std::this_thread::sleep_until(due);
  }
}

nlohmann::json json_of(const Outage& outage) {
  return {{"at_us", outage.began_us}, {"bouncer", outage.through}, {"outage_ms", outage.ms}};
}

}  // namespace

std::vector<Outage> outages(const std::vector<Record>& history, std::int64_t from_us, std::int64_t to_us,
                            double above_ms) {
  std::map<std::string, std::map<std::int64_t, std::int64_t>>
      answered;  // by bouncer: steady and wall clock of each answer
  for (const Record& record : history)
    if (record.outcome == Outcome::ok) answered[record.through][record.end.steady_us] = record.end.real_us;
  std::map<int, std::int64_t> tries_since;  // by writer, steady clock
  std::vector<Outage> found;
  for (const Record& record : history) {
    const auto since = tries_since.try_emplace(record.client, record.start.steady_us).first->second;
    if (record.outcome != Outcome::ok) continue;
    tries_since.erase(record.client);
    const auto& answers = answered[record.through];
    auto before = answers.upper_bound(since);
    if (before == answers.begin()) continue;
    --before;
    const double ms = static_cast<double>(record.end.steady_us - before->first) / 1000;
    if (ms <= above_ms || (to_us != 0 && before->second > to_us) || record.end.real_us < from_us) continue;
    found.push_back({record.through, record.client, before->second, ms});
  }
  return found;
}

std::map<std::string, Served> served_since(const std::vector<Record>& history, std::int64_t since_us) {
  constexpr std::int64_t belongs_us = 300'000, outage_us = 50'000;
  std::map<std::string, std::map<std::int64_t, std::string>> answered;  // by bouncer: wall clock and who stored it
  std::map<std::string, Served> served;
  for (const Record& record : history) {
    served.try_emplace(record.through);
    if (record.outcome == Outcome::ok && record.end.real_us >= since_us)
      answered[record.through][record.end.real_us] = record.stored_on;
  }
  for (const auto& [bouncer, answers] : answered) {
    Served& here = served[bouncer];
    auto before = since_us;
    for (const auto& [at, stored_on] : answers) {
      const bool first = here.again_ms < 0;
      if (first || (at - before > outage_us && before - since_us < belongs_us))
        here.again_ms = static_cast<double>(at - since_us) / 1000;
      before = at;
      here.stored_on = stored_on;
      here.last_us = at;
    }
  }
  return served;
}

double mean_outage_ms(const std::vector<Outage>& outages) {
  std::map<int, double> longest;
  for (const Outage& outage : outages) longest[outage.client] = std::max(longest[outage.client], outage.ms);
  double sum = 0;
  for (const auto& [client, ms] : longest) sum += ms;
  return longest.empty() ? 0 : sum / static_cast<double>(longest.size());
}

int observe(const Lab& lab, const ObserveOptions& options) {
  const auto every = period(options.every);
  catch_signals();
  History history(options.history);
  std::vector<std::thread> writers;
  int row = first_row;
  for (const Bouncer& bouncer : lab.moved_bouncers()) {
    for (int turn = 0; turn < writers_per_bouncer; ++turn, --row) {
      writers.emplace_back([&history, bouncer, row, every, turn,
                            where = Database::connection_text(lab, bouncer.port, "app")] {
        write_again_and_again(bouncer, where, row, Clock::now() + turn * every, writers_per_bouncer * every, history);
      });
    }
  }
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(options.seconds > 0 ? options.seconds : 1e8));
  long long acknowledged = 0, failed = 0;
  const auto write_down = [&] {
    for (const Record& record : history.flush()) ++(record.outcome == Outcome::ok ? acknowledged : failed);
  };
  while (!interrupted() && Clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(200));
    write_down();
  }
  seen_enough = true;
  for (std::thread& writer : writers) writer.join();
  write_down();
  fmt::print("{}\n",
             nlohmann::json{{"history", options.history}, {"acknowledged", acknowledged}, {"failed", failed}}.dump());
  return 0;
}

int observed(const ObservedOptions& options) {
  const auto first = options.since_us > 0 ? options.since_us : options.from_us;
  const auto history = read_history(options.history, first > 0 ? first - 90'000'000 : 0);
  if (options.since_us > 0) {
    nlohmann::json told = nlohmann::json::object();
    for (const auto& [bouncer, served] : served_since(history, options.since_us))
      told[bouncer] = {{"again_ms", served.again_ms}, {"stored_on", served.stored_on}, {"last_us", served.last_us}};
    fmt::print("{}\n", told.dump());
    return 0;
  }
  const double usual = 5.0 * static_cast<double>(period(options.every).count());
  nlohmann::json list = nlohmann::json::array();
  for (const Outage& outage : outages(history, options.from_us, options.to_us, usual)) list.push_back(json_of(outage));
  const auto all = outages(history, options.from_us, options.to_us, 0);
  const auto longest =
      std::max_element(all.begin(), all.end(), [](const Outage& a, const Outage& b) { return a.ms < b.ms; });
  const auto errors = std::count_if(history.begin(), history.end(), [&](const Record& record) {
    return record.outcome != Outcome::ok && record.end.real_us >= options.from_us &&
           (options.to_us == 0 || record.end.real_us <= options.to_us);
  });
  fmt::print("{}\n", nlohmann::json{{"outages", list},
                                    {"longest", longest == all.end() ? nlohmann::json() : json_of(*longest)},
                                    {"mean_outage_ms", mean_outage_ms(all)},
                                    {"errors", errors}}
                         .dump());
  return 0;
}

}  // namespace pgcleave_lab
