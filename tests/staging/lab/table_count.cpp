#include "table_count.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "database.h"

namespace pgcleave_lab {
namespace {

// What the split file of the lab moves; partitions count, their parents don't.
constexpr auto count_sql = R"sql(
  select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r'
     and (n.nspname = 'ci' or c.relname = 'Weird Name'
          or (n.nspname = 'public' and c.relname like 'ci\_%')))sql";

// Committed every 100 tables: one transaction would need a lock for each table, index and sequence at once.
constexpr auto add_sql = R"sql(
  do $$ begin
    for i in 1 .. {} loop
      execute format('create table ci.extra_%s (id bigserial primary key, v int not null default 0)',
                     to_char(i, 'FM0000'));
      execute format('insert into ci.extra_%s (v) select generate_series(1, 10)', to_char(i, 'FM0000'));
      if i % 100 = 0 then commit; end if;
    end loop;
  end $$)sql";

// From what matters least to what matters most; what the load writes, or refers to, stays.
constexpr const char* droppable[] = {"ci.metrics",
                                     "ci.\"select\"",
                                     "ci.a_name_of_sixty_three_bytes_which_is_all_that_postgresql_allows",
                                     "ci.\"it's \"\"quoted\"\"\"",
                                     "ci.\"Größe der Läufe\"",
                                     "ci.odds_and_ends",
                                     "public.ci_runner_tags"};

int count(Database& database) {
  return std::atoi(database.must(count_sql).value().c_str());
}

}  // namespace

int set_table_count(Database& database, int wanted) {
  int there = count(database);
  for (const char* table : droppable) {
    if (there <= wanted) break;
    database.must(fmt::format("drop table {} cascade", table));
    there = count(database);
  }
  if (there < wanted) database.must(fmt::format(add_sql, wanted - there), std::chrono::seconds(60));
  return count(database);
}

}  // namespace pgcleave_lab
