#include "engine/recorder.h"

#include "base/log.h"

namespace pgcleave::engine {
namespace {

// What a point at which tests inject faults is called: the record's type, and whose it is.
std::string name_of(const std::string& type, const Json& data) {
  for (const char* key : {"step", "phase"}) {
    if (const auto whose = data.find(key); whose != data.end() && whose->is_string()) return type + " " + whose->get<std::string>();
  }
  return type;
}

}  // namespace

Recorder::Recorder(journal::Journal& journal, std::string run, RunRecord record, FaultPoint point)
    : journal_(journal), run_(std::move(run)), record_(std::move(record)), fault_(point) {}

Result<void> Recorder::write(const std::string& type, Json data) {
  return append(type, std::move(data), durability_);
}

Result<void> Recorder::write_to_disk(const std::string& type, Json data) {
  return append(type, std::move(data), journal::Durability::disk);
}

Result<void> Recorder::append(const std::string& type, Json data, journal::Durability durability) {
  const auto point = fault_ == nullptr ? std::string() : name_of(type, data);
  fault("before record " + point);
  auto event = journal_.append(run_, type, data, durability);
  if (event) {
    record_.apply(*event);
    fault("after record " + point);
    return {};
  }
  if (!must_go_on_) return fail(event.error());
  if (!complained_) log::error("the journal can't be written any more; going on until clients are served: " + event.error().text());
  complained_ = true;
  journal::Event unwritten;
  unwritten.run = run_;
  unwritten.at_us = utc_now_us();
  unwritten.mono_us = std::chrono::duration_cast<std::chrono::microseconds>(Monotonic::now().time_since_epoch()).count();
  unwritten.type = type;
  unwritten.data = std::move(data);
  record_.apply(unwritten);
  return {};
}

}  // namespace pgcleave::engine
