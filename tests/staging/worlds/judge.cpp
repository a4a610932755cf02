#include "judge.h"

#include <fmt/format.h>

namespace pgcleave_worlds {
namespace {

int count_on(const Contents& contents, const std::string& token) {
  const auto found = contents.count.find(token);
  return found == contents.count.end() ? 0 : found->second;
}

bool belongs_on_target(const Entry& entry, Serves serves) {
  switch (entry.cls) {
    case Class::kept: return false;
    case Class::moved: return serves == Serves::target;
    case Class::shared:
    case Class::one_side: return serves == Serves::target && entry.side == "ci";
  }
  return false;
}

std::string name_of(Class cls) {
  switch (cls) {
    case Class::moved: return "moved";
    case Class::kept: return "kept";
    case Class::shared: return "shared";
    case Class::one_side: return "one side's";
  }
  return "?";
}

}  // namespace

Serves who_serves(const Gate& gate) {
  const bool source = gate.source_says.empty(), target = gate.target_says.empty();
  if (source && target) return Serves::both;
  return source ? Serves::source : target ? Serves::target : Serves::nobody;
}

std::vector<Violation> judge_rows(const std::map<std::string, Entry>& told, const Contents& source,
                                  const Contents& target, Serves serves) {
  std::vector<Violation> found;
  for (const auto& [token, entry] : told) {
    const bool there = belongs_on_target(entry, serves);
    const int count = count_on(there ? target : source, token), elsewhere = count_on(there ? source : target, token);
    const auto text = [&](const char* what) {
      return fmt::format("{} of a {} table, acknowledged by {} ({}): {}; {} times on {}, {} times on the other side",
                         token, name_of(entry.cls), entry.side.empty() ? "nobody yet" : entry.side, entry.how, what,
                         count, there ? "ci" : "main", elsewhere);
    };
    if (count > 1) found.push_back({"duplicated", text("must be there once")});
    if (entry.fate == Fate::present && count == 0) found.push_back({"lost", text("must be there")});
    if (entry.fate == Fate::absent && count > 0) found.push_back({"came back", text("was deleted")});
  }
  for (const auto& [token, count] : source.count)
    if (!told.contains(token))
      found.push_back({"made up", fmt::format("{} is stored on main, and nobody wrote it", token)});
  return found;
}

std::vector<Violation> judge_gates(const std::vector<Gate>& gates, Serves serves) {
  std::vector<Violation> found;
  for (const auto& gate : gates) {
    if (gate.created_since) continue;
    const Serves here = who_serves(gate);
    if (here == Serves::both)
      found.push_back({"open on both sides", fmt::format("{} takes writes on both sides", gate.table)});
    else if (here == Serves::nobody && serves != Serves::nobody)
      found.push_back({"closed on both sides", fmt::format("{}: main says '{}', ci says '{}'", gate.table,
                                                           gate.source_says, gate.target_says)});
    else if (here != serves && (serves == Serves::source || serves == Serves::target))
      found.push_back({"open on the wrong side", fmt::format("{} takes writes on {} alone, while the other side serves",
                                                             gate.table, here == Serves::source ? "main" : "ci")});
  }
  return found;
}

}  // namespace pgcleave_worlds
