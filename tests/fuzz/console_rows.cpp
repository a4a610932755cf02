// What a console answers: the first line names the columns, the others are rows, cells are separated by tabs, \N is
// NULL.
#include <sstream>

#include "pgbouncer/console_answers.h"
#include "target.h"

using namespace pgcleave;

namespace {

using Cells = std::vector<std::optional<std::string>>;

std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

postgres::Rows rows_of(const std::string& text) {
  const auto lines = cut(text, '\n');
  if (lines.empty()) return {};
  const auto columns = cut(lines.front(), '\t');
  std::vector<Cells> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    Cells row;
    for (const auto& cell : cut(lines[i], '\t')) row.push_back(cell == "\\N" ? std::nullopt : std::optional(cell));
    row.resize(columns.size());
    rows.push_back(std::move(row));
  }
  return {columns, rows, "SHOW"};
}

template <class T>
void look(const Result<T>& answer) {
  if (!answer) pgcleave::fuzz::require_printable(answer.error().text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto rows = rows_of(text);
  const auto half = rows_of(text.substr(text.size() / 2));
  look(pgbouncer::databases_in(rows, "bouncer"));
  look(pgbouncer::settings_in(rows, "bouncer"));
  look(pgbouncer::active_servers_in(rows, half, "app", "bouncer"));
  look(pgbouncer::active_servers_in(rows, rows, "app", "bouncer"));
  look(pgbouncer::column_in(rows, "application_name", "SHOW CLIENTS", "bouncer"));
  look(pgbouncer::pool_users_in(rows, "app", "bouncer"));
  look(pgbouncer::sum_in(rows, "app", "cl_waiting", "bouncer"));
  look(pgbouncer::clients_in(rows, "bouncer"));
  look(pgbouncer::process_paused_in(rows, "bouncer"));
  look(pgbouncer::version_in(rows, "bouncer"));
  return 0;
}
