#include "engine/split_runs.h"

#include <algorithm>

#include "base/fields.h"
#include "base/format.h"
#include "engine/undoer.h"

namespace pgcleave::engine {
namespace {

bool has_split(const RunRecord& run) {
  return run.has_taken(window_of(Direction::forward));
}

bool went_back(const RunRecord& run) {
  return run.has_taken(window_of(Direction::back)) || run.outcome == journal::RunOutcome::rolled_back;
}

std::string named(const RunRecord& run) {
  return fmt::format("run {} ({}, {})", run.id, text_in(run.begun, "name"),
                     run.finished ? run.state(false) : "not finished");
}

// Of those, oldest first.
void find_who_split(SplitRuns& split) {
  for (auto run = split.all.rbegin(); run != split.all.rend(); ++run) {
    if (has_split(**run)) {
      split.last_split_by = *run;
      split.split_by = went_back(**run) ? nullptr : *run;
      split.ended_by = nullptr;
    } else if (split.split_by != nullptr && !irreversible(**run, Direction::forward).empty()) {
      split.ended_by = *run;
      split.split_by = nullptr;
    }
  }
}

const RunRecord* unfinished_of(const SplitRuns& split) {
  return split.unfinished.empty() ? nullptr : split.unfinished.front();
}

const RunRecord* last_that_matters(const SplitRuns& split) {
  if (const auto* open = unfinished_of(split)) return open;
  if (split.split_by != nullptr) return split.split_by;
  if (split.ended_by != nullptr) return split.ended_by;
  // Nobody holds it: the one in which something happened last. A rollback comes after runs that were begun meanwhile.
  return *std::max_element(split.all.rbegin(), split.all.rend(),
                           [](const auto* one, const auto* other) { return one->last_at_us < other->last_at_us; });
}

Error several(const std::vector<SplitRuns>& splits, const char* verb, const std::string& rest) {
  Error error{ErrorKind::invalid,
              "this journal",
              fmt::format("holds {} splits, and none is named", splits.size()),
              "",
              "",
              "",
              ""};
  for (const auto& split : splits) {
    const auto& run = *last_that_matters(split);
    error.seen +=
        fmt::format("{}split {} on {}: {}", error.seen.empty() ? "" : "; ", split.split, split.environment, named(run));
    error.hint +=
        fmt::format("{}pgcleave {} {}{}", error.hint.empty() ? "name the run: " : "   or: ", verb, run.id, rest);
  }
  return error;
}

Error another_first(const SplitRuns& split, const RunRecord& open, const std::string& rest) {
  Error error{ErrorKind::held,
              "split " + split.split,
              fmt::format("can't be rolled back as long as another of its runs is not finished: {}", named(open)),
              "",
              "",
              "",
              ""};
  error.seen = fmt::format("{} split it", named(*split.split_by));
  // It did nothing irreversible yet, else the rollback path would have ended.
  error.hint =
      fmt::format("first: pgcleave rollback {0}{2}   or: pgcleave resume {0}{2}; then: pgcleave rollback {1}{2}",
                  open.id, split.split_by->id, rest);
  return error;
}

std::vector<SplitRuns> those(const std::vector<SplitRuns>& splits, bool (*fit)(const SplitRuns&)) {
  std::vector<SplitRuns> found;
  std::copy_if(splits.begin(), splits.end(), std::back_inserter(found), fit);
  return found;
}

template <class Fits>
std::vector<SplitRuns> narrowed_if(std::vector<SplitRuns> splits, Fits fits) {
  if (std::none_of(splits.begin(), splits.end(), fits)) return splits;
  splits.erase(std::remove_if(splits.begin(), splits.end(), [&](const auto& split) { return !fits(split); }),
               splits.end());
  return splits;
}

}  // namespace

std::vector<SplitRuns> runs_by_split(const std::vector<RunRecord>& newest_first) {
  std::vector<SplitRuns> splits;
  for (const auto& run : newest_first) {
    const auto split = text_in(run.begun, "split_name");
    const auto environment = text_in(run.begun, "environment_name");
    auto found = std::find_if(splits.begin(), splits.end(),
                              [&](const auto& one) { return one.split == split && one.environment == environment; });
    if (found == splits.end()) found = splits.insert(splits.end(), SplitRuns{split, environment});
    found->all.push_back(&run);
    if (run.is_open()) found->unfinished.push_back(&run);
  }
  for (auto& split : splits) find_who_split(split);
  return splits;
}

std::vector<SplitRuns> narrowed(std::vector<SplitRuns> splits, const SplitWanted& wanted) {
  splits =
      narrowed_if(std::move(splits), [&](const SplitRuns& split) { return split.environment == wanted.environment; });
  return narrowed_if(std::move(splits), [&](const SplitRuns& split) { return split.split == wanted.split; });
}

Result<const RunRecord*> run_meant(const std::vector<SplitRuns>& splits, Intent intent, const std::string& rest) {
  const auto has_unfinished = [](const SplitRuns& split) { return !split.unfinished.empty(); };
  const auto may_go_back = [](const SplitRuns& split) {
    return split.split_by != nullptr || !split.unfinished.empty();
  };
  const auto concerned = those(splits, intent == Intent::rollback ? may_go_back : has_unfinished);
  if (intent != Intent::inspect && concerned.size() > 1)
    return fail(several(concerned, intent == Intent::resume ? "resume" : "rollback", rest));
  if (concerned.empty()) {
    const auto held = those(splits, [](const SplitRuns& split) { return split.split_by != nullptr; });
    return last_that_matters(held.empty() ? splits.front() : held.front());
  }
  const auto& split = concerned.front();
  const auto* open = unfinished_of(split);
  if (intent == Intent::rollback && open != nullptr && split.split_by != nullptr && open != split.split_by)
    return fail(another_first(split, *open, rest));
  return last_that_matters(split);
}

}  // namespace pgcleave::engine
