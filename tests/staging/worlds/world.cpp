#include "world.h"

#include <fmt/format.h>

#include <fstream>
#include <thread>

#include "../lab/files.h"
#include "../lab/http.h"
#include "../lab/waiting.h"
#include "cost.h"
#include "error_of_world.h"
#include "events.h"
#include "pieces.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Database;
using std::chrono::milliseconds;

constexpr auto database_of_clients = pgcleave_lab::database_name;

}  // namespace

World::World(const WorldPlan& plan, const Settings& settings, std::filesystem::path folder)
    : plan(plan), settings(settings), folder(std::move(folder)) {}

World::~World() {
  for (const auto& client : clients_) client->end();
  down();
}

void World::say(const std::string& text) {
  verdict.story.push_back(text);
  if (settings.talk) fmt::print(stderr, "world {}: {}\n", plan.number, text);
}

void World::up() {
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0711));
  const auto ended =
      run_program({settings.lab_program.string(), "up", "--dir", (folder / "lab").string(), "--bouncers",
                   std::to_string(plan.bouncers), "--source-members", std::to_string(plan.source_members),
                   "--target-members", std::to_string(plan.target_members), "--without-schema"},
                  folder / "up.log", std::chrono::seconds(180));
  if (ended.code != 0) fail("the lab does not come up: {}", ended.output);
  lab = pgcleave_lab::load_lab(folder / "lab");
}

void World::down() {
  if (lab.id.empty() && !std::filesystem::exists(folder / "lab")) return;
  std::vector<std::string> words{settings.lab_program.string(), "down", "--dir", (folder / "lab").string()};
  if (settings.keep && !verdict.violations.empty()) words.push_back("--keep");
  run_program(words, folder / "down.log", std::chrono::seconds(60));
  if (words.size() == 4) std::filesystem::remove_all(folder);
}

std::string World::leader(const std::string& scope) {
  for (const auto& member : lab.members) {
    if (member.scope != scope) continue;
    const auto answer = pgcleave_lab::http_get(member.rest_port,
                                               scope == "ci" && phase == Phase::whole ? "/standby-leader" : "/primary");
    if (answer.status == 200) return member.name;
  }
  return scope + "-1";
}

Database World::admin(const std::string& scope) {
  Database database(Database::connection_text(lab, lab.member(leader(scope)).postgres_port, "postgres"));
  // The judge reads all tables in one statement: no statement of the application, and checks shall not take it for one.
  if (database.connected()) database.query("set pg_stat_statements.track = 'none'");
  return database;
}

void World::execute(Database& database, const std::string& sql, const std::string& where) {
  say(fmt::format("  {}: {}", where, sql));
  // Clients are at the same tables: whoever is the victim of a deadlock types it again.
  for (int again = 0; again < 20; ++again) {
    const auto answer = database.query(sql, std::chrono::seconds(20));
    if (!answer.error) return;
    if (answer.error->sqlstate != "40P01") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50 * again));
  }
  database.must(sql);
}

Ended World::tool(std::vector<std::string> words, const std::string& event, milliseconds kill_after) {
  std::string line = "  pgcleave";
  for (const auto& word : words) line += " " + word;
  say(line);
  words.insert(words.begin(), settings.pgcleave.string());
  // Marked as the lab's, so that what a killed one leaves behind ends with the lab.
  auto ended = run_program(words, folder / "tool.out", std::chrono::seconds(180),
                           {{pgcleave_lab::lab_variable, lab.id}}, kill_after);
  say(fmt::format("  exit code {}{}", ended.code, ended.timed_out ? ", killed after 180 s" : ""));
  ++verdict.outcomes[fmt::format("{}: {}", event, ended.timed_out ? "does not end" : std::to_string(ended.code))];
  std::ofstream(folder / "everything.out", std::ios::app) << line << "\n" << ended.output << "\n";
  return ended;
}

void World::install(const Piece& piece, const std::vector<std::string>& scopes) {
  for (const auto& scope : scopes) {
    auto database = admin(scope);
    for (const auto& sql : piece.sql) execute(database, sql, scope);
  }
}

bool World::has_unlogged() const {
  for (const auto& piece : pieces)
    if (piece.what == "unlogged" && !piece.odd.words.empty()) return true;
  return false;
}

std::string World::split_text() const {
  return split_file(split_name, pieces);
}

void World::write_split() {
  pgcleave_lab::write_file(folder / "lab" / "split.yml", split_text(), 0644, pgcleave_lab::me());
}

