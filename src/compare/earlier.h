// How a comparison uses what an earlier one left (table_before.h), and what it leaves itself. Nothing hangs on it: what
// can't be read or kept is told, and tables are compared as a whole.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compare/comparison.h"
#include "compare/queue.h"
#include "compare/table_before.h"

namespace pgcleave::compare {

class Earlier {
 public:
  explicit Earlier(const Request& request) : request_(request) {}

  // Before the first block is read: notes the horizons of both servers, and with Request::since_last which tables have
  // an earlier comparison that still proves something.
  void begin(Pair& pair, const std::vector<ComparedTable>& tables);
  [[nodiscard]] const TablesBefore& usable() const { return usable_; }
  // Why the others have none, where it was asked for.
  [[nodiscard]] const std::map<postgres::TableName, std::string>& why_none() const { return why_none_; }

  // At the end: keeps what was found of tables whose rows are the same.
  void end(const std::string& id, const std::vector<SeenTable>& seen);

 private:
  struct Now {
    std::string form;
    std::string unproven;
  };
  Result<void> note(Pair& pair, const std::vector<ComparedTable>& tables);
  void judge(const TablesBefore& before);
  [[nodiscard]] std::string why_not(const TableBefore& before, const Now& now) const;
  Result<void> keep(const std::string& id, const std::vector<SeenTable>& seen);
  void say(const std::string& text) const;

  const Request& request_;
  std::int64_t began_at_us_ = utc_now_us();
  Both<Horizon> horizons_;
  std::map<postgres::TableName, Now> now_;
  TablesBefore usable_;
  std::map<postgres::TableName, std::string> why_none_;
};

}  // namespace pgcleave::compare
