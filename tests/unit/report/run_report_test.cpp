#include <catch2/catch.hpp>

#include "a_story.h"
#include "reports.h"

namespace pgcleave::report {
namespace {

const Made made{1'795'314'062'000'000, "0.1.0"};

Document report_of(const AStory& events, bool alive = false, const Chain& chain = whole) {
  return run_report(events.told(), alive, {}, {}, chain, made);
}

std::vector<std::string> sections_of(const Document& document) {
  std::vector<std::string> ids;
  for (const auto& section : document.sections) ids.push_back(section.id);
  return ids;
}

AStory done() {
  AStory events;
  events.begin({{"environment", "lab.yml"}}).window(300).finish();
  return events;
}

}  // namespace

TEST_CASE("a run that was done is good, and one that missed something is not wholly so") {
  CHECK(report_of(done()).verdict.mark == Mark::good);
  CHECK(report_of(done()).verdict.word == "Done");
  auto missed = done();
  missed.add("check.missed", {{"text", "the budget was missed"}}).finish("done", 9);
  const auto document = report_of(missed);
  CHECK(document.verdict.mark == Mark::warning);
  CHECK(document.verdict.reasons == std::vector<std::string>{"the budget was missed"});
}

TEST_CASE("a run that began without being ready says so, with the reason") {
  AStory events;
  events.begin({{"readiness", {{"verdict", "forced"}, {"reason", "the disk fails"}, {"blockers", {"fence.missing"}}}}});
  events.window(300).finish();
  CHECK(says(report_of(events), "blockers (fence.missing)"));
  CHECK(says(report_of(events), "The reason that was given: the disk fails"));
  CHECK_FALSE(says(report_of(done()), "readiness review"));
}

TEST_CASE("each other end has its word") {
  const auto ends = [](const std::string& outcome) {
    AStory events;
    return report_of(events.begin().finish(outcome)).verdict;
  };
  CHECK(ends("rolled_back").mark == Mark::good);
  CHECK(ends("undone").mark == Mark::warning);
  CHECK(ends("window_undone").mark == Mark::warning);
  CHECK(ends("stopped").mark == Mark::bad);
  CHECK(ends("waiting").mark == Mark::note);
  AStory unfinished;
  unfinished.begin();
  CHECK(report_of(unfinished).verdict.word == "Interrupted");
  CHECK(report_of(unfinished, true).verdict.word == "Under way");
}

TEST_CASE("a journal that was changed makes every verdict void") {
  const auto document = report_of(done(), false, {"/var/lib/journal.db", "head-hash", "event 17 does not fit"});
  CHECK(document.verdict.mark == Mark::bad);
  CHECK(document.verdict.word == "Not to be trusted");
  CHECK(says(document, "event 17 does not fit"));
  CHECK(document.data.at("evidence").at("chain_holds") == false);
}

TEST_CASE("what a job changed in batches is told with its rate, and the rows that it left out with the reason") {
  AStory events;
  events.begin();
  events.step(
      "fill", "rows.update", 100, 2100,
      {{"changed", 4000}, {"batches", 20}, {"skipped", 1}, {"left_out", {"row id 7 of ci.jobs was left out: no"}}});
  events.finish();
  const auto document = report_of(events);
  CHECK(sections_of(document) ==
        std::vector<std::string>{"summary", "jobs", "timeline", "people", "mishaps", "evidence"});
  CHECK(says(document, "row id 7 of ci.jobs was left out: no"));
  const auto& job = document.data.at("jobs").at(0);
  CHECK(job.at("changed") == 4000);
  CHECK(job.at("ms") == 2000);
  CHECK(job.at("tries") == 1);
  CHECK(says(document, "2,000 |"));
  CHECK(report_of(done()).data.at("jobs").empty());
}

TEST_CASE("a run that went there and back has all its parts") {
  const auto document = report_of(there_and_back());
  CHECK(sections_of(document) == std::vector<std::string>{"summary", "window-0", "window-1", "clients", "rows",
                                                          "timeline", "lag", "people", "mishaps", "evidence"});
  CHECK(says(document, "| clients waited | ✓ 30.0 ms | 0.6 % of the budget of 5 s |"));
  CHECK(says(document, "outage that a client saw | 36.5 ms"));
  CHECK(says(document, "ann@host"));
  CHECK(says(document, "head-hash"));
  CHECK(says(document, "1.5 KiB"));
}

TEST_CASE("a run's report tells of the last comparison of its split") {
  CHECK(says(report_of(done()), "never compared, as far as this journal tells"));
  CHECK(says(report_of(done()), "`pgcleave compare -e lab.yml`"));
  LastComparison last;
  last.run = "v-1";
  last.tables = {{"ci.builds", "", 7, 2}};
  const auto document = run_report(done().told(), false, {}, last, whole, made);
  CHECK(says(document, "2 rows differ in 1 of 1 table, 7 rows"));
  CHECK(document.data.at("comparison").at("verdict") == "different");
}

TEST_CASE("the parts of the pause add up to it") {
  const auto document = report_of(done());
  const auto& picture = std::get<Picture>(document.sections.at(1).blocks.at(1));
  double sum = 0;
  for (const auto& row : picture.table.rows) {
    if (row[0].text != "all") sum += std::stod(row[1].text);
  }
  CHECK(sum == Approx(30).margin(0.2));
  CHECK(picture.table.rows.back()[1].text == "30.0");
}

TEST_CASE("a run without a prober says that the outage was not measured") {
  CHECK(says(report_of(done()), "was not measured"));
  AStory blind = done();
  blind.add("window.watched", {{"phase", "window"}, {"why", "no probe user is known"}});
  CHECK(says(report_of(blind), "no probe user is known"));
}

TEST_CASE("errors of clients, and writes that the wrong side took, are said") {
  AStory events;
  events.begin().window(300).watched("window", 34.2, 3).finish();
  CHECK(says(report_of(events), "clients saw 3 errors"));
}

TEST_CASE("the data hold what the pictures show") {
  const auto data = report_of(there_and_back()).data;
  CHECK(data.at("windows").at(0).at("pause_ms").get<double>() == Approx(30));
  CHECK(data.at("windows").at(1).at("watched").at("outage_ms").get<double>() == Approx(36.5));
  CHECK(data.at("steps").size() == 9);
  CHECK(data.at("decisions").at(0).at("by") == "ann@host");
}

}  // namespace pgcleave::report
