#include "data/job.h"

#include <catch2/catch.hpp>
#include <future>

#include "postgres/server.h"

namespace pgcleave::data {
namespace {

using namespace std::chrono_literals;
using postgres::test::main_server;
using postgres::test::run;
using postgres::test::soon;

const JobDefinition fill{"r-1/fill", "app.builds (oid 1)", "UPDATE app.builds AS row SET a = 1, by key"};

struct Jobs {
  Jobs() : admin(main_server().connect()) {
    run(admin, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    REQUIRE(install_jobs(admin, soon()));
  }
  ~Jobs() { static_cast<void>(admin.simple("DROP SCHEMA IF EXISTS pgcleave CASCADE", soon())); }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  static Job claimed(postgres::Connection& session, std::int64_t own_epoch = 0, bool take_over = false) {
    const auto job = claim(session, fill, "ops@a", own_epoch, take_over, soon());
    INFO((job ? "" : job.error().text()));
    REQUIRE(job);
    return *job;
  }
  Job read() {
    const auto job = read_job(admin, fill.id, soon());
    REQUIRE((job && *job));
    return **job;
  }
  postgres::Connection admin;
};

ErrorKind refused(postgres::Connection& session, const JobDefinition& job = fill) {
  const auto claimed = claim(session, job, "ops@b", 0, false, soon());
  REQUIRE_FALSE(claimed);
  return claimed.error().kind;
}

Lease lease_of(const Job& job) {
  return {job.id, job.epoch};
}

}  // namespace

TEST_CASE("where no job ever ran there is none, and the tables are made once, also by two at once") {
  auto first = main_server().connect(), second = main_server().connect();
  run(first, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
  const auto none = read_job(first, "r-1/fill", soon());
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  CHECK(*hold_job(first, "r-1/fill", true, soon()) == false);
  for (int round = 0; round < 20; ++round) {
    run(first, "DROP SCHEMA IF EXISTS pgcleave CASCADE");
    auto other = std::async(std::launch::async, [&] { return install_jobs(second, soon()); });
    const auto mine = install_jobs(first, soon()), theirs = other.get();
    CHECK((mine ? "" : mine.error().text()) == "");
    CHECK((theirs ? "" : theirs.error().text()) == "");
  }
  CHECK(install_jobs(first, soon()));
  run(first, "DROP SCHEMA pgcleave CASCADE");
}

TEST_CASE("two runners are kept apart: the second is refused as long as the session of the first lives") {
  Jobs jobs;
  auto second = main_server().connect();
  {
    auto first = main_server().connect();
    CHECK(Jobs::claimed(first).epoch == 1);
    const auto no = claim(second, fill, "ops@b", 0, false, soon());
    REQUIRE_FALSE(no);
    CHECK(no.error().kind == ErrorKind::held);
    CHECK(no.error().seen.find("ops@a, session ") == 0);
    // The same session may claim again.
    CHECK(Jobs::claimed(first).epoch == 2);
  }
  while (run(jobs.admin, "SELECT FROM pg_stat_activity a JOIN pgcleave.jobs j ON j.pid = a.pid").size() > 0) continue;
  CHECK(Jobs::claimed(second).epoch == 3);
}

TEST_CASE("of two who claim at once, one gets the job") {
  Jobs jobs;
  auto first = main_server().connect(), second = main_server().connect();
  auto other = std::async(std::launch::async, [&] { return claim(second, fill, "ops@b", 0, false, soon()); });
  const auto mine = claim(first, fill, "ops@a", 0, false, soon());
  const auto theirs = other.get();
  CHECK(mine.has_value() != theirs.has_value());
  CHECK((mine ? theirs.error().kind : mine.error().kind) == ErrorKind::held);
}

TEST_CASE("a runner that lives can be taken over, and its next batch is refused in its own transaction") {
  Jobs jobs;
  auto stale = main_server().connect(), newer = main_server().connect();
  const auto before = lease_of(Jobs::claimed(stale));
  CHECK(Jobs::claimed(newer, 0, true).epoch == 2);
  const auto no = begin_batch(stale, before, 1s, soon());
  REQUIRE_FALSE(no);
  CHECK(no.error().kind == ErrorKind::conflict);
  CHECK_FALSE(note(stale, before, "still here", soon()));
  CHECK_FALSE(move_to(stale, before, {2, 0, {}, 0, 0}, soon()));
  // Nor does it end what is another's.
  CHECK(release(stale, before, true, "", soon()));
  CHECK_FALSE(jobs.read().over);
  CHECK(jobs.read().at.pass == 1);
  // No transaction was left open.
  CHECK(run(stale, "SELECT pg_current_xact_id_if_assigned() IS NULL AS none").boolean(0, "none"));
}

TEST_CASE("a claim waits for the batch that is under way, and goes on behind it") {
  Jobs jobs;
  auto first = main_server().connect(), second = main_server().connect();
  const auto lease = lease_of(Jobs::claimed(first));
  REQUIRE(begin_batch(first, lease, 1s, soon()));
  auto taken = std::async(std::launch::async, [&] { return claim(second, fill, "ops@b", 0, true, soon()); });
  CHECK(taken.wait_for(200ms) == std::future_status::timeout);
  REQUIRE(commit_batch(first, lease, {1, 7, "[\"17\"]", 17, 5}, 5, 0, soon()));
  const auto job = taken.get();
  REQUIRE(job);
  CHECK(job->epoch == 2);
  CHECK(job->at.cursor == std::optional<std::string>("[\"17\"]"));
  CHECK(job->at.leaf == 7);
  CHECK(job->changed == 5);
  CHECK(job->batches == 1);
}

TEST_CASE("a batch whose session dies leaves the cursor where it was") {
  Jobs jobs;
  auto first = main_server().connect(), second = main_server().connect();
  const auto job = Jobs::claimed(first);
  REQUIRE(begin_batch(first, lease_of(job), 1s, soon()));
  run(first, "UPDATE pgcleave.jobs SET cursor = 'half'");
  run(jobs.admin, "SELECT pg_terminate_backend(" + std::to_string(job.pid) + ")");
  while (run(jobs.admin, "SELECT FROM pg_stat_activity WHERE pid = " + std::to_string(job.pid)).size() > 0) continue;
  CHECK_FALSE(commit_batch(first, lease_of(job), {1, 7, "x", 1, 1}, 1, 0, soon()));
  const auto again = Jobs::claimed(second);
  CHECK(again.epoch == 2);
  CHECK_FALSE(again.at.cursor.has_value());
  CHECK(again.changed == 0);
}

TEST_CASE("a job on hold begins no batch until it is let go, by the command or by psql") {
  Jobs jobs;
  auto session = main_server().connect();
  const auto lease = lease_of(Jobs::claimed(session));
  CHECK(*hold_job(jobs.admin, fill.id, true, soon()));
  CHECK(*pace_job(jobs.admin, fill.id, 50ms, soon()));
  const auto held = begin_batch(session, lease, 1s, soon());
  REQUIRE(held);
  CHECK(held->hold);
  CHECK(held->target == std::optional<Duration>(50ms));
  CHECK(note(session, lease, "on hold", soon())->hold);
  CHECK(*hold_job(jobs.admin, fill.id, false, soon()));
  CHECK_FALSE(begin_batch(session, lease, 1s, soon())->hold);
  run(session, "ROLLBACK");
}

TEST_CASE("a job that is over stays so, and one of the same id that does something else is refused") {
  Jobs jobs;
  auto session = main_server().connect();
  const auto lease = lease_of(Jobs::claimed(session));
  auto other = fill;
  other.definition = "UPDATE app.builds AS row SET a = 2, by key";
  CHECK(refused(session, other) == ErrorKind::conflict);
  REQUIRE(release(session, lease, true, "", soon()));
  CHECK(Jobs::claimed(session).over);
  CHECK(Jobs::claimed(session).epoch == 1);
  CHECK(*hold_job(jobs.admin, fill.id, true, soon()) == false);
}

TEST_CASE("a row that is left out is kept once, with its error, and goes with its job") {
  Jobs jobs;
  auto session = main_server().connect();
  const auto lease = lease_of(Jobs::claimed(session));
  const Error why{ErrorKind::failed, "", "division by zero", "", "", "", "22012"};
  CHECK(*skip_row(session, lease, "app.builds", "id 3", why, soon()));
  CHECK_FALSE(*skip_row(session, lease, "app.builds", "id 3", why, soon()));
  const auto kept = run(jobs.admin, "SELECT key, code, error FROM pgcleave.job_skips");
  REQUIRE(kept.size() == 1);
  CHECK(kept.text(0, "code") == "22012");
  run(jobs.admin, "DELETE FROM pgcleave.jobs");
  CHECK(run(jobs.admin, "SELECT FROM pgcleave.job_skips").empty());
}

}  // namespace pgcleave::data
