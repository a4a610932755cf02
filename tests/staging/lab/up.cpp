// Starting the stack quickly with production's Patroni settings (ttl 30, loop_wait 10).
//
// Left to itself Patroni makes the slot for a new member in the leader's next loop, up to 10 s after the member
// appears, and until then that member's WAL receiver fails. A PATCH of the dynamic configuration that changes nothing
// wakes the loop of the member that gets it, if it is a leader (Patroni 3.0.2, ha.py, wakeup()); so the leaders are
// nudged while their replicas are being copied. Each cluster's second member starts as soon as its leader holds the
// lock.
#include "up.h"

#include <fmt/format.h>

#include <cstdio>
#include <future>
#include <mutex>
#include <thread>

#include "database.h"
#include "down.h"
#include "error.h"
#include "files.h"
#include "http.h"
#include "lab.h"
#include "patroni_config.h"
#include "plan.h"
#include "ports.h"
#include "table_count.h"
#include "waiting.h"

namespace pgcleave_lab {
namespace {

class Start {
 public:
  Start(Lab& lab, Passwords passwords, PortReservation& ports, const UpOptions& options)
      : lab_(lab), passwords_(std::move(passwords)), ports_(ports), options_(options) {}

  void run() {
    start("etcd");
    for (const Bouncer& bouncer : lab_.bouncers) start(bouncer.name);
    if (!lab_.links.empty()) start("proxy");
    wait_until("etcd", limit_, [&] { return http_get(lab_.etcd_port, "/health").status == 200 ? "" : "no answer"; });
    say("etcd answers");
    start("main-1");
    wait_for_role("main-1", "/primary");
    create_roles_and_database();
    auto schema = std::async(std::launch::async, [&] { install_schema(); });
    auto target = std::async(std::launch::async, [&] { start_target(); });
    start_replicas("main");
    schema.get();
    target.get();
    wait_for_bouncers();
  }

 private:
  void say(const std::string& what) const {
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
    fmt::print(stderr, "{:6.1f} s  {}\n", static_cast<double>(passed.count()) / 1000, what);
  }

  void start(const std::string& name) {
    throw_if_interrupted();
    const std::lock_guard guard(mutex_);
    for (const int port : ports_of(name)) ports_.hand_over(port);
    launch(lab_, lab_.server(name));
  }

  std::vector<int> ports_of(const std::string& name) const {
    if (name == "etcd") return {lab_.etcd_port, lab_.etcd_peer_port};
    for (const Bouncer& bouncer : lab_.bouncers)
      if (bouncer.name == name) return {bouncer.port};
    std::vector<int> ports;
    for (const Link& link : lab_.links) ports.push_back(link.port);
    if (name == "proxy") return ports;
    return {lab_.member(name).postgres_port, lab_.member(name).rest_port};
  }

  Database superuser(const std::string& member, const std::string& database = database_name) const {
    return Database(Database::connection_text(lab_, lab_.member(member).postgres_port, "postgres", database));
  }

  std::string dead(const std::string& name) {
    const Server& server = lab_.server(name);
    if (is_alive(server.process)) return {};
    fail("{} ended while it was starting; its log says:\n{}", name, last_lines(server.command.log, 15));
  }

  void wait_for_role(const std::string& name, const std::string& path) {
    const int port = lab_.member(name).rest_port;
    wait_until(name, limit_, [&] {
      dead(name);
      const HttpAnswer answer = http_get(port, path);
      return answer.status == 200 ? std::string() : fmt::format("{} answered {} {}", path, answer.status, answer.body);
    });
    say(fmt::format("{} is {}", name, path.substr(1)));
  }

  // A change of nothing, whose only effect is that the leader's loop runs now.
  void nudge(const std::string& leader) const {
    http_patch(lab_.member(leader).rest_port, "/config", R"({"loop_wait": 10})", {"pgcleave", passwords_.rest});
  }

  void wait_for_slot(const std::string& leader, const std::string& slot) {
    Database database = superuser(leader, "postgres");
    auto nudged = Clock::now() - milliseconds(1000);
    wait_until(fmt::format("slot {} on {}", slot, leader), limit_, [&]() -> std::string {
      if (!database.connected()) database = superuser(leader, "postgres");
      if (database.query(fmt::format("select 1 from pg_replication_slots where slot_name = '{}'", slot)).value() == "1")
        return {};
      if (Clock::now() - nudged > milliseconds(500)) {
        nudge(leader);
        nudged = Clock::now();
      }
      return "not there yet";
    });
  }

  void wait_for_replica(const std::string& name, const std::string& leader) {
    std::string slot = name;
    for (char& letter : slot)
      if (letter == '-') letter = '_';
    wait_for_slot(leader, slot);
    wait_for_role(name, "/replica");
    wait_for_stream(name, leader);
  }

