#include "checks/fence/findings.h"

#include "base/format.h"
#include "checks/finding.h"

namespace pgcleave::checks {
namespace {

using fence::KeptFence;
using fence::Owner;
using postgres::TableName;

class Judge : Judging {
 public:
  explicit Judge(const FenceSeen& seen) : Judging("fence"), seen_(seen) {}

  Findings run() {
    for (const auto* side : {&seen_.source, &seen_.target}) inspect_split_file(*side);
    for (const auto& change : seen_.reclassified) {
      add("split_changed", Severity::blocker, split(), change, "",
          "the split was done in other words: a fence or a cleanup by these would be of the wrong tables",
          fmt::format(
              "put {} back to what it said; the words of then: SELECT text FROM pgcleave.split_frozen WHERE split = {}",
              seen_.split_path, postgres::quote_literal(seen_.split)));
    }
    if (installation_is_whole()) {
      inspect_owners();
      inspect_members();
      for (const auto* side : {&seen_.source, &seen_.target}) inspect_moved(*side);
      inspect_kept();
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string split() const { return "split " + seen_.split; }
  [[nodiscard]] std::string command(const std::string& words) const {
    return "pgcleave " + words + seen_.with_environment;
  }
  [[nodiscard]] std::string fence_anew() const { return command("run runbooks/fence.yml"); }
  [[nodiscard]] std::string owner_query() const {
    return "SELECT last_value FROM pgcleave." + postgres::quote_identifier("owner_" + seen_.split);
  }
  static std::string table_on(const TableName& table, const FenceOfSide& side) {
    return fmt::format("table {} on {}", table.sql(), side.label);
  }
  static std::string in_words(const FenceOfSide& side) {
    return fmt::format("{} says {}", side.label,
                       side.owner ? fence::name_of(*side.owner) : "nothing: it is not installed");
  }
  static std::string trigger_query(const TableName& table) {
    return fmt::format(
        "SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = {}::regclass AND NOT "
        "tgisinternal",
        postgres::quote_literal(table.sql()));
  }
  static std::string trigger_seen(const FenceOfSide& side, const TableName& table) {
    const auto found = side.triggers.find(table);
    return found == side.triggers.end() ? "no trigger of pgcleave" : found->second;
  }

  // A standby has its upstream's tables: what there is to say of them was said there.
  void inspect_split_file(const FenceOfSide& side) {
    if (!side.unseen.empty()) {
      add("side_unseen", Severity::blocker, side.label, side.unseen, "",
          "whether its tables are fenced, and who owns them there, is not known",
          "bring it back, then: " + command("check"));
    }
    if (!side.writable()) return;
    for (const auto& table : side.unclassified) unclassified(table, side);
    for (const auto& sequence : side.unclassified_sequences) {
      add("unclassified_sequence", Severity::blocker, fmt::format("sequence {} on {}", sequence.sql(), side.label),
          fmt::format("in no class of {}, and no table uses it", seen_.split_path),
          fmt::format("SELECT last_value, is_called FROM {}", sequence.sql()),
          "nobody said on which side it is counted on: if the moved tables' clients call it, its values come twice, "
          "and no run can begin",
          fmt::format("name it in {}: sequences: [{}] under moved, kept or shared", seen_.split_path, sequence.sql()));
    }
    for (const auto& problem : side.split_problems) {
      add("split_does_not_fit", side.which == Owner::source ? Severity::blocker : Severity::warning,
          fmt::format("{} on {}", split(), side.label), problem, "",
          "the split file says something else than the database has", "correct " + seen_.split_path);
    }
  }

  void unclassified(const TableName& table, const FenceOfSide& side) {
    const auto extension = side.extensions.find(table);
    const bool of_one = extension != side.extensions.end();
    add("unclassified_table", Severity::blocker, table_on(table, side),
        "in no class of " + seen_.split_path + (of_one ? "; it belongs to extension " + extension->second : ""), "",
        "nobody said on which side it may be written, so it has no fence, and no run can begin",
        fmt::format("name it under moved, kept or shared in {}{}", seen_.split_path,
                    of_one ? ": shared, if each side is to have its own, as for what an extension configures" : ""));
  }

  bool installation_is_whole() {
    const auto& source = seen_.source;
    const auto& target = seen_.target;
    if (!source.unseen.empty() || !target.unseen.empty()) return source.installed() || target.installed();
    if (!source.installed() && !target.installed()) return false;  // as it is before the first run
    if (source.installed() && target.installed()) return true;
    const auto& without = source.installed() ? target : source;
    const bool on_its_way = without.which == Owner::target && without.in_recovery;
    add("side_not_installed", on_its_way ? Severity::warning : Severity::blocker,
        fmt::format("{} on {}", split(), without.label), fmt::format("{}; {}", in_words(source), in_words(target)),
        owner_query(),
        on_its_way ? "a promotion would bring up a side that anybody may write"
                   : "nothing keeps clients from writing its moved tables",
        on_its_way ? "wait until the standby has replayed it"
                   : "find out who removed it; a side that serves must not lose its fence");
    return true;
  }

  void inspect_owners() {
    const auto& source = seen_.source;
    const auto& target = seen_.target;
    if (!source.installed() || !target.installed()) return;
    const auto evidence =
        fmt::format("{}; {}{}", in_words(source), in_words(target), target.in_recovery ? ", a standby" : "");
    if (source.owns() && target.owns()) {
      add("both_own", Severity::blocker, split(), evidence, owner_query(), "both sides take writes of the same tables",
          command("repair-owner"));
    }
    if (!source.owns() && !target.owns()) {
      add("nobody_owns", Severity::blocker, split(), evidence, owner_query(), "no client can write the moved tables",
          "normal inside a window only; else: " + command("status") +
              ", and after a failover: " + command("repair-owner"));
    }
    for (const auto& missing : seen_.missing_witnesses) {
      add("witness_missing", Severity::warning, split(), missing, "",
          "a member that was down when ownership was passed would take writes if it were promoted",
          command("repair-owner"));
    }
  }

  void inspect_members() {
    for (const auto& member : seen_.not_durable) {
      add("owner_not_durable", Severity::warning, split(), member, owner_query(),
          "promoted now, it would not know who owns: it would refuse its clients, or take writes that belong to the "
          "other side",
          "bring it back, or keep Patroni from promoting it (tag nofailover)");
    }
  }

  void inspect_moved(const FenceOfSide& side) {
    if (!side.writable() || !side.installed()) return;
    // Before the split every run fences what came since; afterwards none does.
    const bool fixed_by_next_run = side.which == Owner::source && side.owns();
    const auto severity = fixed_by_next_run ? Severity::warning : Severity::blocker;
    const auto fix = fixed_by_next_run ? "nothing to do: the next run's ownership.install fences it" : fence_anew();
    if (!side.text_fits) {
      add("function_differs", severity, fmt::format("functions of {} on {}", split(), side.label),
          "their text, or what else ownership.install makes, is not what this version installs",
          "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'pgcleave'::regnamespace",
          "another version or somebody's hand changed what decides who may write", fix);
    }
    for (const auto& table : side.moved.missing) {
      add("moved_table_unfenced", severity, table_on(table, side), trigger_seen(side, table), trigger_query(table),
          side.owns() ? "clients could still write it while a run takes its tables away from this side"
                      : "clients can write it here, where its rows are lost",
          fix);
    }
    for (const auto& table : side.moved.superfluous) superfluous(side, table, "pgcleave_fence_");
  }

  void inspect_kept() {
    const auto& target = seen_.target;
    for (const auto& table : target.kept.superfluous) superfluous(target, table, "pgcleave_fence_kept_");
    if (!target.owns()) return;
    if (target.kept_function == KeptFence::other) {
      add("function_differs", Severity::blocker, fmt::format("function fence_kept_{} on {}", seen_.split, target.label),
          "its text is not what this version installs",
          "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'pgcleave'::regnamespace",
          "another version or somebody's hand changed what decides who may write", fence_anew());
    }
    for (const auto& table : target.kept.missing) {
      add("kept_table_unfenced", Severity::blocker, table_on(table, target), trigger_seen(target, table),
          trigger_query(table),
          fmt::format("a client that is led here by mistake writes a copy that {} never sees", seen_.source.label),
          fence_anew());
    }
  }

  void superfluous(const FenceOfSide& side, const TableName& table, const char* prefix) {
    if (!side.writable()) return;
    add("superfluous", Severity::blocker, table_on(table, side), trigger_seen(side, table), trigger_query(table),
        "it has a fence that its class in the split file does not call for: writes may be refused",
        fmt::format(
            "correct the split file where it leaves the table out by mistake: without the fence both sides may be "
            "written. Else: DROP TRIGGER {} ON {}",
            postgres::quote_identifier(prefix + seen_.split), table.sql()));
  }

  const FenceSeen& seen_;
};

}  // namespace

Findings judge(const FenceSeen& seen) {
  return Judge(seen).run();
}

}  // namespace pgcleave::checks
