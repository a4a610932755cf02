#include "steps/rows/job_kinds.h"

namespace pgcleave::steps {
namespace {

struct JobKind {
  const char* kind;
  Result<std::vector<std::string>> (*foretell)(Context& context);
};

constexpr JobKind job_kinds[] = {{"rows.update", foretell_rows_update}};

const JobKind* job_kind(const std::string& kind) {
  for (const auto& one : job_kinds) {
    if (kind == one.kind) return &one;
  }
  return nullptr;
}

}  // namespace

bool is_job(const std::string& kind) {
  return job_kind(kind) != nullptr;
}

std::string job_id(const std::string& run, const std::string& step) {
  return run + "/" + step;
}

Result<std::vector<std::string>> foretell(const std::string& kind, Context& context) {
  const auto* one = job_kind(kind);
  return one == nullptr ? std::vector<std::string>{} : one->foretell(context);
}

}  // namespace pgcleave::steps
