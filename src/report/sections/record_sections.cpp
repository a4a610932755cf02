// Who decided, what went wrong, and how all of this can be proven.
#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {

Section decisions_section(const RunStory& story) {
  Section section{"people", "Who decided", {}};
  const auto readiness = object_in(story.record.begun, "readiness");
  if (text_in(readiness, "verdict") == "forced") {
    std::vector<std::string> blockers;
    for (const auto& id : list_in(readiness, "blockers")) {
      if (id.is_string()) blockers.push_back(id.get<std::string>());
    }
    section.say(
        fmt::format("The run began although the readiness review had blockers ({}). The reason that was given: {}",
                    fmt::join(blockers, ", "), text_in(readiness, "reason")));
  }
  Table people{{{"when, UTC"}, {"who"}, {"what"}}, {}};
  for (const auto& process : story.processes) {
    people.rows.push_back({{utc(process.at_us)}, {process.who}, {process.what + " (on " + process.host + ")"}});
  }
  for (const auto& one : story.decisions) {
    people.rows.push_back({{utc(one.at_us)},
                           {one.by},
                           {fmt::format("approved {}{}{}{}", one.step, one.asked.empty() ? "" : ": " + one.asked,
                                        one.words.empty() ? "" : " — typed: " + one.words,
                                        one.how.empty() ? "" : " (" + one.how + ")")}});
  }
  std::sort(people.rows.begin(), people.rows.end(), [](const auto& a, const auto& b) { return a[0].text < b[0].text; });
  section.add(people);
  if (story.decisions.empty()) section.say("No approval was asked for or given.");
  return section;
}

Section mishaps_section(const RunStory& story) {
  Section section{"mishaps", "What went wrong", {}};
  if (story.mishaps.empty()) {
    section.say("Nothing: no step failed, no effect was refused or left unknown, no check and no budget was missed.");
    return section;
  }
  Table table{{{"when, UTC"}, {"where"}, {"what"}, {"in words"}}, {}};
  for (const auto& one : story.mishaps) {
    const auto mark = one.only_missed ? Mark::warning : Mark::bad;
    table.rows.push_back({{utc_clock(one.at_us)}, code(one.where), {one.kind, mark}, {one.text}});
  }
  section.add(table);
  return section;
}

Section evidence_section(const RunStory& story, const Chain& chain) {
  Section section{"evidence", "Evidence", {}};
  const bool whole = chain.broken.empty();
  section.say(
      "All times and verdicts above come from the journal, whose events are chained by hashes. Who keeps the last hash "
      "elsewhere can "
      "prove later that nothing was changed.");
  Table table{{{"what"}, {"value"}}, {}};
  table.rows = {{{"journal"}, code(chain.journal)},
                {{"hash chain"}, {whole ? "whole, every event checked" : chain.broken, whole ? Mark::good : Mark::bad}},
                {{"last event of this run"}, code(fmt::format("number {}, {}", story.last_seq, story.last_hash))},
                {{"last event of the journal"}, code(chain.head)}};
  section.add(table);
  return section;
}

}  // namespace pgcleave::report
