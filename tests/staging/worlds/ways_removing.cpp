// The ways in which SQL changes and deletes what is there.
#include <fmt/format.h>

#include "client.h"
#include "pieces_of.h"

namespace pgcleave_worlds {
namespace {

using pgcleave_lab::Answer;

constexpr auto this_cluster = "current_setting('cluster_name')";

std::string own_token(Client& client, const Table& table) {
  auto& own = client.own[table.name];
  if (own.empty()) return {};
  const auto at = static_cast<std::size_t>(client.chance.below(static_cast<int>(own.size())));
  const std::string token = own[at];
  own.erase(own.begin() + static_cast<std::ptrdiff_t>(at));
  return token;
}

// The answer's rows hold the new token and the cluster, if the old one was there.
void changed(Client& client, const Table& table, const Answer& answer, const std::string& before,
             const std::string& after) {
  if (answer.rows.empty()) return client.ledger.not_removed({before});
  client.ledger.acknowledge({{after}, {before}, answer.rows[0][1].value_or(""), {}});
  client.own[table.name].push_back(after);
}

bool update(Client& client, const Table& table) {
  const std::string before = own_token(client, table);
  if (before.empty()) return false;
  const std::string after = client.ledger.new_token(table.cls);
  client.ledger.announce({after}, {before}, fmt::format("UPDATE of {}", table.name));
  Answer answer;
  if (client.ask(fmt::format("update {} set tok = '{}' where tok = '{}' returning tok, {}", table.name, after, before,
                             this_cluster),
                 answer))
    changed(client, table, answer, before, after);
  return true;
}

bool by_cursor(Client& client, const Table& table) {
  if (table.partitioned) return false;
  const std::string before = own_token(client, table);
  if (before.empty()) return false;
  const std::string after = client.ledger.new_token(table.cls);
  client.ledger.announce({after}, {before}, fmt::format("UPDATE of {} by a cursor", table.name));
  Answer answer, changes;
  if (!client.ask("begin", answer) ||
      !client.ask(
          fmt::format("declare c cursor for select * from only {} where tok = '{}' for update", table.name, before),
          answer) ||
      !client.ask("fetch c", answer))
    return true;
  if (!answer.rows.empty() && !client.ask(fmt::format("update {} set tok = '{}' where current of c returning tok, {}",
                                                      table.name, after, this_cluster),
                                          changes))
    return true;
  if (client.ask("commit", answer)) changed(client, table, changes, before, after);
  return true;
}

bool remove(Client& client, const Table& table) {
  const std::string token = own_token(client, table);
  if (token.empty()) return false;
  client.ledger.announce({}, {token}, fmt::format("DELETE from {}", table.name));
  Answer answer;
  if (!client.ask(fmt::format("delete from {} where tok = '{}' returning tok", table.name, token), answer)) return true;
  if (answer.rows.empty())
    client.ledger.not_removed({token});
  else
    client.ledger.acknowledge({{}, {token}, "", {}});
  return true;
}

bool truncate(Client& client, const Table& table) {
  if (!table.truncatable || !client.chance.percent(6)) return false;
  Answer answer, seen;
  if (!client.ask("begin", answer) ||
      !client.ask(fmt::format("lock table {} in access exclusive mode", table.name), answer) ||
      !client.ask("select tok from " + table.name, seen))
    return true;
  Told told;
  for (const auto& row : seen.rows)
    if (row[0] && row[0]->starts_with("tk")) told.removed.push_back(*row[0]);
  client.ledger.announce({}, told.removed, "TRUNCATE of " + table.name);
  if (client.ask("truncate " + table.name, answer) && client.ask("commit", answer)) client.ledger.acknowledge(told);
  return true;
}

// Of a row that is not the parent's own. Locked first, so that nobody else can remove it meanwhile.
bool update_through_the_elder(Client& client, const Table& table) {
  if (!table.elder) return false;
  Answer answer, seen, changes;
  if (!client.ask("begin", answer) ||
      !client.ask(fmt::format("select tok from {0} where tok like 'tkm%' and tableoid <> {1}::regclass limit 1 for "
                              "update skip locked",
                              table.name, literal_of(table.name)),
                  seen))
    return true;
  const std::string before = seen.value();
  if (before.empty()) {
    client.take_back();
    return false;
  }
  const std::string after = client.ledger.new_token(Class::moved);
  client.ledger.announce({after}, {before}, "UPDATE through its parent " + table.name);
  if (!client.ask(fmt::format("update {} set tok = '{}' where tok = '{}' returning tok, {}", table.name, after, before,
                              this_cluster),
                  changes))
    return true;
  if (client.ask("commit", answer) && !changes.rows.empty())
    client.ledger.acknowledge({{after}, {before}, changes.rows[0][1].value_or(""), {}});
  return true;
}

}  // namespace

const Way& through_the_elder() {
  static const Way way{"UPDATE through the parent", update_through_the_elder};
  return way;
}

const std::vector<Way>& removing_ways() {
  static const std::vector<Way> all{{"UPDATE", update},
                                    {"UPDATE by cursor", by_cursor},
                                    {"DELETE", remove},
                                    {"TRUNCATE", truncate},
                                    through_the_elder()};
  return all;
}

}  // namespace pgcleave_worlds
