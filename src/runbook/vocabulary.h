// What the language knows of step kinds: pure description, given by the registry of steps. From it come validation, the
// JSON Schema, `pgcleave steps` and the documentation, so that they cannot drift apart.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace pgcleave::runbook {

enum class Type { text, integer, boolean, duration, bytes, lsn, side, list, map };
const char* name_of(Type type);  // "text", "duration", ...; side is "source" or "target"

struct Parameter {
  std::string name;
  Type type = Type::text;
  Json fallback;  // the default as written in YAML ("5s"); null: none
  bool required = false;
  std::string help;
  std::vector<std::string> choices;  // for text
};

struct Output {
  std::string name;
  std::string help;
  bool missed = false;  // a list of sentences, each of which the run tells as missed
};

// What a step means for traffic and ownership, for the static proof.
struct Traits {
  bool pauses = false;    // clients wait from here ...
  bool resumes = false;   // ... until here
  bool releases = false;  // takes ownership away from `with.on`
  bool takes = false;     // gives ownership to `with.on`: the point of no return of its window
  bool waits_for_person = false;
  bool changes = false;   // changes anything outside
  bool promotes = false;  // a side is a primary from here on: what was checked before of it as a standby is no more
  bool spared = false;    // only proves something, or shortens a window: `rollback --emergency` goes without it
  bool routes = false;    // concerns only where clients are led now: who leads them back goes without it
  // Knows which rows a rollback, or an undo, gives up: its output `given_up` says which, empty for none. It may ask for
  // them in words.
  bool gives_up = false;
  // A walk over a table that takes hours or days (data/job.h): has no timeout unless its line says one, and can be put
  // on hold.
  bool job = false;
};

enum class UndoKind { restores, nothing, impossible };

struct StepDescription {
  std::string kind;          // "pgbouncer.pause"
  std::string earlier_kind;  // its name in earlier versions, which runbooks and journals may hold; "" for none
  std::string purpose;       // one sentence
  std::vector<Parameter> parameters;
  std::vector<Output> outputs;
  std::string changes;  // what it can change outside; "" = nothing
  std::string undo;     // how it is undone, or "no: ..." and why not, for people
  UndoKind undo_kind = UndoKind::restores;
  Traits traits;
  [[nodiscard]] bool is_called(const std::string& name) const {
    return name == kind || (!name.empty() && name == earlier_kind);
  }
  [[nodiscard]] bool can_be_undone() const { return undo_kind != UndoKind::impossible; }
  [[nodiscard]] std::string why_not_undone() const;  // in words; "" when it can be
};

using Vocabulary = std::vector<StepDescription>;
const StepDescription* find(const Vocabulary& vocabulary, const std::string& kind);

}  // namespace pgcleave::runbook
