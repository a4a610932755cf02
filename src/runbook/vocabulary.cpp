#include "runbook/vocabulary.h"

#include <algorithm>

namespace pgcleave::runbook {

const char* name_of(Type type) {
  switch (type) {
    case Type::text: return "text";
    case Type::integer: return "integer";
    case Type::boolean: return "boolean";
    case Type::duration: return "duration";
    case Type::bytes: return "bytes";
    case Type::lsn: return "lsn";
    case Type::side: return "side";
    case Type::list: return "list";
    case Type::map: return "map";
  }
  return "text";
}

std::string StepDescription::why_not_undone() const {
  return can_be_undone() ? "" : undo.substr(std::min(undo.size(), std::string("no: ").size()));
}

const StepDescription* find(const Vocabulary& vocabulary, const std::string& kind) {
  const auto found =
      std::find_if(vocabulary.begin(), vocabulary.end(), [&](const auto& step) { return step.is_called(kind); });
  return found == vocabulary.end() ? nullptr : &*found;
}

}  // namespace pgcleave::runbook
