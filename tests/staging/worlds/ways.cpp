// The ways in which SQL writes. Each tells the ledger what it is about to do, and then what it was told.
#include <fmt/format.h>

#include "client.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Answer;

constexpr auto where_am_i = "current_setting('cluster_name')";

std::string id_for(Client& client, const Table& table) {
  return table.explicit_id ? std::to_string(static_cast<long long>(client.plan.stream) * 10'000'000 + ++client.last_id)
                           : "default";
}
int part_for(Client& client, const Table& table) {
  auto parts = table.parts;
  return client.chance.pick(parts);
}
std::string values_for(Client& client, const Table& table, const std::string& token) {
  return table.explicit_id ? fmt::format("({}, {}, '{}')", id_for(client, table), part_for(client, table), token)
                           : fmt::format("({}, '{}')", part_for(client, table), token);
}
std::string columns_of(const Table& table) {
  return table.explicit_id ? "(id, part, tok)" : "(part, tok)";
}

// Rows of: token, id, cluster.
Told told_by(const Table& table, const Answer& answer) {
  Told told;
  for (const auto& row : answer.rows) {
    if (row.size() < 3) continue;
    told.written.push_back(row[0].value_or(""));
    told.side = row[2].value_or("");
    if (!table.sequence.empty() && row[1]) told.values.emplace_back(table.sequence, std::stoll(*row[1]));
  }
  return told;
}

void keep(Client& client, const Table& table, const Told& told) {
  client.ledger.acknowledge(told);
  auto& own = client.own[table.name];
  own.insert(own.end(), told.written.begin(), told.written.end());
  if (own.size() > 60) own.erase(own.begin(), own.begin() + 30);
}

std::string insert(Client& client, const Table& table, const std::vector<std::string>& tokens) {
  std::string values;
  for (const auto& token : tokens) values += (values.empty() ? "" : ", ") + values_for(client, table, token);
  return fmt::format("insert into {} {} values {}", table.name, columns_of(table), values);
}
std::string returning() {
  return fmt::format(" returning tok, id, {}", where_am_i);
}

std::vector<std::string> new_tokens(Client& client, const Table& table, int count) {
  std::vector<std::string> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back(client.ledger.new_token(table.cls));
  client.ledger.announce(tokens, {}, fmt::format("{} into {}", client.way, table.name));
  return tokens;
}

// Its statements in one transaction; the answer of `row` holds what was written.
bool in_transaction(Client& client, const Table& table, const std::string& begin,
                    const std::vector<std::string>& statements, std::size_t row) {
  Answer answer;
  Told told;
  if (!client.ask(begin, answer)) return true;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (!client.ask(statements[i], answer)) return true;
    if (i == row) told = told_by(table, answer);
  }
  if (client.ask("commit", answer)) keep(client, table, told);
  return true;
}

bool one_row(Client& client, const Table& table) {
  Answer answer;
  if (client.ask(insert(client, table, new_tokens(client, table, 1)) + returning(), answer))
    keep(client, table, told_by(table, answer));
  return true;
}

bool several_rows(Client& client, const Table& table) {
  Answer answer;
  if (client.ask(insert(client, table, new_tokens(client, table, 5)) + returning(), answer))
    keep(client, table, told_by(table, answer));
  return true;
}

bool writable_cte(Client& client, const Table& table) {
  Answer answer;
  const auto sql =
      fmt::format("with w as ({}{}) select * from w", insert(client, table, new_tokens(client, table, 2)), returning());
  if (client.ask(sql, answer)) keep(client, table, told_by(table, answer));
  return true;
}

bool on_conflict(Client& client, const Table& table) {
  Answer answer;
  const auto sql = insert(client, table, new_tokens(client, table, 2)) + " on conflict do nothing" + returning();
  if (client.ask(sql, answer)) keep(client, table, told_by(table, answer));
  return true;
}

bool merge(Client& client, const Table& table) {
  const auto tokens = new_tokens(client, table, 1);
  const auto sql = fmt::format(
      "merge into {} t using (select '{}' as tok) s on t.tok = s.tok when matched then update set part = t.part when "
      "not matched then insert {} values {}",
      table.name, tokens[0], columns_of(table), values_for(client, table, tokens[0]));
  Answer answer, side;
  if (!client.ask("begin", answer) || !client.ask(sql, answer) ||
      !client.ask(fmt::format("select {}", where_am_i), side))
    return true;
  if (client.ask("commit", answer)) keep(client, table, {tokens, {}, side.value(), {}});
  return true;
}

