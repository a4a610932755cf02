// The program's only entry: reads the command line and calls one verb.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "database.h"
#include "down.h"
#include "environment_file.h"
#include "error.h"
#include "faults.h"
#include "files.h"
#include "lab.h"
#include "load.h"
#include "observer.h"
#include "proxy.h"
#include "reclone.h"
#include "status.h"
#include "up.h"
#include "verify.h"

namespace pgcleave_lab {
namespace {

// Commands that change the record take turns.
Lab locked(const std::filesystem::path& folder, std::unique_ptr<FileLock>& lock) {
  load_lab(folder);  // says so when there is none
  lock = std::make_unique<FileLock>(folder / "lab.lock");
  return load_lab(folder);
}

int run(int count, char** arguments) {
  CLI::App app{"A staging lab: etcd, two Patroni clusters, PgBouncers on loopback; a load and an oracle.",
               "pgcleave-lab"};
  app.require_subcommand(1);
  std::filesystem::path folder = default_folder();
  int code = 0;
  const auto verb = [&](const char* name, const char* help, CLI::App* parent = nullptr) {
    CLI::App* command = (parent ? parent : &app)->add_subcommand(name, help);
    command->add_option("--dir", folder, "the lab's folder")->capture_default_str();
    return command;
  };

  UpOptions up_options;
  auto* up_verb = verb("up", "start a lab; returns when all is healthy");
  up_verb->add_option("--bouncers", up_options.bouncers, "PgBouncers in front of the moved tables")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  up_verb->add_option("--source-members", up_options.source_members)->check(CLI::Range(1, 3))->capture_default_str();
  up_verb->add_option("--target-members", up_options.target_members)->check(CLI::Range(1, 3))->capture_default_str();
  up_verb->add_flag("!--without-schema", up_options.schema, "leave the database empty");
  up_verb
      ->add_option("--tables", up_options.tables,
                   "about so many moved tables with rows, added to the schema's or dropped from them")
      ->check(CLI::Range(1, 20'000));
  up_verb->add_flag("--proxies", up_options.proxies,
                    "put a proxy into every link that pgcleave uses, for the verb fault");
  // As long as 127.0.0.1: what Patroni tells of its members is changed on the way.
  up_verb
      ->add_option("--at", up_options.address,
                   "the proxies' address, for a pgcleave in a network namespace: nine characters, such as 10.77.0.1")
      ->needs("--proxies")
      ->check(CLI::ValidIPV4 &
              CLI::Validator([](std::string& text) { return text.size() == 9 ? "" : "it has to have nine characters"; },
                             ""));
  up_verb->add_option("--postgres-bin", up_options.postgres_bin,
                      "the folder of PostgreSQL's programs; default: of the newest one installed");
  up_verb->add_flag("--ipv6", up_options.ipv6, "all speak over ::1")->excludes("--proxies");
  up_verb->add_flag("--least-role", up_options.least_role,
                    "pgcleave logs in as a role without any right; `pgcleave grants` prints what it needs");
  up_verb->add_flag("--foreground", up_options.foreground, "stay, and end the lab on ctrl-C");
  up_verb->callback([&] {
    up_options.folder = folder;
    code = up(up_options);
  });

  bool as_json = false, keep = false, back = false;
  auto* status_verb = verb("status", "what runs, in which role");
  status_verb->add_flag("--json", as_json);
  status_verb->callback([&] { code = status(load_lab(folder), as_json); });

  auto* down_verb = verb("down", "end all processes and remove the folder");
  down_verb->add_flag("--keep", keep, "keep the folder");
  down_verb->callback([&] { code = down(load_lab(folder), keep); });

  auto* env_verb = verb("env", "print shell variables for baseline.sh");
  env_verb->add_flag("--back", back, "from the target to the source");
  env_verb->callback([&] { fmt::print("{}", shell_variables(load_lab(folder), back)); });

  LoadOptions load_options;
  auto* load_verb =
      verb("load", "clients that write and read through the bouncers, and a history of what they were told");
  load_verb->add_option("--writers", load_options.writers, "of the moved tables")
      ->check(CLI::Range(0, 500))
      ->capture_default_str();
  load_verb->add_option("--reconnect", load_options.reconnect, "of them, connecting anew for each write")
      ->capture_default_str();
  load_verb->add_option("--readers", load_options.readers)->check(CLI::Range(0, 100))->capture_default_str();
  load_verb->add_option("--staying", load_options.staying, "writers of the tables that stay")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  load_verb->add_option("--seconds", load_options.seconds, "0: until ctrl-C")->capture_default_str();
  load_verb->add_option("--rate", load_options.rate, "writes per second and writer; 0: no limit")
      ->capture_default_str();
  load_verb->add_option("--reconnect-rate", load_options.reconnect_rate, "of those that connect anew, at most")
      ->capture_default_str();
  load_verb->add_option("--history", load_options.history, "default: history-<first client>.jsonl in the lab's folder");
  load_verb->add_flag("--bypass", load_options.bypass, "one more writer, straight to the source's PostgreSQL");
  load_verb->callback([&] { code = load(load_lab(folder), load_options); });

  VerifyOptions verify_options;
  auto* verify_verb = verb("verify", "compare histories with what both sides hold");
  verify_verb->add_option("--history", verify_options.histories)->required()->check(CLI::ExistingFile);
  verify_verb->add_option("--serving", verify_options.serving, "default: found out")
      ->check(CLI::IsMember({"source", "target"}));
  verify_verb->add_option(
      "--may-be-lost", verify_options.may_be_lost,
      "by an asynchronous failover: SCOPE:FROM_US:TO_US, when a side acknowledged what the member promoted lacks");
  verify_verb->add_option("--from", verify_options.window.from_us, "for waits and gaps: microseconds since 1970");
  verify_verb->add_option("--to", verify_options.window.to_us);
  verify_verb->add_flag("--live", verify_options.live, "the load goes on: do not count what is in no history yet");
  verify_verb->add_flag("--json", verify_options.as_json);
  verify_verb->callback([&] { code = verify(load_lab(folder), verify_options); });

  ObserveOptions observe_options;
  auto* observe_verb =
      verb("observe", "write through each bouncer every few milliseconds, and note when each write was acknowledged");
  observe_verb->add_option("--every", observe_options.every)->capture_default_str();
  observe_verb->add_option("--seconds", observe_options.seconds, "0: until ctrl-C")->capture_default_str();
  observe_verb->add_option("--history", observe_options.history)->required();
  observe_verb->callback([&] { code = observe(load_lab(folder), observe_options); });

  ObservedOptions observed_options;
  auto* observed_verb = verb("observed", "the outages in what was observed, and the longest one");
  observed_verb->add_option("--history", observed_options.history)->required()->check(CLI::ExistingFile);
  observed_verb->add_option("--every", observed_options.every, "an outage is longer than five times this")
      ->capture_default_str();
  observed_verb->add_option("--from", observed_options.from_us, "microseconds since 1970");
  observed_verb->add_option("--to", observed_options.to_us);
  observed_verb->add_option("--since", observed_options.since_us,
                            "tell only when each bouncer's clients were served after this moment");
  observed_verb->callback([&] { code = observed(observed_options); });

  std::string name;
  const auto signal = [&](const char* word, const char* help, auto action) {
    auto* command = verb(word, help);
    command->add_option("NAME", name, "etcd, main-1, main-1.postgres, bouncer-1, ...")->required();
    command->callback([&, action] {
      std::unique_ptr<FileLock> lock;
      Lab lab = locked(folder, lock);
      code = action(lab, name);
    });
  };
  signal("kill", "kill a process", kill_server);
  signal("stop", "freeze a process and its children", stop_server);
  signal("cont", "let a frozen process go on", cont_server);
  signal("restart", "start a dead process again", restart_server);

  FaultOptions fault_options;
  auto* fault_verb =
      verb("fault", "spoil a link between pgcleave and a server, and print how much was hit since the last fault");
  fault_verb->add_option("--link", fault_options.link, "main-1, main-1.rest, bouncer-1, ...")->required();
  fault_verb
      ->add_option("--do", fault_options.what,
                   "drop-to, drop-from, drop, refuse, reset, delay, swallow-next-reply, answer-401, answer-503, "
                   "answer-garbage, heal, hits")
      ->required();
  fault_verb->add_option("--ms", fault_options.ms, "for delay");
  fault_verb->add_option("--request", fault_options.text, "for swallow-next-reply: of a request that holds this text");
  fault_verb->callback([&] { code = fault(load_lab(folder), fault_options); });
  verb("proxy", "stand in the links; up --proxies starts it")->callback([&] { code = proxy(load_lab(folder)); });

  std::string scope;
  auto* reclone_verb = verb("reclone", "empty a cluster and have it copied anew");
  reclone_verb->add_option("SCOPE", scope, "main or ci")->required();
  reclone_verb->callback([&] {
    std::unique_ptr<FileLock> lock;
    Lab lab = locked(folder, lock);
    code = reclone(lab, scope);
  });

  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return code;
}

}  // namespace
}  // namespace pgcleave_lab

int main(int count, char** arguments) {
  try {
    return pgcleave_lab::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pgcleave-lab: %s\n", error.what());
    return 1;
  }
}
