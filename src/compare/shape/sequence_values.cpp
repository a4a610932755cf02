// Whether a sequence is going to give out a key that is there. Judged on the original, which gives out values: those of
// the copy are carried when it takes over.
//
// The keys are asked for in one snapshot, and the sequence after that was taken. What the snapshot shows was given out
// before, so a sequence that gave it out is beyond it by now, whatever clients insert meanwhile.
#include <algorithm>

#include "base/format.h"
#include "compare/shape/item.h"
#include "postgres/sequences.h"

namespace pgcleave::compare {
namespace {

constexpr std::size_t at_once = 50;  // tables: a transaction keeps the locks of each, and of its indexes

struct Use {
  postgres::TableName table;
  std::string column;
  postgres::TableName sequence;
  std::string name;          // of the sequence, for people
  bool partitioned = false;  // the table
  bool descends = false;     // the sequence
  bool quick = false;        // an index finds its greatest value, or the table is small

  [[nodiscard]] std::string from() const {
    return fmt::format("{}{}.{}", partitioned ? "" : "ONLY ", postgres::quote_identifier(table.schema),
                       postgres::quote_identifier(table.name));
  }
  [[nodiscard]] std::string value() const { return postgres::quote_identifier(column); }
};

// Whole numbers that are what nextval() gives, or that nothing else fills.
constexpr const char* uses_body = R"sql(
  SELECT u.nspname, u.relname, u.attname, u.sequence_schema, u.sequence_name, u.sequence,
         u.relkind = 'p' AS partitioned, s.seqincrement < 0 AS descends,
         u.relkind = 'r' AND pg_relation_size(u.relation) < 8388608
           OR EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                       WHERE i.indrelid = u.relation AND i.indkey[0] = u.attnum AND i.indisvalid AND i.indpred IS NULL
                         AND m.amname = 'btree') AS quick
    FROM used u
    JOIN pg_sequence s ON s.seqrelid = u.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = u.relation AND d.adnum = u.attnum
   WHERE u.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
     AND (d.oid IS NULL OR pg_get_expr(d.adbin, d.adrelid) ~ '^nextval[(].*::regclass[)]$')
   ORDER BY u.nspname, u.relname, u.attname)sql";

Result<std::vector<Use>> read_uses(postgres::Connection& original, const std::vector<postgres::TableName>& tables,
                                   Deadline deadline) {
  TRY_ASSIGN(const auto rows, original.simple(tables_sql(tables) + used_sequences_sql() + uses_body, deadline));
  std::vector<Use> uses;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    uses.push_back({{rows.text(row, "nspname"), rows.text(row, "relname")},
                    rows.text(row, "attname"),
                    {rows.text(row, "sequence_schema"), rows.text(row, "sequence_name")},
                    rows.text(row, "sequence"),
                    rows.boolean(row, "partitioned"),
                    rows.boolean(row, "descends"),
                    rows.boolean(row, "quick")});
  }
  return uses;
}

// As the sequence goes; not after its end, unless it cycles.
std::optional<std::int64_t> next_value(const postgres::Sequence& sequence) {
  if (!sequence.is_called) return sequence.last_value;
  std::int64_t next = 0;
  const bool over = __builtin_add_overflow(sequence.last_value, sequence.increment, &next);
  if (!over && next <= sequence.maximum && next >= sequence.minimum) return next;
  if (!sequence.cycles) return std::nullopt;
  return sequence.increment > 0 ? sequence.minimum : sequence.maximum;
}

// The furthest key that it is going to give out. One that cycles comes back to keys by intention: only its next value
// counts.
std::string reached_key_sql(const Use& use, const postgres::Sequence& sequence, std::int64_t next) {
  const auto where = sequence.cycles          ? fmt::format("{0} = ({1})::int8", use.value(), next)
                     : sequence.increment > 0 ? fmt::format(
                                                    "{0} >= ({1})::int8 AND {0} <= ({2})::int8 AND "
                                                    "({0}::numeric - ({1})::numeric) % ({3})::numeric = 0",
                                                    use.value(), next, sequence.maximum, sequence.increment)
                                              : fmt::format(
                                                    "{0} <= ({1})::int8 AND {0} >= ({2})::int8 AND "
                                                    "({0}::numeric - ({1})::numeric) % ({3})::numeric = 0",
                                                    use.value(), next, sequence.minimum, sequence.increment);
  return fmt::format("SELECT {0}::int8 AS key FROM {1} WHERE {2} ORDER BY {0} {3} LIMIT 1", use.value(), use.from(),
                     where, sequence.increment > 0 ? "DESC" : "ASC");
}

