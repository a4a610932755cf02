// A bouncer's files, in the model. Named after the bouncer: "/bouncer-1.ini".
#include "pgbouncer/config_place.h"

#include "base/format.h"
#include "products/wire.h"

namespace pgcleave::pgbouncer {
namespace {

simulation::Bouncer& bouncer_of(const std::string& path) {
  for (auto& bouncer : simulation::universe().bouncers) {
    if (path == "/" + bouncer.name + ".ini") return bouncer;
  }
  std::abort();
}

Result<void> change_file(const std::string& path, const std::string& what, Deadline deadline,
                         const std::function<void(simulation::Bouncer&)>& act) {
  auto& bouncer = bouncer_of(path);
  return simulation::change(
      "file of " + bouncer.name, what, deadline, [] {},
      [&]() -> Result<void> {
        act(bouncer);
        return {};
      });
}

}  // namespace

ConfigPlace::ConfigPlace(std::string config, std::vector<std::string> reach) : config_(std::move(config)), reach_(std::move(reach)) {}

Result<void> ConfigPlace::open(Deadline) {
  return {};
}

Result<std::string> ConfigPlace::read(Deadline) {
  return bouncer_of(config_).file;
}

Result<ConfigPlace::Files> ConfigPlace::read_both(Deadline) {
  const auto& bouncer = bouncer_of(config_);
  return Files{bouncer.file, bouncer.staged};
}

Result<void> ConfigPlace::write_staged(const std::string& text, Deadline deadline) {
  return change_file(config_, "write staged text", deadline, [&](auto& bouncer) { bouncer.staged = text; });
}

Result<void> ConfigPlace::put_staged_in_place(Deadline deadline) {
  return change_file(config_, "rename staged text into place", deadline, [](auto& bouncer) {
    if (bouncer.staged) bouncer.file = *bouncer.staged;
    bouncer.staged.reset();
  });
}

Result<void> ConfigPlace::remove_staged(Deadline deadline) {
  return change_file(config_, "remove staged text", deadline, [](auto& bouncer) { bouncer.staged.reset(); });
}

Result<void> ConfigPlace::begin_trial(Deadline deadline) {
  return change_file(config_, "try staged text", deadline, [](auto& bouncer) {
    if (!bouncer.staged) return;
    bouncer.kept = bouncer.file;
    bouncer.file = *bouncer.staged;
    bouncer.staged.reset();
  });
}

Result<bool> ConfigPlace::in_trial(Deadline) {
  return bouncer_of(config_).kept.has_value();
}

Result<void> ConfigPlace::end_trial(Deadline deadline) {
  return change_file(config_, "put the kept file back", deadline, [](auto& bouncer) {
    if (bouncer.kept) bouncer.file = *bouncer.kept;
    bouncer.kept.reset();
  });
}

Result<void> ConfigPlace::forget_kept(Deadline deadline) {
  return change_file(config_, "remove the kept file", deadline, [](auto& bouncer) { bouncer.kept.reset(); });
}

Result<std::string> ConfigPlace::why_not_writable(Deadline) {
  return std::string();
}

Result<bool> ConfigPlace::is_same_file(const std::string& other, Deadline) {
  return other == config_;
}

}  // namespace pgcleave::pgbouncer
