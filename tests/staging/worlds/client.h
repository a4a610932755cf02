// A client: writes at random, one way after the other, and keeps what it was told.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "../lab/database.h"
#include "chance.h"
#include "ledger.h"
#include "tables.h"

namespace pgcleave_worlds {

enum class Route { bouncer, staying_bouncer, source, target };

struct ClientPlan {
  Route route = Route::bouncer;
  int bouncer = 0;  // which of them
  std::uint64_t stream = 0;
};

struct Way {
  const char* name;
  bool (*run)(struct Client&, const Table&);  // false: nothing was to be written this way
};
const std::vector<Way>& ways();
const Way& slow_copy();                   // one of them
const Way& through_the_elder();           // another
const std::vector<Way>& removing_ways();  // a part of them

struct Client {
  Client(ClientPlan plan, std::uint64_t seed, Ledger& ledger, const Tables& tables,
         std::function<std::string()> address)
      : plan(plan), chance(seed, plan.stream), ledger(ledger), tables(tables), address(std::move(address)) {}

  void begin();
  void rest();  // returns when no statement of it is under way
  void go_on();
  void end();

  // For the ways. ask: false when the transaction is over, be it by an error or a lost answer.
  bool ask(const std::string& sql, pgcleave_lab::Answer& answer);
  bool said(const pgcleave_lab::Answer& answer,
            const std::string& sql);  // of an answer that was had already: false like ask's
  void take_back();                   // ROLLBACK after an error

  const ClientPlan plan;
  Chance chance;
  Ledger& ledger;
  const Tables& tables;
  const std::function<std::string()> address;
  std::unique_ptr<pgcleave_lab::Database> database;
  std::map<std::string, std::vector<std::string>> own;  // tokens that it wrote, by table
  const char* way = "";
  long long last_id = 0;
  std::map<std::string, long long> done;    // by way
  std::map<std::string, long long> errors;  // by SQLSTATE and first words

 private:
  void loop();
  std::thread thread_;
  std::atomic<bool> resting_{false}, rests_{false}, ending_{false};
};

}  // namespace pgcleave_worlds
