// The tables that clients know now; events change it while they write.
#pragma once
#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chance.h"
#include "schema.h"

namespace pgcleave_worlds {

class Tables {
 public:
  void add(const Piece& piece) {
    const std::lock_guard guard(mutex_);
    tables_.insert(tables_.end(), piece.tables.begin(), piece.tables.end());
    if (piece.cls == Class::moved) sequences_.insert(sequences_.end(), piece.sequences.begin(), piece.sequences.end());
  }
  void remove(const std::string& name) {
    const std::lock_guard guard(mutex_);
    std::erase_if(tables_, [&](const Table& table) { return table.name == name; });
  }
  std::optional<Table> any(Class cls, Chance& chance, bool direct) const {
    const std::lock_guard guard(mutex_);
    std::vector<const Table*> fitting;
    for (const auto& table : tables_)
      if (table.cls == cls && !(direct && table.bouncer_only)) fitting.push_back(&table);
    if (fitting.empty()) return {};
    return *chance.pick(fitting);
  }
  std::string any_sequence(Chance& chance) const {
    const std::lock_guard guard(mutex_);
    return sequences_.empty() ? "" : chance.pick(sequences_);
  }
  void detached(const std::string& name) {
    const std::lock_guard guard(mutex_);
    for (auto& table : tables_) table.detached = table.detached || table.name == name;
  }
  // No client asks a sequence by its name alone any more: it would not know where.
  void swap_classes() {
    const std::lock_guard guard(mutex_);
    for (auto& table : tables_)
      table.cls = table.cls == Class::moved ? Class::kept : table.cls == Class::kept ? Class::moved : table.cls;
    sequences_.clear();
  }
  std::vector<Table> all() const {
    const std::lock_guard guard(mutex_);
    return tables_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Table> tables_;
  std::vector<std::string> sequences_;
};

}  // namespace pgcleave_worlds
