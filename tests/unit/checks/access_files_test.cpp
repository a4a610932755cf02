#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "checks/access/files.h"

using namespace pgcleave;
using namespace pgcleave::checks;

namespace {

namespace fs = std::filesystem;

// A folder with a passfile, a bouncer's file and a place for a journal, all as they should be.
struct Host {
  Host() {
    char name[] = "/tmp/pgcleave-access.XXXXXX";
    folder = ::mkdtemp(name);
    for (const char* file : {"passfile", "key", "pgbouncer.ini"}) write(file, 0600);
    environment.source.postgres.values = {{"passfile", at("passfile")}, {"sslkey", at("key")}};
    environment.target.postgres.values = {{"passfile", at("passfile")}};
    config::Pool pool;
    pool.database = "app";
    pool.probe.values = {{"passfile", at("passfile")}};
    pool.bouncers.push_back({"bouncer-1", {}, at("pgbouncer.ini"), {}});
    environment.pools.push_back(pool);
  }
  ~Host() { fs::remove_all(folder); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void write(const std::string& file, mode_t mode) const {
    std::ofstream(at(file)) << "x";
    ::chmod(at(file).c_str(), mode);
  }
  [[nodiscard]] std::string at(const std::string& file) const { return folder + "/" + file; }
  [[nodiscard]] Findings found(const std::string& journal = "journal.db") const {
    return access_files(environment, at(journal));
  }

  std::string folder;
  config::Environment environment;
};

}  // namespace

TEST_CASE("files that may be used as they are give no finding") {
  CHECK(Host().found().empty());
}

TEST_CASE("a passfile that others may read is named once, with the command that fixes it") {
  const Host host;
  host.write("passfile", 0640);
  const auto found = host.found();
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "access.passfile_mode");
  CHECK(found[0].severity == Severity::blocker);
  CHECK(found[0].evidence == "its mode is 0640");
  CHECK(found[0].fix == "chmod 600 " + host.at("passfile"));
  ::chmod(host.at("passfile").c_str(), 0600);
  CHECK(host.found().empty());
}

TEST_CASE("a private key that others may read is named, one of root's that its group may read is not") {
  const Host host;
  host.write("key", 0644);
  REQUIRE(host.found().size() == 1);
  CHECK(host.found()[0].id == "access.key_mode");
  host.write("key", 0640);
  CHECK(host.found().size() == (::geteuid() == 0 ? 0 : 1));
}

TEST_CASE("what this user may not write is named: a bouncer's file and folder, and the journal's place") {
  Host host;
  // Not even root may write there.
  host.environment.pools[0].bouncers[0].config = "/proc/version";
  const auto found = access_files(host.environment, "/proc/pgcleave/journal.db");
  std::vector<std::string> ids;
  for (const auto& finding : found) {
    ids.push_back(finding.id);
    CHECK_FALSE(finding.fix.empty());
  }
  // Root may write everything by mode.
  if (::geteuid() != 0)
    CHECK(ids == std::vector<std::string>{"access.bouncer_file", "access.bouncer_folder", "access.journal_folder"});
  host.environment.pools[0].bouncers[0].shell = {"ssh", "elsewhere"};
  CHECK(access_files(host.environment, host.at("journal.db")).empty());
}
