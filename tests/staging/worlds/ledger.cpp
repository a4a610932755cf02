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
  for (const auto& token : written) entries_[token] = {static_cast<Class>(token[2]), Fate::unknown, "", how, false};
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
    const auto [place, fresh] = values_[sequence].emplace(value, told.side);
    if (!fresh)
      violations_.push_back({"value of a sequence given out twice",
                             fmt::format("{} gave out {} on {} and on {}", sequence, value, place->second, told.side)});
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
    if (entry.fate == Fate::unknown && !entry.side.empty()) entry.fate = Fate::present;
  }
}

void Ledger::broken(const std::string& kind, const std::string& text) {
  const std::lock_guard guard(mutex_);
  violations_.push_back({kind, text});
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
