// The application: writers with ids (client, n), readers, and writers of the tables that stay. One thread each; the
// calls block, so an idle client costs nothing.
#include "load.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "database.h"
#include "error.h"
#include "files.h"
#include "history.h"
#include "waiting.h"
#include "workload.h"
#include "writer.h"

namespace pgcleave_lab {
namespace {

constexpr int ids_per_run = 1000;
constexpr std::chrono::seconds grace{5};  // for answers that are still on their way when the load ends

std::atomic<bool> over{false}, too_late{false};
bool give_up() {
  return too_late;
}

// Every run gets client numbers that no run of this lab had before.
int first_client(const Lab& lab) {
  const FileLock lock(lab.folder / "load.lock");
  const auto file = lab.folder / "load.next";
  const int first = std::max(ids_per_run, std::atoi(read_file_or_empty(file).c_str()));
  write_file(file, std::to_string(first + ids_per_run) + "\n", 0644, me());
  return first;
}

// When a client acts next. People do not act in step: each time between half and one and a half of the period, by a
// sequence of its own. In step, sixteen transactions would begin at once, fifty times a second, and two cores would be
// busy with them half of the time.
class Pace {
 public:
  Pace(int client, double rate) : rate_(rate), random_(static_cast<unsigned>(client)) {}
  void wait() {
    if (rate_ <= 0) return;
    const std::chrono::duration<double> step(std::uniform_real_distribution<>(0.5, 1.5)(random_) / rate_);
    next_ = std::max(next_ + std::chrono::duration_cast<Clock::duration>(step), Clock::now());
    while (!over && Clock::now() < next_)
      std::this_thread::sleep_for(std::min<Clock::duration>(next_ - Clock::now(), milliseconds(200)));
  }

 private:
  double rate_;
  std::mt19937 random_;
  Clock::time_point next_ = Clock::now();
};

// `once` does the n-th thing; after an error the client takes a short breath instead of hammering.
void repeat(History& history, Pace pace, const std::function<Record(long long)>& once) {
  pace.wait();
  for (long long n = 1; !over; ++n) {
    Record record = once(n);
    const bool bad = record.outcome != Outcome::ok;
    history.add(std::move(record));
    if (bad) std::this_thread::sleep_for(milliseconds(20));
    pace.wait();
  }
}

std::vector<std::thread> start_clients(const Lab& lab, const LoadOptions& options, History& history, int first) {
  std::vector<std::thread> threads;
  const auto moved = lab.moved_bouncers();
  int number = first;
  const auto through = [&](const Bouncer& bouncer) { return Database::connection_text(lab, bouncer.port, "app"); };
  const auto writer = [&](const std::string& name, const std::string& where, bool moves, bool reconnecting) {
    const double rate =
        reconnecting && options.rate > 0 ? std::min(options.rate, options.reconnect_rate) : options.rate;
    threads.emplace_back([=, &history] {
      Client client(number, name, where, reconnecting, give_up);
      repeat(history, Pace(number, rate), [&](long long n) { return client.write(kind_of_write(moves, n), n); });
    });
    ++number;
  };
  for (int i = 0; i < options.writers; ++i) {
    const Bouncer& bouncer = moved[static_cast<std::size_t>(i) % moved.size()];
    writer(bouncer.name, through(bouncer), true, i >= options.writers - options.reconnect);
  }
  for (int i = 0; i < options.staying; ++i) writer("bouncer-main", through(lab.bouncer("bouncer-main")), false, false);
  if (options.bypass)
    writer("direct", Database::connection_text(lab, lab.member("main-1").postgres_port, "app"), true, false);
  for (int i = 0; i < options.readers; ++i) {
    const Bouncer& bouncer = moved[static_cast<std::size_t>(i) % moved.size()];
    threads.emplace_back([=, &history, where = through(bouncer)] {
      Client client(number, bouncer.name, where, false, give_up);
      repeat(history, Pace(number, 20), [&](long long n) { return client.read(n); });
    });
    ++number;
  }
  return threads;
}

}  // namespace

int load(const Lab& lab, LoadOptions options) {
  const int first = first_client(lab);
  if (options.history.empty()) options.history = lab.folder / fmt::format("history-{}.jsonl", first);
  catch_signals();
  History history(options.history);
  long long counts[3] = {0, 0, 0}, reads = 0;
  const auto write_down = [&] {
    for (const Record& record : history.flush())
      record.is_write() ? ++counts[static_cast<int>(record.outcome)] : ++reads;
  };
  fmt::print(stderr, "clients {} to {}; history {}\n", first,
             first + options.writers + options.staying + options.bypass - 1, options.history.string());
  auto threads = start_clients(lab, options, history, first);
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(options.seconds > 0 ? options.seconds : 1e8));
  auto flushed = Clock::now();
  while (!interrupted() && Clock::now() < until) {
    std::this_thread::sleep_for(std::min<Clock::duration>(until - Clock::now(), milliseconds(50)));
    if (Clock::now() - flushed < std::chrono::seconds(1)) continue;
    write_down();
    flushed = Clock::now();
  }
  over = true;
  std::thread patience([&, deadline = Clock::now() + grace] {
    while (!too_late && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(20));
    too_late = true;
  });
  for (std::thread& thread : threads) thread.join();
  too_late = true;
  patience.join();
  write_down();
  fmt::print("{}\n", nlohmann::json{{"history", options.history},
                                    {"first_client", first},
                                    {"acknowledged", counts[0]},
                                    {"failed", counts[1]},
                                    {"unknown", counts[2]},
                                    {"reads", reads}}
                         .dump());
  return 0;
}

}  // namespace pgcleave_lab
