#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace pgcleave_lab {

// A table that the load writes. Each has client, n (who wrote it, and as which write) and stored_on, stored_at (what
// the server filled in by itself).
struct WrittenTable {
  const char* name;      // as SQL
  const char* id;        // the column that a sequence fills, as SQL
  const char* sequence;  // tables with the same one must never share an id
};

// What one write does. It is one transaction; more than one statement: inside BEGIN and COMMIT.
struct WriteKind {
  const char* name;
  bool moved;                               // false: the tables that stay
  std::vector<std::string> statements;      // with {client} and {n}; the first returns stored_on
  std::vector<const WrittenTable*> tables;  // each must hold (client, n) afterwards
  bool counts;                              // and ci.counters must have counted it
};

const std::vector<WrittenTable>& written_tables();
const std::vector<WriteKind>& write_kinds();
const WriteKind& write_kind(std::string_view name);
const WriteKind& kind_of_write(bool moved, long long n);  // the mix: which kind the n-th write of a client is

std::string filled_in(const std::string& statement, int client, long long n);

}  // namespace pgcleave_lab
