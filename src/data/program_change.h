// Rows of one version become rows of another by a program (data/row_program.h). Its input is an object with the key of
// a row and the columns to read, its output one with the same key and the columns to write, each as PostgreSQL writes
// and reads it in JSON (bytea as "\\x00ff").
//
// Rows are read before the batch's transaction begins, and no lock is held while the program works. One that a client
// changes meanwhile is left as it is (its place and its xmin are others then), and found by another pass.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/change.h"
#include "data/row_program.h"

namespace pgcleave::data {

struct VersionStep {
  std::string column;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

class ProgramChange : public Change {
 public:
  ProgramChange(VersionStep version, std::vector<std::string> read, std::vector<std::string> write,
                std::unique_ptr<RowProgram> program);

  [[nodiscard]] std::string text(const postgres::TableName& table) const override;
  [[nodiscard]] bool marks_rows() const override { return true; }
  [[nodiscard]] std::vector<std::string> columns() const override;
  [[nodiscard]] Result<void> check() const override;
  [[nodiscard]] Result<void> check_table(const Table& table, const std::vector<std::string>& walked_by) const override;
  // `failed` with rows_are_refused: the program answered badly, or ended; the row is named. `timed_out`, `interrupted`.
  Result<Statement> statement(postgres::Connection& connection, const Leaf& leaf, const std::string& range,
                              const std::string& row_name, Deadline deadline) override;

 private:
  struct Rows;
  Result<Rows> read_rows(postgres::Connection& connection, const Leaf& leaf, const std::string& range,
                         const std::string& row_name, Deadline deadline) const;
  Result<std::string> answered(const Rows& rows);

  VersionStep version_;
  std::vector<std::string> read_;
  std::vector<std::string> write_;
  std::unique_ptr<RowProgram> program_;
};

}  // namespace pgcleave::data
