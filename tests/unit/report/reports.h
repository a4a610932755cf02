// What tests of several reports ask of them.
#pragma once

#include <string>

#include "report/document/render.h"
#include "report/report.h"

namespace pgcleave::report {

inline const Chain whole{"/var/lib/journal.db", "head-hash", ""};  // nothing is wrong with it

inline bool says(const Document& document, const std::string& words) {
  return render_markdown(document).find(words) != std::string::npos;
}

}  // namespace pgcleave::report
