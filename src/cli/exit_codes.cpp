#include "cli/exit_codes.h"

#include "base/format.h"

namespace pgcleave::cli {

using engine::ExitCode;

const std::vector<ExitMeaning>& exit_meanings() {
  static const std::vector<ExitMeaning> all{
      {ExitCode::done, "done", "Nothing."},
      {ExitCode::invalid, "usage or invalid file", "Correct the command or the file. Nothing was tried."},
      {ExitCode::not_ready, "not ready and nothing changed", "Put right what the message names, and begin again."},
      {ExitCode::undone, "failed and undone",
       "The side that served before serves. Put the reason right, then `pgcleave resume`, or `pgcleave rollback`."},
      {ExitCode::needs_person, "needs a person",
       "Read the message: an undo failed, or it can't be told who owns. `pgcleave status` says what is known."},
      {ExitCode::waiting, "waiting for approval", "`pgcleave approve`, then `pgcleave resume`."},
      {ExitCode::held, "another run holds the split", "Wait for it, or see `pgcleave status`."},
      {ExitCode::past_no_return, "past the point of no return (resume finishes it)",
       "The target owns. `pgcleave resume` finishes the run, `pgcleave rollback` goes back."},
      {ExitCode::done_with_misses, "done but a budget or a check was missed",
       "The run is over. `pgcleave status` and the report name what was missed."},
      {ExitCode::rows_differ, "rows differ",
       "`pgcleave compare` names them. Find out why before you repair a row or change over."}};
  return all;
}

std::string exit_codes_in_brief() {
  constexpr std::size_t width = 100;
  std::string text = "Exit codes:";
  std::size_t column = text.size();
  for (const auto& one : exit_meanings()) {
    const bool last = &one == &exit_meanings().back();
    const auto words = fmt::format("{} {}{}", static_cast<int>(one.code), one.brief, last ? "." : ",");
    const bool fits = column + 1 + words.size() <= width;
    text += (fits ? " " : "\n") + words;
    column = fits ? column + 1 + words.size() : words.size();
  }
  return text;
}

}  // namespace pgcleave::cli
