#include "checks/workload/bouncer_servers.h"

#include <algorithm>

#include "base/format.h"

namespace pgcleave::checks {

BouncerServers::BouncerServers(const std::vector<pgbouncer::BouncerSpec>& bouncers, Deadline deadline) {
  std::vector<postgres::Settings> settings;
  for (const auto& bouncer : bouncers) settings.push_back(bouncer.console);
  auto opened = pgbouncer::Console::open_all(settings, deadline);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (!opened[i]) {
      problems_.push_back(opened[i].error().text());
      continue;
    }
    consoles_.push_back(std::move(*opened[i]));
    databases_.push_back(bouncers[i].database);
  }
}

void BouncerServers::read(int sample, Deadline deadline) {
  std::vector<Result<void>> sent;
  for (auto& console : consoles_) sent.push_back(console.send("SHOW SERVERS"));
  for (std::size_t i = 0; i < consoles_.size(); ++i) {
    if (!sent[i]) {
      problems_.push_back(sent[i].error().text());
      continue;
    }
    const auto rows = consoles_[i].receive(deadline);
    if (!rows || !rows->has("local_addr") || !rows->has("local_port") || !rows->has("database")) {
      problems_.push_back(rows ? fmt::format("{}: SHOW SERVERS has other columns", consoles_[i].name())
                               : rows.error().text());
      continue;
    }
    for (std::size_t row = 0; row < rows->size(); ++row) {
      if (rows->text(row, "database") != databases_[i]) continue;
      addresses_.insert(fmt::format("{}:{}", rows->text(row, "local_addr"), rows->text(row, "local_port")));
      const bool by_socket = rows->text(row, "local_addr") == "unix" && rows->has("remote_pid");
      if (by_socket) pids_.insert(static_cast<int>(rows->number(row, "remote_pid")));
    }
  }
  looks_.push_back(sample);
}

bool BouncerServers::have(const Session& session) const {
  return addresses_.contains(session.address) || pids_.contains(session.pid);
}

bool BouncerServers::would_have(const Session& session) const {
  return std::any_of(looks_.begin(), looks_.end(),
                     [&](int look) { return session.first_sample <= look && look < session.last_sample; });
}

}  // namespace pgcleave::checks
