// What clients see of one window: a prober that runs from shortly before it until shortly after it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "watch/prober.h"

namespace pgcleave::watch {

class WindowWatch {
 public:
  WindowWatch(std::vector<postgres::Settings> through, postgres::TableName table, Duration every);

  // Returns after half a second, or at once when `clients_wait` already: then the outage is one that had begun before.
  void begin(bool clients_wait);
  // Goes on for half a second, or up to two more while a bouncer does not serve. The data of `window.watched`, without
  // phase and attempt.
  Json end();

 private:
  std::vector<postgres::Settings> through_;
  postgres::TableName table_;
  Duration every_;
  std::unique_ptr<Prober> prober_;
  bool served_at_first_ = false;
  Monotonic::time_point began_;
  std::int64_t began_us_ = 0;
};

}  // namespace pgcleave::watch
