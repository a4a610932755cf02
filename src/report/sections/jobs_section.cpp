// What jobs changed: steps that walk over a table in batches. Known by what they tell in the end.
#include "base/fields.h"
#include "base/format.h"
#include "report/document/display.h"
#include "report/sections/run_sections.h"

namespace pgcleave::report {
namespace {

struct JobStory {
  std::string step;
  const engine::StepRecord* record = nullptr;
  double ms = 0;  // of all its tries
  int tries = 0;
  [[nodiscard]] std::int64_t told(const char* output) const { return whole_in(record->outputs, output); }
  [[nodiscard]] double rows_per_second() const { return ms > 0 ? 1000 * static_cast<double>(told("changed")) / ms : 0; }
};

std::vector<JobStory> jobs_of_story(const RunStory& story) {
  std::vector<JobStory> jobs;
  for (const auto& id : story.record.order) {
    const auto& record = story.record.steps.at(id);
    if (!record.outputs.contains("changed") || !record.outputs.contains("batches")) continue;
    JobStory job{id, &record};
    for (const auto& time : story.steps) {
      if (time.id != id || time.outcome == StepOutcome::found_done) continue;
      job.ms += time.ms;
      ++job.tries;
    }
    jobs.push_back(job);
  }
  return jobs;
}

}  // namespace

std::optional<Section> jobs_section(const RunStory& story) {
  const auto jobs = jobs_of_story(story);
  if (jobs.empty()) return std::nullopt;
  Section section{"jobs", "What was changed in batches", {}};
  Table table{{{"step"},
               {"kind"},
               {"on"},
               {"table"},
               {"rows", true},
               {"batches", true},
               {"left out", true},
               {"took", true},
               {"rows per second", true},
               {"tries", true}},
              {}};
  std::vector<Cell> left_out;
  for (const auto& job : jobs) {
    const auto skipped = job.told("skipped");
    const auto& with = job.record->with;
    table.rows.push_back({code(job.step),
                          code(job.record->uses),
                          {text_in(with, "on")},
                          code(text_in(with, "table")),
                          number(count(job.told("changed"))),
                          number(count(job.told("batches"))),
                          number(count(skipped), skipped > 0 ? Mark::warning : Mark::none),
                          number(job.ms > 0 ? duration(job.ms) : ""),
                          number(job.ms > 0 ? count(static_cast<std::int64_t>(job.rows_per_second())) : ""),
                          number(count(job.tries))});
    for (const auto& sentence : list_in(job.record->outputs, "left_out"))
      if (sentence.is_string()) left_out.push_back({sentence.get<std::string>(), Mark::warning});
  }
  section.add(table);
  if (!left_out.empty()) section.add(List{left_out});
  return section;
}

Json jobs_data(const RunStory& story) {
  Json jobs = Json::array();
  for (const auto& job : jobs_of_story(story)) {
    jobs.push_back({{"step", job.step},
                    {"uses", job.record->uses},
                    {"on", text_in(job.record->with, "on")},
                    {"table", text_in(job.record->with, "table")},
                    {"changed", job.told("changed")},
                    {"batches", job.told("batches")},
                    {"skipped", job.told("skipped")},
                    {"ms", job.ms},
                    {"tries", job.tries}});
  }
  return jobs;
}

}  // namespace pgcleave::report
