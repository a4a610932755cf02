#include "app/rounds.h"

namespace pgcleave::app {

using readiness::Round;

Result<std::vector<Round>> rounds_of(const journal::Journal& journal, const std::string& rehearsal) {
  TRY_ASSIGN(auto all, readiness::rounds_in(journal));
  if (all.empty())
    return fail({ErrorKind::invalid, journal.path(), "holds no rehearsal", "", "",
                 "begin one with: pgcleave rehearse RUNBOOK -e ENVIRONMENT", ""});
  const auto wanted = rehearsal == "last" ? all.back().rehearsal : rehearsal;
  std::erase_if(
      all, [&](const Round& round) { return round.rehearsal != wanted && !round.rehearsal.ends_with("-" + wanted); });
  if (all.empty())
    return fail({ErrorKind::invalid, "rehearsal " + wanted, "there is no such rehearsal, or it has no round yet", "",
                 "", "the newest: pgcleave runs --rehearsal last", ""});
  return all;
}

}  // namespace pgcleave::app
