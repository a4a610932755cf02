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
constexpr int first_row = -1000;  // of ci.counters: no client of a load has a negative number but those of the seed, up to -8

std::atomic<bool> over{false};
bool is_over() {
  return over;
}

milliseconds period(const std::string& text) {
  const auto ms = std::atoi(text.c_str());
  if (ms < 1 || ms > 1000 || text != fmt::format("{}ms", ms)) fail("every must be 1ms to 1000ms, not {}", text);
  return milliseconds(ms);
}

std::string statement(int row, long long n) {
  return fmt::format(
      "insert into ci.counters (client, n, writes) values ({}, {}, 1) on conflict (client) do update set n = excluded.n, "
      "writes = counters.writes + 1, stored_on = current_setting('cluster_name') returning stored_on",
      row, n);
}

// Writes at fixed times. Who is answered late goes on with the next time to come.
void write_again_and_again(const Bouncer& bouncer, const std::string& where, int row, milliseconds every, History& history) {
  std::unique_ptr<Database> database;
  auto due = Clock::now();
  for (long long n = 1; !over; ++n) {
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
    if (!over) history.add(std::move(record));
    due += every;
    while (due < Clock::now()) due += every;
    std::this_thread::sleep_until(due);
  }
}

nlohmann::json json_of(const Outage& outage) {
  return {{"at_us", outage.began_us}, {"bouncer", outage.through}, {"outage_ms", outage.ms}};
}

}  // namespace

std::vector<Outage> outages(const std::vector<Record>& history, std::int64_t from_us, std::int64_t to_us, double above_ms) {
  std::map<std::string, std::vector<const Record*>> by_bouncer;
  for (const Record& record : history)
    if (record.outcome == Outcome::ok) by_bouncer[record.through].push_back(&record);
  std::vector<Outage> found;
  for (auto& [through, records] : by_bouncer) {
    std::sort(records.begin(), records.end(), [](const Record* a, const Record* b) { return a->end.steady_us < b->end.steady_us; });
    for (std::size_t i = 1; i < records.size(); ++i) {
      const auto &before = records[i - 1]->end, &after = records[i]->end;
      const double ms = static_cast<double>(after.steady_us - before.steady_us) / 1000;
      if (ms <= above_ms || (to_us != 0 && before.real_us > to_us) || after.real_us < from_us) continue;
      found.push_back({through, before.real_us, ms});
    }
  }
  return found;
}

int observe(const Lab& lab, const ObserveOptions& options) {
  const auto every = period(options.every);
  catch_signals();
  History history(options.history);
  std::vector<std::thread> writers;
  int row = first_row;
  for (const Bouncer& bouncer : lab.moved_bouncers()) {
    writers.emplace_back([&history, bouncer, row, every, where = Database::connection_text(lab, bouncer.port, "app")] {
      write_again_and_again(bouncer, where, row, every, history);
    });
    --row;
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
  over = true;
  for (std::thread& writer : writers) writer.join();
  write_down();
  fmt::print("{}\n", nlohmann::json{{"history", options.history}, {"acknowledged", acknowledged}, {"failed", failed}}.dump());
  return 0;
}

int observed(const ObservedOptions& options) {
  const auto history = read_history(options.history);
  const double usual = 5.0 * static_cast<double>(period(options.every).count());
  nlohmann::json list = nlohmann::json::array();
  for (const Outage& outage : outages(history, options.from_us, options.to_us, usual)) list.push_back(json_of(outage));
  const auto all = outages(history, options.from_us, options.to_us, 0);
  const auto longest = std::max_element(all.begin(), all.end(), [](const Outage& a, const Outage& b) { return a.ms < b.ms; });
  const auto errors = std::count_if(history.begin(), history.end(), [&](const Record& record) {
    return record.outcome != Outcome::ok && record.end.real_us >= options.from_us &&
           (options.to_us == 0 || record.end.real_us <= options.to_us);
  });
  fmt::print("{}\n",
             nlohmann::json{{"outages", list}, {"longest", longest == all.end() ? nlohmann::json() : json_of(*longest)}, {"errors", errors}}
                 .dump());
  return 0;
}

}  // namespace pgcleave_lab
