// Steps read what a journal kept for them (`before`, outputs) and what products answered. Where that holds another type
// than it should, the step fails: undo goes on with the next one, and nobody is left waiting by a program that ended.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace pgcleave::engine {

template <class Ask>
auto readable(const std::string& step, Ask ask) -> decltype(ask()) {
  try {
    return ask();
  } catch (const Json::exception& error) {
    return fail(
        {ErrorKind::failed, "step " + step, "can't read what was recorded or answered", "", error.what(), "", ""});
  }
}

}  // namespace pgcleave::engine
