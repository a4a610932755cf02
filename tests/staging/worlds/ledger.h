// What clients were told: by token, and by value of a sequence. Nothing in it knows a schema.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "schema.h"

namespace pgcleave_worlds {

enum class Fate { present, absent, unknown };

struct Entry {
  Class cls = Class::moved;
  Fate fate = Fate::unknown;
  std::string side;  // cluster that acknowledged it
  std::string how;   // the statement, for people
  bool removal_open = false;
  bool may_differ = false;  // a failover or a person gave up what was acknowledged
};

struct Violation {
  std::string kind, text;
};

// What one transaction did, as the server told it.
struct Told {
  std::vector<std::string> written, removed;
  std::string side;
  std::vector<std::pair<std::string, long long>> values;  // sequence, value
};

class Ledger {
 public:
  std::string new_token(Class cls);
  // Before it is sent: from here on the outcome is open.
  void announce(const std::vector<std::string>& written, const std::vector<std::string>& removed,
                const std::string& how);
  void acknowledge(const Told& told);
  void rolled_back(const std::vector<std::string>& written);  // acknowledged as such, by ROLLBACK TO
  void not_removed(const std::vector<std::string>& removed);  // acknowledged, and they were not among what it removed
  void broken(const std::string& kind, const std::string& text);  // what no client should ever be told
  // What these were told may be lost, or back.
  void may_differ(const std::set<std::string>& tokens);
  void may_differ_of(Class cls, const std::set<std::string>& tokens);
  std::size_t mark() const;  // of what was told until now
  void forget_values(std::size_t since, const std::string& side);
  void change_class(const std::set<std::string>& tokens, Class cls);
  void one_side_moves();  // what was of one side is moved from now on

  std::map<std::string, Entry> entries() const;
  std::vector<Violation> violations() const;
  long long acknowledged() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  struct Given {
    std::string side;
    std::size_t number = 0;  // of the transaction that was told
  };
  std::map<std::string, std::map<long long, Given>> values_;  // by sequence and value
  std::vector<Violation> violations_;
  long long acknowledged_ = 0;
  int last_ = 0;
};

inline constexpr std::size_t token_length = 11;  // tk, the class's letter, seven digits, z

}  // namespace pgcleave_worlds
