// What stands in a journal: a line is an event, "<at_us> <mono_us> <type> <data>". Reading it must never end the
// program that is to bring clients back.
#include <sstream>

#include "engine/record.h"
#include "engine/undoer.h"
#include "report/document/render.h"
#include "report/report.h"
#include "report/run_story.h"
#include "target.h"

using namespace pgcleave;

namespace {

std::vector<journal::Event> events_of(const std::string& text) {
  std::vector<journal::Event> events;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && events.size() < 200;) {
    std::istringstream words(line);
    journal::Event event;
    event.run = "r-1";
    words >> event.at_us >> event.mono_us;
    event.at_us = journal::plausible_us(event.at_us);
    event.mono_us = journal::plausible_us(event.mono_us);
    words.clear();
    words >> event.type;
    std::string data;
    std::getline(words, data);
    event.seq = static_cast<std::int64_t>(events.size()) + 1;
    event.data = Json::parse(data, nullptr, false);
    if (event.data.is_discarded()) event.data = nullptr;
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto events = events_of(fuzz::text_of(data, size));
  const auto run = engine::replay(events);
  static_cast<void>(run.state(true));
  static_cast<void>(run.state(false));
  static_cast<void>(run.open_window());
  static_cast<void>(run.is_open());
  static_cast<void>(engine::next_command(run, " -e lab.yml"));
  static_cast<void>(engine::irreversible(run, engine::Direction::forward));
  const auto story = report::tell(events);
  const auto document = report::run_report(story, false, {}, {}, {"journal.db", "", ""}, {0, "0"});
  for (const auto& text :
       {report::render_html(document), report::render_markdown(document), report::render_json(document)}) {
    for (const unsigned char c : text)
      fuzz::require(c >= 0x20 || c == '\n' || c == '\t', "a report holds no control characters");
  }
  return 0;
}
