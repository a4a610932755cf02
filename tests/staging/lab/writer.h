#pragma once
#include <memory>
#include <string>

#include "database.h"
#include "history.h"
#include "workload.h"

namespace pgcleave_lab {

inline constexpr std::chrono::seconds client_patience{60};  // no client gives up before

// One client of the application. Not shared between threads.
class Client {
 public:
  Client(int number, std::string through, std::string connection_text, bool reconnecting, Database::GiveUp give_up);

  Record write(const WriteKind& kind, long long n);
  Record read(long long n);

 private:
  bool connect(Record& record);
  Record begin(const std::string& kind, long long n) const;
  void run(Record& record, const WriteKind& kind);
  void finish(Record& record);

  int number_;
  std::string through_, connection_text_;
  bool reconnecting_;
  Database::GiveUp give_up_;
  std::unique_ptr<Database> database_;
};

// What an error in answer to the statement that commits says about the commit.
Outcome outcome_of_commit(const QueryError& error);

}  // namespace pgcleave_lab
