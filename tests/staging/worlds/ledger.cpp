#include "ledger.h"

#include <fmt/format.h>

namespace pgcleave_worlds {

std::string Ledger::new_token(Class cls) {
  const std::lock_guard guard(mutex_);
  return fmt::format("tk{}{:07}z", static_cast<char>(cls), ++last_);
}

void Ledger::announce(const std::vector<std::string>& written, const std::vector<std::string>& removed,
                      const std::string& how) {
  const std::lock_guard guard(mutex_);
  for (const auto& token : written)
    entries_[token] = {static_cast<Class>(token[2]), Fate::unknown, "", how, false, false};
  for (const auto& token : removed) {
    auto& entry = entries_[token];
    entry.removal_open = true;
    if (entry.fate == Fate::present) entry.fate = Fate::unknown;
  }
}

// A token is written once and removed once, so what was removed stays absent in whatever order the answers come.
void Ledger::acknowledge(const Told& told) {
  const std::lock_guard guard(mutex_);
  ++acknowledged_;
  for (const auto& token : told.written) {
    auto& entry = entries_[token];
    if (entry.fate != Fate::absent && !entry.removal_open) entry.fate = Fate::present;
    entry.side = told.side;
  }
  for (const auto& token : told.removed) entries_[token].fate = Fate::absent;
  for (const auto& [sequence, value] : told.values) {
    const auto [place, fresh] =
        values_[sequence].emplace(value, Given{told.side, static_cast<std::size_t>(acknowledged_)});
    if (!fresh)
      violations_.push_back(
          {"value of a sequence given out twice",
           fmt::format("{} gave out {} on {} and on {}", sequence, value, place->second.side, told.side)});
  }
}

void Ledger::rolled_back(const std::vector<std::string>& written) {
  const std::lock_guard guard(mutex_);
  for (const auto& token : written) entries_[token].fate = Fate::absent;
}

void Ledger::not_removed(const std::vector<std::string>& removed) {
  const std::lock_guard guard(mutex_);
  for (const auto& token : removed) {
    auto& entry = entries_[token];
    entry.removal_open = false;
    if (entry.fate == Fate::unknown && !entry.side.empty() && !entry.may_differ) entry.fate = Fate::present;
  }
}

void Ledger::broken(const std::string& kind, const std::string& text) {
  const std::lock_guard guard(mutex_);
  violations_.push_back({kind, text});
}

void Ledger::may_differ(const std::set<std::string>& tokens) {
  const std::lock_guard guard(mutex_);
  for (const auto& token : tokens) {
    const auto found = entries_.find(token);
    if (found == entries_.end()) continue;
    found->second.fate = Fate::unknown;
    found->second.may_differ = true;
  }
}

void Ledger::may_differ_of(Class cls, const std::set<std::string>& tokens) {
  std::set<std::string> of_class;
  const auto all = entries();
  for (const auto& token : tokens)
    if (const auto found = all.find(token); found != all.end() && found->second.cls == cls) of_class.insert(token);
  may_differ(of_class);
}

std::size_t Ledger::mark() const {
  const std::lock_guard guard(mutex_);
  return static_cast<std::size_t>(acknowledged_);
}

void Ledger::forget_values(std::size_t since, const std::string& side) {
  const std::lock_guard guard(mutex_);
  for (auto& [sequence, values] : values_)
    std::erase_if(values, [&](const auto& one) { return one.second.number > since && one.second.side == side; });
}

void Ledger::change_class(const std::set<std::string>& tokens, Class cls) {
  const std::lock_guard guard(mutex_);
  for (const auto& token : tokens)
    if (const auto found = entries_.find(token); found != entries_.end()) found->second.cls = cls;
}

void Ledger::one_side_moves() {
  const std::lock_guard guard(mutex_);
  for (auto& [token, entry] : entries_)
    if (entry.cls == Class::one_side) entry.cls = Class::moved;
}

std::map<std::string, Entry> Ledger::entries() const {
  const std::lock_guard guard(mutex_);
  return entries_;
}

std::vector<Violation> Ledger::violations() const {
  const std::lock_guard guard(mutex_);
  return violations_;
}

long long Ledger::acknowledged() const {
  const std::lock_guard guard(mutex_);
  return acknowledged_;
}

}  // namespace pgcleave_worlds
