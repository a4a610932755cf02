#include "engine/recorder.h"

#include "base/log.h"
#include "base/units.h"

namespace pgcleave::engine {
namespace {

constexpr auto short_patience = std::chrono::milliseconds(100);
constexpr auto window_patience = std::chrono::seconds(1);
constexpr auto long_patience = std::chrono::seconds(30);

Error no_answer(const std::string& journal, Duration waited) {
  const bool behind = waited < std::chrono::milliseconds(1);
  return {ErrorKind::failed,
          journal,
          "the file system of the journal does not answer",
          "",
          behind ? "an earlier record is not written yet" : "no answer within " + to_text(waited),
          "look at the file system (frozen? an NFS server that is gone?); `pgcleave resume` when it answers again",
          ""};
}

// What a point at which tests inject faults is called: the record's type, and whose it is.
std::string name_of(const std::string& type, const Json& data) {
  for (const char* key : {"step", "phase"}) {
    if (const auto whose = data.find(key); whose != data.end() && whose->is_string())
      return type + " " + whose->get<std::string>();
  }
  return type;
}

}  // namespace

Recorder::Recorder(journal::Journal& journal, std::string run, RunRecord record, FaultPoint point)
    : journal_(journal), run_(std::move(run)), record_(std::move(record)), fault_(point) {}

Result<void> Recorder::write(const std::string& type, const Json& data) {
  return append(type, data, durability_, durability_ == journal::Durability::process ? Need::soon : Need::before_more);
}

Result<void> Recorder::announce(const std::string& type, const Json& data) {
  return append(type, data, durability_, Need::before_more);
}

Result<void> Recorder::write_to_disk(const std::string& type, const Json& data) {
  return append(type, data, journal::Durability::disk, Need::before_more);
}

// Where clients wait for what comes next, a file system gets little time. That the disk is slow is known from before
// the window.
Deadline Recorder::patience(journal::Durability durability, Need need) const {
  const bool behind = journal_.unwritten() > 0;
  if (must_go_on_ || need == Need::soon) return Deadline::in(behind ? Duration::zero() : Duration(short_patience));
  if (gave_up_ && behind) return Deadline::in(short_patience);
  if (!until_) return Deadline::in(long_patience);
  const bool may_sync = durability == journal::Durability::disk && !behind;
  const auto by = may_sync ? *until_ : until_->or_earlier(Deadline::in(window_patience));
  return by.left() < short_patience ? Deadline::in(short_patience) : by;
}

Result<void> Recorder::append(const std::string& type, const Json& data, journal::Durability durability, Need need) {
  if (when_recording) when_recording();
  const auto point = fault_ == nullptr ? std::string() : name_of(type, data);
  fault("before record " + point);
  const auto by = patience(durability, need);
  const auto began = Monotonic::now();
  const auto queued = journal_.submit(run_, type, data, durability);
  const auto end = journal_.written(queued, by);
  if (end && *end) {
    gave_up_ = false;
    record_.apply(**end);
    fault("after record " + point);
    return {};
  }
  const auto waited = std::chrono::duration_cast<Duration>(Monotonic::now() - began);
  const bool still_queued = !end || end->error().kind == ErrorKind::timed_out;
  return go_on_without(queued.event, end ? end->error() : no_answer(journal_.path(), waited), still_queued,
                       !end && need == Need::soon);
}

// What is still queued comes into the journal after all: the record already knows it. What was refused never comes.
Result<void> Recorder::go_on_without(const journal::Event& event, const Error& error, bool queued, bool may_be_late) {
  if (queued || must_go_on_) record_.apply(event);
  if (may_be_late && !must_go_on_) return {};
  lost_a_record_ = true;
  gave_up_ = true;
  if (!must_go_on_) return fail(error);
  if (complained_) return {};
  complained_ = true;
  log::error(queued ? "going on until clients are served; the journal is told when it can be written: " + error.text()
                    : "the journal can't be written any more; going on until clients are served: " + error.text());
  return {};
}

}  // namespace pgcleave::engine
