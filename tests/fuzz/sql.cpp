// SQL that a server showed, such as pg_stat_statements or a function's source.
#include "postgres/sql/sql.h"

#include "target.h"

using namespace pgcleave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto statements = postgres::parse_sql(text);
  if (!statements) fuzz::require_printable(statements.error().text());
  const auto queries = postgres::queries_of_plpgsql(text);
  if (!queries) fuzz::require_printable(queries.error().text());
  static_cast<void>(postgres::words_of(text));
  return 0;
}
