// What proves that a table is a stale half of a split: nobody has written it since the split, and what became of it is
// on the other side. Judged table by table, by OID and name, from the database alone (split_tables.h); of two that look
// alike none is taken for the other.
#pragma once

#include <string>
#include <vector>

#include "fence/split_tables.h"

namespace pgcleave::fence {

struct StaleProof {
  std::string split;
  std::string run;    // that did the split
  std::string which;  // moved: stale on the source; kept: stale on the target
};

struct StaleTable {
  std::uint32_t oid = 0;
  postgres::TableName name;
  std::string why_not;  // empty: all that this side can prove holds. Else it is left alone, and why
};

// These relations as they are on this side. Inside a transaction that has locked them it holds until its end. Those
// that are gone are left out.
Result<std::vector<StaleTable>> prove_stale(postgres::Connection& connection, const StaleProof& proof,
                                            const std::vector<std::uint32_t>& oids, Deadline deadline);

// Is each there under this OID and name? Why not, in their order; "" where it is.
Result<std::vector<std::string>> missing_here(postgres::Connection& connection, const std::vector<StaleTable>& tables,
                                              const std::string& side, Deadline deadline);

}  // namespace pgcleave::fence
