// The fake products of the simulation are true to the real ones: the conversation that they answer (tests/simulation/conversation) is held
// with a lab, and must come out the same, word for word.
#include "conversation/conversation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/format.h"

namespace pgcleave {
namespace {

namespace fs = std::filesystem;

class Lab {
 public:
  Lab() {
    auto pattern = (fs::temp_directory_path() / "pgcleave-conversation-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    ::chmod(folder_.c_str(), 0711);  // the servers run as another user
    if (call("up --bouncers 2") != 0) FAIL("the lab does not come up: " << read_file(folder_ / "lab.out").value_or(""));
  }
  ~Lab() {
    call("down");
    fs::remove_all(folder_);
  }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  [[nodiscard]] fs::path environment() const { return folder_ / "lab" / "environment.yml"; }

 private:
  int call(const std::string& words) const {
    return std::system(
        fmt::format("{} {} --dir {}/lab >{}/lab.out 2>&1", PGCLEAVE_LAB_PROGRAM, words, folder_.string(), folder_.string()).c_str());
  }
  fs::path folder_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const fs::path& file) {
  auto text = read_file(file);
  if (!text) FAIL(text.error().text());
  return *text;
}

}  // namespace

TEST_CASE("real products answer the simulation's conversation as the fake ones do") {
  const Lab lab;
  const auto environment = runbook::read_environment(lab.environment(), text_of(lab.environment()));
  REQUIRE(environment.value);
  const auto split = runbook::read_split(environment.value->split, text_of(environment.value->split));
  REQUIRE(split.value);
  auto world = steps::open_world(*environment.value, *split.value, Deadline::in(std::chrono::seconds(10)));
  if (!world) FAIL(world.error().text());
  const auto expected = lines_of(text_of(fs::path(PGCLEAVE_SOURCE_DIR) / "tests/simulation/conversation/expected.txt"));
  const auto heard = lines_of(conversation::converse(*world));
  CHECK(expected.size() > 100);
  CHECK(heard.size() == expected.size());
  for (std::size_t i = 0; i < std::min(heard.size(), expected.size()); ++i) CHECK(heard[i] == expected[i]);
}

}  // namespace pgcleave
