// What is there of an index: as it stands, who is building it, and what an attempt left behind. Only reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "postgres/catalog.h"

namespace pgcleave::data {

struct SeenIndex {
  std::uint32_t oid = 0;
  postgres::TableName name;
  postgres::TableName table;
  std::string definition;  // as PostgreSQL writes it, after the table: comparable with IndexShape's
  bool unique = false;
  bool valid = false;     // else it is being built, or an attempt failed; clients pay for it and no query uses it
  bool attached = false;  // it is a part of a partitioned table's index
  Bytes size{};

  // Is it the one that was wanted, whether it is valid or not? `wanted`: of IndexShape.
  [[nodiscard]] bool is(const postgres::TableName& on, bool wanted_unique, const std::string& wanted) const;
};

// "unique index on ci.jobs USING btree (client)", for people.
std::string index_in_words(bool unique, const postgres::TableName& table, const std::string& definition);

// No value: there is none of that name. `invalid`: something that is no index has the name.
Result<std::optional<SeenIndex>> read_index(postgres::Connection& connection, const postgres::TableName& name,
                                            Deadline deadline);

// What a failed REINDEX CONCURRENTLY left beside an index: invalid ones called NAME_ccnew, NAME_ccold, also with a
// number. An index that somebody is building now is none.
Result<std::vector<SeenIndex>> leftovers_of(postgres::Connection& connection, const postgres::TableName& index,
                                            Deadline deadline);

// How far CREATE INDEX or REINDEX is. Source: pg_stat_progress_create_index, PostgreSQL 15.
struct IndexProgress {
  int pid = 0;            // of the session that builds
  std::string phase;      // "building index: scanning table"
  std::int64_t done = 0;  // of the phase: blocks, tuples or lockers, whatever it counts
  std::int64_t all = 0;   // 0: it counts nothing
  std::string waits_for;  // the session whose transaction it waits for, for people; "" = none
  [[nodiscard]] std::string text() const;
};

// Of the build of an index that has a row in the catalog already, or of the session with that pid. No value: nobody
// builds it.
Result<std::optional<IndexProgress>> progress_of_index(postgres::Connection& connection, std::uint32_t index,
                                                       Deadline deadline);
Result<std::optional<IndexProgress>> progress_of_session(postgres::Connection& connection, int pid, Deadline deadline);

}  // namespace pgcleave::data
