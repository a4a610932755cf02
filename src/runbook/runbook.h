// The runbook language, version 1 (docs/runbook-language.md): what an SRE asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "base/units.h"
#include "config/problems.h"
#include "runbook/phase_kind.h"
#include "runbook/vocabulary.h"

namespace pgcleave::runbook {

struct RunParameter {
  std::string name;
  Type type = Type::text;
  Json fallback;  // null: must be given with --set name=value
  std::string help;
};

struct StepLine {
  std::string id;
  std::string uses;            // the kind, by its name of today
  std::string written_as;      // the kind as the file names it
  Json with = Json::object();  // as written; expressions are still text "${...}"; defaults are filled in
  std::optional<Duration> timeout;
  int retries = 0;   // outside windows only
  std::string when;  // "" = always; "${params.x} == 'y'"
  config::Position at;
};

struct Phase {
  explicit Phase(PhaseKind which) : kind(which), name(name_of(which)), is_window(runbook::is_window(which)) {}
  PhaseKind kind;
  std::string name;  // of `kind`, for people and the journal
  bool is_window;
  std::string budget;  // of a window: a duration or an expression
  std::vector<StepLine> steps;
  [[nodiscard]] bool is_rollback() const { return runbook::is_rollback(kind); }
};

// How often, and how lately, a runbook must have been rehearsed before it is ready for production.
struct RehearsalsAsked {
  int times = 3;
  Duration max_age = std::chrono::hours(720);
};

struct Runbook {
  std::string name;
  std::string summary;
  Duration probe_every = std::chrono::milliseconds(5);  // a write through each bouncer, while a window is open
  RehearsalsAsked rehearsal;
  std::vector<std::string> roles;  // who must sign before production
  std::vector<std::string> watch;  // what would call for a rollback, in words
  std::vector<RunParameter> params;
  std::vector<Phase> phases;  // in order of running, empty ones left out: forward ones first, then the rollback's
  std::string path;
  std::string text;    // as read
  std::string sha256;  // of text
  [[nodiscard]] const StepLine* step(const std::string& id) const;
};

// Syntax, schema, references and the static proof:
//   every window has a budget, a pause has a resume after it in the same window, nothing in a window waits for a
//   person, ownership is taken only after it was released from the other side in the same window, and a window that
//   takes ownership repoints and resumes after it; every step that changes something can be undone or says why not (a
//   note, not a problem).
config::Read<Runbook> read_runbook(const std::string& path, const std::string& text, const Vocabulary& vocabulary);

// What is allowed and still worth knowing before a run: steps that change something and can't be undone, and why; no
// rollback.
std::vector<config::Problem> notes(const Runbook& runbook, const Vocabulary& vocabulary);

// A step's `with` with all expressions replaced, each value of its parameter's type and choices (a number becomes text
// where text is asked). `invalid` names step and parameter.
Result<Json> resolve_with(const StepLine& step, const StepDescription& kind, const Json& scope);

// `--set` values and defaults, typed: the object that ${params.x} reads. Problems name the parameter and the accepted
// form.
Result<Json> resolve_params(const Runbook& runbook, const std::map<std::string, std::string>& given);

// The JSON Schema (draft 2020-12) of runbooks, for editors.
Json json_schema(const Vocabulary& vocabulary);

}  // namespace pgcleave::runbook
