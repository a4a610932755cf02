// The blocks that are still to be compared, and what was found in the others. Used by several threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compare/block.h"
#include "compare/comparison.h"
#include "compare/kept.h"
#include "compare/table_before.h"
#include "data/pace.h"
#include "data/walk.h"

namespace pgcleave::compare {

// What a process that was killed may have done in vain.
inline constexpr int most_blocks_not_kept = 32;

struct Taken {
  std::size_t number = 0;  // of its table
  const ComparedTable* table = nullptr;
  data::Walk* walk = nullptr;  // of its table, by key; it keeps no state. Null: the block is the whole table
  Block block;
  std::int64_t size = 0;                // rows that it had when it was made; 0: it is what lies behind the last key
  std::vector<std::string> keys = {};   // not empty: no block, but rows that an earlier process could not find alike
  const TableBefore* before = nullptr;  // where the block is one of an earlier comparison, which found so many rows
  std::int64_t rows_before = 0;         // in it; -1: not the same on both sides at one look
};

struct Found {
  std::int64_t rows = 0;
  bool read_again = false;
  std::vector<Difference> differences;
  std::vector<std::string> undecided;
  bool more = false;               // some of it was left
  std::vector<std::string> keys;   // of the rows that differ or are undecided
  bool alike = false;              // as a whole, at one look or known
  bool unchanged = false;          // known: nobody has written it since it was compared before
  std::vector<Block> pieces = {};  // not compared: it has grown, and is to be read in these
  bool walk_on = false;            // the same of the last block: more tables' blocks are behind its begin
};

// A table whose rows are the same, by its blocks.
struct SeenTable {
  postgres::TableName name;
  std::vector<BlockBefore> blocks;
};

// What is new, and of which versions of the tables.
struct QueueChange {
  Change change;
  std::vector<std::size_t> numbers;  // of its tables
  std::vector<std::int64_t> versions;
};

class Queue {
 public:
  // `kept`: what an earlier process had found. `before`: earlier comparisons that still prove something; it must
  // outlive the queue.
  Queue(const Request& request, std::vector<ComparedTable> tables, const std::vector<KeptTable>& kept,
        const TablesBefore& before);

  // The next block, by the original's keys; no value: there is none, the time is over, or somebody gave up.
  Result<std::optional<Taken>> take(Pair& pair);
  void done(const Taken& taken, const Found& found, Duration took);
  void give_up(const Error& why);
  // The time is over, or somebody gave up.
  [[nodiscard]] bool is_over();
  // When all have ended. The first error of those who gave up.
  Result<std::vector<TableResult>> results();
  // What a later comparison can begin with; before results() is asked for. None where somebody gave up.
  std::vector<SeenTable> seen();
  // Of what is left to be compared; empty: nothing is.
  [[nodiscard]] std::string why_not_done();

  // How long a block is to take from now on.
  void aim_at(Duration target);
  [[nodiscard]] Duration target();
  // The next blocks are half as large.
  void halve();
  // The oids of the tables whose blocks are read, and of the next one.
  [[nodiscard]] std::vector<std::uint32_t> relations();
  void slowed_by(const std::string& why);
  void tell_progress();

  // For who keeps what was found: since was_kept() was told of it last, or so long ago that it would pass for dead.
  [[nodiscard]] bool has_changed();
  [[nodiscard]] QueueChange change();
  void was_kept(const QueueChange& kept);
  // More was done since then than should be read again, were this process killed.
  [[nodiscard]] bool should_be_kept();

 private:
  struct Table {
    ComparedTable compared;
    std::unique_ptr<data::Walk> walk;
    std::unique_ptr<data::Walk> outline;  // where its next block ends
    data::Pace pace;
    std::optional<std::string> cursor;
    bool all_taken = false;
    bool left = false;              // after most_named
    std::vector<Block> again = {};  // that an earlier process had begun
    std::vector<Block> open = {};   // that are read just now
    std::vector<std::string> recheck = {};
    bool rechecking = false;
    std::vector<std::string> new_keys = {};  // that are not kept
    bool keeps_nothing = false;              // rows were found that no key names: it is read again
    std::int64_t version = 0;
    std::int64_t kept = 0;
    const TableBefore* before = nullptr;
    std::size_t next_before = 0;  // of its blocks
    std::vector<BlockBefore> seen = {};
    TableResult result;

    [[nodiscard]] Duration aim(Duration target) const;
    [[nodiscard]] bool nothing_left() const { return left || (all_taken && again.empty()); }
    [[nodiscard]] bool is_done() const { return nothing_left() && open.empty() && recheck.empty() && !rechecking; }
    [[nodiscard]] TableState state() const;
    void restore(const KeptTable& kept);
    void add(const Found& found, std::size_t most_named);
    bool take_before(Taken& taken);
    // True: the block is not compared yet.
    bool read_on(const Taken& taken, const Found& found);
    [[nodiscard]] std::vector<BlockBefore> chain() const;
  };
  Result<std::optional<Taken>> take_block(Pair& pair, Table& table);
  std::optional<Taken> take_rows();
  void tell();
  [[nodiscard]] Progress progress() const;
  [[nodiscard]] bool time_is_over() const;
  TableResult result_of(Table& table) const;

  const Request& request_;
  std::mutex mutex_;
  std::vector<Table> tables_;
  std::size_t current_ = 0;
  std::size_t last_ = 0;  // whose block was done last
  std::optional<Error> error_;
  Duration target_;
  std::string slowed_;
  std::string slowed_kept_;
  int not_kept_ = 0;  // blocks
  Monotonic::time_point kept_at_ = Monotonic::now();
  std::int64_t rows_before_ = 0;  // of an earlier process
  Monotonic::time_point began_ = Monotonic::now();
};

}  // namespace pgcleave::compare
