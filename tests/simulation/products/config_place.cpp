// A bouncer's files, in the model. Named after the bouncer: "/bouncer-1.ini".
#include "pgbouncer/place/config_place.h"

#include "base/format.h"
#include "products/wire.h"

namespace pgcleave::pgbouncer {
namespace {

// A file of the model by its path; what lies beside a bouncer's file has a longer name.
struct Place {
  simulation::Bouncer& bouncer;
  std::optional<std::string> simulation::Bouncer::* beside = nullptr;

  [[nodiscard]] std::optional<std::string> text() const { return beside == nullptr ? bouncer.file : bouncer.*beside; }
  [[nodiscard]] bool kept() const { return beside == &simulation::Bouncer::kept; }
  void put(const std::optional<std::string>& text) const {
    if (beside != nullptr) {
      bouncer.*beside = text;
    } else if (text) {
      bouncer.file = *text;
    }
  }
};

Place place_of(const std::string& path) {
  for (auto& bouncer : simulation::universe().bouncers) {
    const auto file = "/" + bouncer.name + ".ini";
    if (path == file) return {bouncer};
    if (path == file + ".pgcleave") return {bouncer, &simulation::Bouncer::staged};
    if (path == file + ".pgcleave-trial") return {bouncer, &simulation::Bouncer::tried};
    if (path == file + ".pgcleave-kept") return {bouncer, &simulation::Bouncer::kept};
  }
  std::abort();
}

Result<void> change_file(const std::string& path, const std::string& what, Deadline deadline,
                         const std::function<void()>& act) {
  return simulation::change(
      "file of " + place_of(path).bouncer.name, what, deadline, [] {},
      [&]() -> Result<void> {
        act();
        return {};
      });
}

}  // namespace

ConfigPlace::ConfigPlace(std::vector<std::string> shell) : command_(std::move(shell)) {}

Result<void> ConfigPlace::open(Deadline) {
  return {};
}

Result<std::string> ConfigPlace::resolve(const std::string& path, Deadline) {
  return path;
}

Result<std::vector<Result<std::string>>> ConfigPlace::read(const std::vector<std::string>& paths, Deadline) {
  std::vector<Result<std::string>> texts;
  for (const auto& path : paths) {
    const auto text = place_of(path).text();
    if (text) texts.emplace_back(*text);
    if (!text) texts.push_back(fail({ErrorKind::invalid, path, "can't be read", "", "no such file", "", ""}));
  }
  return texts;
}

Result<void> ConfigPlace::write(const std::string& path, const std::string& text, const std::string&,
                                Deadline deadline) {
  return change_file(path, "write staged text", deadline, [&] { place_of(path).put(text); });
}

Result<void> ConfigPlace::rename(const std::string& from, const std::string& to, Deadline deadline) {
  const auto* what = place_of(from).kept() ? "put the kept file back" : "rename staged text into place";
  return change_file(from, what, deadline, [&] {
    place_of(to).put(place_of(from).text());
    place_of(from).put({});
  });
}

Result<void> ConfigPlace::rename_and_keep(const std::string& from, const std::string& to, const std::string& kept,
                                          Deadline deadline) {
  return change_file(from, "try staged text", deadline, [&] {
    const auto text = place_of(from).text();
    if (!text) return;
    place_of(kept).put(place_of(to).text());
    place_of(to).put(text);
    place_of(from).put({});
  });
}

Result<void> ConfigPlace::remove(const std::string& path, Deadline deadline) {
  return change_file(path, place_of(path).kept() ? "remove the kept file" : "remove staged text", deadline,
                     [&] { place_of(path).put({}); });
}

Result<bool> ConfigPlace::is_there(const std::string& path, Deadline) {
  return place_of(path).text().has_value();
}

Result<std::string> ConfigPlace::why_not_writable(const std::string&, Deadline) {
  return std::string();
}

Result<bool> ConfigPlace::is_same_file(const std::string& path, const std::string& other, Deadline) {
  return other == path;
}

Result<std::string> ConfigPlace::working_folder(const std::string&, const std::string&, const std::string&, Deadline) {
  return std::string("/");
}

}  // namespace pgcleave::pgbouncer
