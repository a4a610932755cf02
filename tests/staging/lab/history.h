#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace pgcleave_lab {

enum class Outcome {
  ok,      // the server acknowledged the commit
  failed,  // it is certain that nothing was committed
  unknown  // the commit was sent, no answer came
};

// Both clocks: real time to line up with other logs, monotonic for durations.
struct Moment {
  std::int64_t real_us = 0, steady_us = 0;
  static Moment now();
};

struct Record {
  std::string kind;  // build, pipeline, report, note; or read
  int client = 0;
  long long n = 0;
  Moment start, end;
  Outcome outcome = Outcome::failed;
  std::string stored_on;        // as the server returned it
  std::string sqlstate, error;  // of the first error
  std::string through;          // which bouncer, or direct
  bool reconnecting = false;

  bool is_write() const { return kind != "read"; }
};

std::string to_line(const Record& record);
Record record_from(const std::string& line);
// A last line that was cut off is left out. Records that ended before `from_us` (wall clock) are passed over quickly.
std::vector<Record> read_history(const std::filesystem::path& file, std::int64_t from_us = 0);

// Collects records from all threads and appends them to the file when told to.
class History {
 public:
  explicit History(const std::filesystem::path& file);
  void add(Record record);
  std::vector<Record> flush();  // what was written now

 private:
  std::mutex mutex_;
  std::vector<Record> waiting_;
  std::ofstream out_;
};

}  // namespace pgcleave_lab
