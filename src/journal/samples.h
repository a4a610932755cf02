// Numbers that were seen over time: connections, transactions, lag. A file beside the journal, for pictures and
// comparisons only: it is not chained, and nothing that a run decides stands in it. Who loses it loses pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace pgcleave::journal {

struct Sample {
  std::int64_t at_us = 0;  // wall clock
  std::string run;         // "" outside runs
  std::string scope;       // "source", "target", "pool app at bouncer-1", "prometheus"
  std::string name;        // "commits_per_s"
  double value = 0;
};

// The samples that belong to a journal.
std::string samples_path(const std::string& journal_path);

struct OpenSamples;

class Samples {
 public:
  // Creates the file (mode 0600) in a folder that is there. `invalid` when it is something else, or of a newer format.
  static Result<Samples> open(const std::string& path, Deadline deadline);
  // `not_ready` when there is no file.
  static Result<Samples> open_to_read(const std::string& path, Deadline deadline);
  Samples(Samples&&) noexcept;
  Samples& operator=(Samples&&) noexcept;
  ~Samples();

  // All or none. Not synced: a power cut may take the last ones along.
  Result<void> append(const std::vector<Sample>& samples);
  // at_us in [from_us, to_us], in order of time.
  [[nodiscard]] Result<std::vector<Sample>> between(std::int64_t from_us, std::int64_t to_us) const;

 private:
  struct State;
  static Result<Samples> opened_by(const std::function<Result<std::shared_ptr<OpenSamples>>()>& open,
                                   const std::string& path, Deadline deadline);
  explicit Samples(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgcleave::journal