bool by_function(Client& client, const Table& table) {
  if (table.explicit_id) return false;
  const auto tokens = new_tokens(client, table, 1);
  Answer answer;
  const auto sql = fmt::format("select '{0}', w.id, w.side from public.write_row({1}, {2}, '{0}') w", tokens[0],
                               literal_of(table.name), part_for(client, table));
  if (client.ask(sql, answer)) keep(client, table, told_by(table, answer));
  return true;
}

bool prepared(Client& client, const Table& table) {
  // A prepared statement outlives a transaction that failed, in a server connection that the next client gets.
  const auto tokens = new_tokens(client, table, 1);
  return in_transaction(client, table, "begin",
                        {fmt::format("prepare {} as {}{}", tokens[0], insert(client, table, tokens), returning()),
                         "execute " + tokens[0], "deallocate " + tokens[0]},
                        1);
}

bool repeatable_read(Client& client, const Table& table) {
  return in_transaction(
      client, table, "begin isolation level repeatable read",
      {"select count(*) from " + table.name, fmt::format("select pg_sleep({})", 0.001 * client.chance.below(40)),
       insert(client, table, new_tokens(client, table, 2)) + returning()},
      2);
}

bool savepoint(Client& client, const Table& table) {
  const auto lost = new_tokens(client, table, 1), kept = new_tokens(client, table, 1);
  Answer answer;
  for (const auto& sql :
       {std::string("begin"), std::string("savepoint s"), insert(client, table, lost), std::string("rollback to s")})
    if (!client.ask(sql, answer)) return true;
  client.ledger.rolled_back(lost);
  if (!client.ask(insert(client, table, kept) + returning(), answer)) return true;
  const Told told = told_by(table, answer);
  if (client.ask("commit", answer)) keep(client, table, told);
  return true;
}

bool copy(Client& client, const Table& table) {
  const auto tokens = new_tokens(client, table, 3);
  Answer answer, side;
  if (!client.ask("begin", answer)) return true;
  const auto sql = fmt::format("copy {} {} from stdin", table.name, columns_of(table));
  if (!client.said(client.database->begin_copy(sql), sql)) return true;
  // Now it holds its lock and has no row yet.
  const bool direct = client.plan.route == Route::source || client.plan.route == Route::target;
  std::this_thread::sleep_for(std::chrono::milliseconds(client.chance.below(direct ? 900 : 30)));
  std::string rows;
  for (const auto& token : tokens)
    rows += (table.explicit_id ? id_for(client, table) + "\t" : "") +
            fmt::format("{}\t{}\n", part_for(client, table), token);
  if (!client.said(client.database->end_copy(rows), sql)) return true;
  if (!client.ask(fmt::format("select {}", where_am_i), side)) return true;
  if (client.ask("commit", answer)) keep(client, table, {tokens, {}, side.value(), {}});
  return true;
}

bool ask_sequence(Client& client, const Table&) {
  // Round the bouncers no fence keeps a client from asking the side that does not serve.
  const auto sequence = client.plan.route == Route::bouncer ? client.tables.any_sequence(client.chance) : "";
  if (sequence.empty()) return false;
  Answer answer;
  if (client.ask(fmt::format("select nextval({}), {}", sequence, where_am_i), answer) && !answer.rows.empty())
    client.ledger.acknowledge({{}, {}, answer.rows[0][1].value_or(""), {{sequence, std::stoll(answer.value())}}});
  return true;
}

}  // namespace

const Way& slow_copy() {
  static const Way way{"COPY", copy};
  return way;
}

const std::vector<Way>& ways() {
  static const std::vector<Way> all = [] {
    std::vector<Way> list{{"INSERT", one_row},
                          {"INSERT of several rows", several_rows},
                          {"writable CTE", writable_cte},
                          {"ON CONFLICT", on_conflict},
                          {"MERGE", merge},
                          {"function", by_function},
                          {"prepared", prepared},
                          {"REPEATABLE READ", repeatable_read},
                          {"SAVEPOINT", savepoint},
                          {"COPY", copy},
                          {"COPY again", copy},
                          {"nextval", ask_sequence}};
    for (const Way& way : removing_ways()) list.push_back(way);
    return list;
  }();
  return all;
}

}  // namespace pgcleave_worlds