// So that the next value is the first one beyond the key.
std::string setval_sql(const postgres::Sequence& sequence, std::int64_t key) {
  std::int64_t beyond = 0;
  const bool over = __builtin_add_overflow(key, sequence.increment, &beyond);
  if (sequence.cycles || over || beyond > sequence.maximum || beyond < sequence.minimum) return "";
  return fmt::format("SELECT pg_catalog.setval({}::regclass, {});", postgres::quote_literal(sequence.name.sql()), key);
}

class Judge {
 public:
  Judge(postgres::Connection& original, Deadline deadline) : original_(original), deadline_(deadline) {}

  Result<SequenceFindings> judge(const std::vector<Use>& all) {
    std::vector<Use> uses;
    for (const auto& use : all) {
      if (use.quick)
        uses.push_back(use);
      else
        findings_.unjudged.push_back(fmt::format("{}.{}", use.table.sql(), use.column));
    }
    for (std::size_t from = 0; from < uses.size(); from += at_once) {
      const auto some =
          std::vector<Use>(uses.begin() + static_cast<std::ptrdiff_t>(from),
                           uses.begin() + static_cast<std::ptrdiff_t>(std::min(from + at_once, uses.size())));
      const auto judged = judge_in_snapshot(some);
      if (!judged) return fail(judged.error());
      TRY(original_.simple("ROLLBACK", deadline_));
    }
    return std::move(findings_);
  }

 private:
  // Leaves the transaction open.
  Result<void> judge_in_snapshot(const std::vector<Use>& uses) {
    std::vector<std::string> selects;
    std::vector<postgres::TableName> names;
    for (std::size_t n = 0; n < uses.size(); ++n) {
      const auto& use = uses[n];
      selects.push_back(fmt::format("SELECT {} AS n, (SELECT {}({})::int8 FROM {}) AS furthest", n,
                                    use.descends ? "min" : "max", use.value(), use.from()));
      names.push_back(use.sequence);
    }
    TRY_ASSIGN(const auto keys, original_.simple(fmt::format("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}",
                                                             fmt::join(selects, " UNION ALL ")),
                                                 deadline_));
    TRY_ASSIGN(const auto read, postgres::sequences(original_, names, deadline_));
    std::map<postgres::TableName, postgres::Sequence> sequences;
    for (const auto& sequence : read) sequences[sequence.name] = sequence;
    for (std::size_t row = 0; row < keys.size(); ++row) {
      const auto& use = uses[static_cast<std::size_t>(keys.number(row, "n"))];
      const auto found = sequences.find(use.sequence);
      if (found == sequences.end() || keys.is_null(row, "furthest")) continue;
      TRY(judge_one(use, found->second, keys.number(row, "furthest")));
    }
    return {};
  }

  Result<void> judge_one(const Use& use, const postgres::Sequence& sequence, std::int64_t furthest) {
    const auto next = next_value(sequence);
    if (!next) return {};
    if (sequence.increment > 0 ? *next > furthest : *next < furthest) return {};
    TRY_ASSIGN(const auto rows, original_.simple(reached_key_sql(use, sequence, *next), deadline_));
    if (rows.empty()) return {};
    const auto key = rows.number(0, "key");
    ShapeDifference found{use.table, ShapeKind::sequence_value, use.name, Kind::changed, "", "", "", true};
    found.original = fmt::format("{} comes next, and {} {} is there", *next, use.column, key);
    found.repair = setval_sql(sequence, key);
    findings_.differences.push_back(std::move(found));
    return {};
  }

  postgres::Connection& original_;
  Deadline deadline_;
  SequenceFindings findings_;
};

}  // namespace

Result<SequenceFindings> judge_sequences(postgres::Connection& original, const std::vector<postgres::TableName>& tables,
                                         Deadline deadline) {
  TRY_ASSIGN(const auto uses, read_uses(original, tables, deadline));
  return Judge(original, deadline).judge(uses);
}

}  // namespace pgcleave::compare
