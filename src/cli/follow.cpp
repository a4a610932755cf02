// The bouncers follow the leader of the side that serves, until ctrl-C.
#include "app/follow.h"

#include <iostream>

#include "app/files.h"
#include "app/interrupt.h"
#include "base/format.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/asked.h"
#include "cli/complain.h"

namespace pgcleave::cli {
namespace {

constexpr auto shortest_between_looks = std::chrono::milliseconds(500);

void print(const app::Followed& seen) {
  const auto where = seen.serves.empty() ? std::string("nobody is followed: it is not clear who serves")
                                         : fmt::format("{} serves, at {}", seen.serves, seen.route);
  std::cout << printable(where) << "\n";
  for (const auto& bouncer : seen.repointed) std::cout << printable(fmt::format("  repointed: {}", bouncer)) << "\n";
  for (const auto& bouncer : seen.left) std::cout << printable(fmt::format("  left as it is: {}", bouncer)) << "\n";
  std::cout << std::flush;
}

// Said when it changes.
class Told {
 public:
  explicit Told(bool json) : json_(json) {}

  void seen(const Result<app::Followed>& look) {
    const auto wrong = look ? "" : look.error().text();
    if (wrong != wrong_ && !wrong.empty()) log::warn(printable(wrong));
    wrong_ = wrong;
    if (!look || (last_ && *last_ == *look)) return;
    last_ = *look;
    last_->repointed.clear();  // told once
    json_ ? void(std::cout << to_text(look->json()) << "\n" << std::flush) : print(*look);
  }

 private:
  bool json_;
  std::string wrong_;
  std::optional<app::Followed> last_;
};

ExitCode follow(const Arguments& arguments) {
  const auto& stop = app::stop_flag();
  const auto environment = app::read_environment_file(arguments.text("environment"));
  if (!environment.value) return complain(environment.problems);
  const auto split = app::read_split_for(files_named(arguments), *environment.value);
  if (!split.value) return complain(split.problems);
  if (const auto can = app::can_follow(*environment.value); !can) return complain(can.error());
  const auto every = parse_duration(arguments.text("every").empty() ? "2s" : arguments.text("every"));
  if (!every) return complain(every.error());
  if (*every < shortest_between_looks)
    return complain({ErrorKind::invalid, "--every", "is too short", to_text(shortest_between_looks) + " or longer",
                     to_text(*every), "", ""});
  const auto journal = app::journal_path(files_named(arguments), &*environment.value);
  Told told(arguments.flag("json"));
  while (true) {
    const auto next = Deadline::in(*every);
    const auto look = app::follow_once(journal, *environment.value, *split.value, &stop);
    if (stop.requested()) return ExitCode::done;
    told.seen(look);
    if (arguments.flag("once")) {
      if (!look) return complain(look.error());
      return look->left.empty() ? ExitCode::done : ExitCode::not_ready;
    }
    if (!std::cout || !sleep_until(next, *every, &stop)) return ExitCode::done;
  }
}

}  // namespace

Verb follow_verb() {
  using Kind = Option::Kind;
  return {"follow",
          "Keep the bouncers at the leader of the side that serves, where its route is `leader`, until ctrl-C.",
          {environment_option(true),
           {"--split", Kind::value, "split file (default: the environment's)"},
           {"--every", Kind::value, "how often to look (default: 2s)"},
           {"--once", Kind::flag, "looks once; exit code 3 when something is left as it is"},
           journal_option(),
           json_option()},
          follow};
}

}  // namespace pgcleave::cli
