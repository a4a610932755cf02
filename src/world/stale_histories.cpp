#include "world/stale_histories.h"

#include <algorithm>

#include "postgres/history_text.h"

namespace pgcleave::world {
namespace {

using postgres::Histories;
using postgres::History;
using postgres::Timeline;

const History* file_of(const Histories& server, std::uint32_t timeline) {
  const auto found = std::find_if(server.files.begin(), server.files.end(),
                                  [&](const auto& file) { return file.timeline == timeline; });
  return found == server.files.end() ? nullptr : &*found;
}

// The first timeline has no file. Empty: the leader's own file is not there, and nothing can be said of what came
// before it.
std::vector<Timeline> lineage_of(const Histories& leader) {
  if (leader.timeline <= 1) return {{1, Lsn{}}};
  const auto* own = file_of(leader, leader.timeline);
  return own == nullptr ? std::vector<Timeline>() : own->lineage;
}

class Judgement {
 public:
  Judgement(const Histories& member, const Histories& leader)
      : leader_(leader.timeline),
        lineage_(lineage_of(leader)),
        knows_leaders_(file_of(member, leader.timeline) != nullptr) {}

  [[nodiscard]] bool is_stale(const History& file) const {
    if (file.timeline > leader_) return true;  // the next promotion takes this number
    if (lineage_.empty()) return false;
    const auto mine =
        std::find_if(lineage_.begin(), lineage_.end(), [&](const auto& one) { return one.id == file.timeline; });
    // A number that was passed over. A member that starts without the leader's file takes this one for the newest.
    if (mine == lineage_.end()) return !knows_leaders_;
    return file.lineage != std::vector<Timeline>(lineage_.begin(), mine + 1);
  }

 private:
  std::uint32_t leader_;
  std::vector<Timeline> lineage_;
  bool knows_leaders_;
};

}  // namespace

std::vector<std::string> stale_histories(const Histories& member, const Histories& leader) {
  const Judgement judgement(member, leader);
  std::vector<std::string> stale;
  for (const auto& file : member.files) {
    if (judgement.is_stale(file)) stale.push_back(postgres::history_file(file.timeline));
  }
  return stale;
}

}  // namespace pgcleave::world