  void wait_for_stream(const std::string& name, const std::string& upstream) {
    Database database = superuser(upstream, "postgres");
    wait_until(fmt::format("{} streaming from {}", name, upstream), limit_, [&]() -> std::string {
      if (!database.connected()) database = superuser(upstream, "postgres");
      const auto answer = database.query(
          fmt::format("select 1 from pg_stat_replication where application_name = '{}' and state = 'streaming'", name));
      return answer.value() == "1" ? "" : "not in pg_stat_replication";
    });
    say(fmt::format("{} streams from {}", name, upstream));
  }

  void create_roles_and_database() {
    Database database = superuser("main-1", "postgres");
    database.must(roles_sql(lab_, passwords_));
    database.must(fmt::format("create database {} owner app", database_name));
  }

  void install_schema() {
    Database database = superuser("main-1");
    database.must("create extension pg_stat_statements");
    database.must("alter schema public owner to app");
    if (!options_.schema) return;
    database.must("set role app");
    database.must("begin;\n" + read_file(PGCLEAVE_LAB_SCHEMA) + ";\ncommit");
    say("the application's schema is installed");
    if (options_.tables > 0) say(fmt::format("{} moved tables with rows", set_table_count(database, options_.tables)));
  }

  void start_target() {
    wait_for_slot("main-1", "ci_cluster");  // without it the copy would fail to stream for seconds
    start("ci-1");
    wait_for_role("ci-1", "/standby-leader");
    wait_for_stream("ci-1", "main-1");
    start_replicas("ci");
  }

  void start_replicas(const std::string& scope) {
    const std::string leader = scope + "-1";
    std::vector<std::string> replicas;
    for (const Member& member : lab_.members)
      if (member.scope == scope && member.name != leader) replicas.push_back(member.name);
    for (const std::string& replica : replicas) start(replica);
    for (const std::string& replica : replicas) wait_for_replica(replica, leader);
  }

  void wait_for_bouncers() {
    for (const Bouncer& bouncer : lab_.bouncers)
      wait_until(bouncer.name, limit_, [&]() -> std::string {
        dead(bouncer.name);
        Database database(Database::connection_text(lab_, bouncer.port, "app"));
        if (database.error()) return database.error()->message;
        if (!options_.schema) return {};
        // Each asks for its own tables: what a session last asked is looked at by checks.
        const Answer answer = database.query(bouncer.moved ? "select count(*) from ci.pipelines"
                                                           : "select count(*) from public.accounts");
        return answer.error ? answer.error->message : answer.value() == "1000" ? "" : "it does not see the schema";
      });
    say("the bouncers let clients through");
  }

  Lab& lab_;
  const Passwords passwords_;
  PortReservation& ports_;
  const UpOptions options_;
  std::mutex mutex_;
  const Clock::time_point began_ = Clock::now();
  const milliseconds limit_{60'000};
};

}  // namespace

int up(const UpOptions& options) {
  Lab lab;
  lab.folder = std::filesystem::absolute(options.folder).lexically_normal();
  if (!lab.folder.has_filename()) lab.folder = lab.folder.parent_path();
  lab.user = server_user();
  check_folder(lab);
  if (std::filesystem::exists(lab_file(lab.folder)))
    fail("there is a lab in {}; look at it with `pgcleave-lab status`, end it with `pgcleave-lab down`",
         lab.folder.string());
  if (std::filesystem::exists(lab.folder) && !std::filesystem::is_empty(lab.folder))
    fail("folder {} is not empty", lab.folder.string());
  lab.id = random_text(16);
  if (!options.address.empty()) lab.address = options.address;
  if (options.ipv6) lab.address = ipv6_loopback_address;
  lab.least_role = options.least_role;
  const Passwords passwords = random_passwords();
  PortReservation ports;
  describe(lab, options, ports);
  catch_signals();
  try {
    write_files(lab, passwords);
    Start(lab, passwords, ports, options).run();
  } catch (const Interrupted& error) {
    fmt::print(stderr, "pgcleave-lab: {}\n", error.what());
    down(lab, false);
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "pgcleave-lab: {}\n", error.what());
    down(lab, true);  // for its logs; `down` removes it
    return 1;
  }
  fmt::print("{}\n", (lab.folder / "environment.yml").string());
  std::fflush(stdout);
  if (!options.foreground) return 0;
  fmt::print(stderr, "ctrl-C ends the lab\n");
  while (!interrupted()) std::this_thread::sleep_for(milliseconds(200));
  return down(load_lab(lab.folder), false);
}

}  // namespace pgcleave_lab