// The first half of DETACH CONCURRENTLY commits by itself; the second waits for whoever reads the parent, and is
// cancelled.
void World::leave_half_detached(Piece& piece) {
  auto reader = admin("main"), writer = admin("main");
  reader.must("begin");
  reader.must("select count(*) from " + piece.pending[0]);
  const auto sql = fmt::format("alter table {} detach partition {} concurrently", piece.pending[0], piece.pending[1]);
  say(fmt::format("  main, beside a reader of the parent: {}", sql));
  for (const int limit : {400, 1500, 4000}) {
    writer.must(fmt::format("set statement_timeout = {}", limit));
    writer.query(sql);
    writer.must("reset statement_timeout");
    if (!writer.must("select 1 from pg_inherits where inhdetachpending").rows.empty()) return;
  }
  say("  it was not left half detached");
  piece.odd = {};
}

void World::make_schema() {
  auto database = std::make_unique<Database>(admin("main"));
  for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
    if (!plan.has(fmt::format("p{}", i))) continue;
    const Piece& piece = plan.pieces[i];
    say(fmt::format("piece p{}: {}", i, piece.what));
    install(piece, {"main"});
    pieces.push_back(piece);
    if (!piece.pending.empty()) leave_half_detached(pieces.back());
    tables.add(piece);
  }
  write_split();
  database.reset();  // a template has no sessions
  for (const auto& event : plan.events)
    if (event.name.find("another environment file") != std::string::npos && !has_other_database) {
      auto elsewhere =
          Database(Database::connection_text(lab, lab.member("main-1").postgres_port, "postgres", "postgres"));
      elsewhere.must("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'app'");
      execute(elsewhere, fmt::format("create database other template {} owner app", database_of_clients), "main");
      has_other_database = true;
    }
  say("split.yml:\n" + split_text());
}

void World::begin_clients() {
  for (std::size_t i = 0; i < plan.clients.size(); ++i) {
    if (!plan.has(fmt::format("c{}", i))) continue;
    const auto& client = plan.clients[i];
    const auto address = [this, client]() -> std::string {
      int port = 0;
      if (client.route == Route::bouncer) port = lab.bouncer(fmt::format("bouncer-{}", client.bouncer + 1)).port;
      if (client.route == Route::staying_bouncer) port = lab.bouncer("bouncer-main").port;
      if (client.route == Route::source) port = lab.member("main-1").postgres_port;
      if (client.route == Route::target) port = lab.member("ci-1").postgres_port;
      return Database::connection_text(lab, port, "app", database_of_clients);
    };
    clients_.push_back(std::make_unique<Client>(client, plan.seed, ledger, tables, address));
  }
  for (const auto& client : clients_) client->begin();
}

void World::end_those_who_go_round() {
  say("  clients that go round the bouncers are ended");
  for (const auto& client : clients_) {
    if (client->plan.route != Route::source && client->plan.route != Route::target) continue;
    client->end();
    client->database.reset();
  }
}

void World::everybody_rests() {
  for (const auto& client : clients_) client->rest();
}
void World::everybody_goes_on() {
  for (const auto& client : clients_) client->go_on();
}

Verdict World::run() {
  const auto began = pgcleave_lab::Clock::now();
  try {
    up();
    make_schema();
    begin_clients();
    std::this_thread::sleep_for(milliseconds(600));
    judge("the beginning", true);
    for (std::size_t i = 0; i < plan.events.size() && verdict.violations.empty() && !undecided; ++i) {
      if (!plan.has(fmt::format("e{}", i))) continue;
      const Event& event = plan.events[i];
      say(fmt::format("event e{}: {}", i, event.name));
      if (!happen(*this, event)) {
        say("  does not fit now");
        continue;
      }
      std::this_thread::sleep_for(milliseconds(500));
      judge(event.name, true);
    }
  } catch (const pgcleave_lab::Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    verdict.broken_lab = true;
    verdict.why_broken = error.what();
    say(fmt::format("the harness could not go on: {}", error.what()));
  }
  for (const auto& client : clients_) client->end();
  verdict.acknowledged = ledger.acknowledged();
  verdict.undecided = undecided;
  for (const auto& client : clients_)
    for (const auto& [way, count] : client->done) verdict.ways[way] += count;
  if (!lab.id.empty()) verdict.processor_seconds = processor_seconds(lab);
  verdict.seconds = std::chrono::duration<double>(pgcleave_lab::Clock::now() - began).count();
  return verdict;
}

}  // namespace pgcleave_worlds
