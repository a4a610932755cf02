// Builds an index while clients work: CREATE INDEX CONCURRENTLY, watched from a second session. Of a partitioned table
// each partition gets its index so, and they are attached one after the other.
//
// No transaction and no lock is held beside the build, and the session that watches holds no snapshot for longer than a
// look. So a session that waits for somebody's advisory lock makes the build wait for it, and nothing more.
#pragma once

#include <string>
#include <vector>

#include "data/build_session.h"
#include "data/index_request.h"
#include "data/seen_index.h"

namespace pgcleave::data {

class IndexBuilder {
 public:
  IndexBuilder(IndexRequest request, IndexShape shape, BuildSurroundings around);

  // To the end: the index is valid then. Idempotent: an index that is there is left alone, one that another session is
  // building is waited for, and an invalid one that nobody is building is dropped and built anew.
  // `conflict`: an index of that name is another than the requested one. `failed`: rows are there twice (named), or the
  // server has not enough space. `interrupted`, `timed_out`. After an error nothing invalid is left, unless clients'
  // transactions kept it from being dropped for 10 s: then the error says so.
  Result<SeenIndex> run();

  // Drops the index, and what attempts have left of it, without holding up clients. Nothing there: done.
  Result<void> drop();

 private:
  struct Relation {
    postgres::TableName name;
    bool partitioned = false;
    std::string index;  // a partition's that is attached to its parent's; "" = none
  };
  Result<void> ensure(const postgres::TableName& table, const postgres::TableName& index);
  Result<void> ensure_tree(const Relation& relation, const postgres::TableName& index);
  Result<void> build(const postgres::TableName& table, const postgres::TableName& index);
  [[nodiscard]] Result<void> fits(const SeenIndex& seen, const postgres::TableName& table) const;
  Result<std::optional<SeenIndex>> read(const postgres::TableName& index);
  Result<bool> is_being_built(const SeenIndex& seen);
  Result<void> drop_invalid(const SeenIndex& seen, std::optional<Deadline> cleaning_up = {});
  Result<void> drop_tree(const Relation& relation, const postgres::TableName& index);
  Result<void> refuse_duplicates(const postgres::TableName& table);
  Result<Relation> relation_of_table();
  Result<std::vector<Relation>> partitions_of(const Relation& parent, const postgres::TableName& index);
  [[nodiscard]] std::string create_sql(const postgres::TableName& index, const std::string& how,
                                       const std::string& on) const;

  IndexRequest request_;
  IndexShape shape_;
  BuildSession session_;
};

// `failed` where the sort would need more temporary files than one session may have, by the planner's statistics; both
// figures are in the error.
Result<void> fits_temp_files(postgres::Connection& connection, const IndexRequest& request, const IndexShape& shape,
                             Deadline deadline);

}  // namespace pgcleave::data
