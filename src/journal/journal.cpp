// The journal's own thread, and who waits for it.
#include "journal/journal.h"

#include <atomic>
#include <filesystem>
#include <mutex>

#include "base/format.h"
#include "base/side_thread.h"
#include "base/units.h"
#include "journal/book.h"
#include "journal/journal_file.h"

namespace pgcleave::journal {
namespace {

constexpr Duration longest_append = std::chrono::seconds(30);
constexpr Duration longest_read = std::chrono::seconds(30);
constexpr Duration longest_verification = std::chrono::minutes(10);
constexpr Duration longest_close = std::chrono::seconds(5);
// Opening waits by its deadline for other processes' locks. Beyond that the file system does not answer.
constexpr Duration more_for_opening = std::chrono::seconds(5);
constexpr Duration slice = std::chrono::milliseconds(20);
constexpr Duration lingers = std::chrono::hours(24 * 365);

Error silent(const std::string& path, Duration waited) {
  return {ErrorKind::failed,
          path,
          "the file system of the journal does not answer",
          "",
          "no answer within " + to_text(waited),
          "look at the file system (frozen? an NFS server that is gone?); `pgcleave resume` when it answers again",
          ""};
}

}  // namespace

struct Queued::Answer {
  std::mutex mutex;
  std::optional<Result<Event>> end;
  std::optional<Error> kept_out;  // by another process's lock; it is tried again
};

struct Journal::State {
  explicit State(std::string where) : path(std::move(where)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    // Closing moves the log into the file.
    *over = true;
    const bool busy = thread->left() > 0;
    thread->run([book = std::move(book)]() mutable { book.reset(); },
                Deadline::in(busy ? Duration(std::chrono::milliseconds(100)) : longest_close));
  }

  template <class Value>
  Result<Value> ask(const std::function<Result<Value>(const Book&)>& question, Duration longest) const {
    return ask_by(question, Deadline::in(longest));
  }
  template <class Value>
  Result<Value> ask_by(const std::function<Result<Value>(const Book&)>& question, Deadline by) const {
    const auto began = Monotonic::now();
    const auto answer = std::make_shared<std::optional<Result<Value>>>();
    const bool answered = thread->run([=, book = book] { answer->emplace(question(*book)); }, by);
    if (answered) return std::move(**answer);
    return fail(silent(path, std::chrono::duration_cast<Duration>(Monotonic::now() - began)));
  }

  std::string path;
  std::shared_ptr<Book> book;
  std::shared_ptr<std::atomic<bool>> over = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<std::size_t>> unwritten = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<SideThread> thread = std::make_shared<SideThread>(lingers);
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<Journal> Journal::opened(const std::string& path, Opening opening, Deadline deadline) {
  auto state = std::make_unique<State>(path);
  const auto answer = std::make_shared<std::optional<Result<std::shared_ptr<Book>>>>();
  const auto longest = deadline.left() + more_for_opening;
  const auto open_book = [=]() -> Result<std::shared_ptr<Book>> {
    if (opening == Opening::existing) TRY(must_exist(path));
    return Book::open(path, opening != Opening::to_read, deadline);
  };
  if (!state->thread->run([=] { answer->emplace(open_book()); }, Deadline::in(longest))) {
    return fail(silent(path, longest));
  }
  TRY_ASSIGN(state->book, std::move(**answer));
  return Journal(std::move(state));
}

Result<Journal> Journal::open(const std::string& path, Deadline deadline) {
  return opened(path, Opening::or_create, deadline);
}

Result<Journal> Journal::open_existing(const std::string& path, Deadline deadline) {
  return opened(path, Opening::existing, deadline);
}

Result<Journal> Journal::open_to_read(const std::string& path, Deadline deadline) {
  return opened(path, Opening::to_read, deadline);
}

Queued Journal::submit(const std::string& run, const std::string& type, const Json& data, Durability durability) {
  return submit(run, type, data, durability, true);
}

Queued Journal::submit(const std::string& run, const std::string& type, const Json& data, Durability durability,
                       bool patient) {
  const auto mono_us =
      std::chrono::duration_cast<std::chrono::microseconds>(Monotonic::now().time_since_epoch()).count();
  Queued queued{Event{0, run, utc_now_us(), mono_us, type, data, ""}, std::make_shared<Queued::Answer>(), 0};
  const auto write = [=, book = state_->book, over = state_->over, unwritten = state_->unwritten, event = queued.event,
                      text = to_text(data), answer = queued.answer]() mutable {
    auto written = book->append(event, text, durability);
    while (patient && !written && written.error().kind == ErrorKind::timed_out && !*over) {
      {
        const std::lock_guard lock(answer->mutex);
        answer->kept_out = written.error();
      }
      written = book->append(event, text, durability);
    }
    const std::lock_guard lock(answer->mutex);
    answer->end.emplace(written ? Result<Event>(std::move(event)) : fail(written.error()));
    --*unwritten;
  };
  ++*state_->unwritten;
  queued.job = state_->thread->add(write);
  return queued;
}

std::optional<Result<Event>> Journal::written(const Queued& queued, Deadline by) const {
  while (!state_->thread->is_done(queued.job, by.or_earlier(Deadline::in(slice)))) {
    const std::lock_guard lock(queued.answer->mutex);
    if (queued.answer->kept_out && !queued.answer->end) return Result<Event>(fail(*queued.answer->kept_out));
    if (by.passed()) return {};
  }
  const std::lock_guard lock(queued.answer->mutex);
  return queued.answer->end;
}

Result<Event> Journal::append(const std::string& run, const std::string& type, const Json& data,
                              Durability durability) {
  const auto queued = submit(run, type, data, durability, false);
  if (auto end = written(queued, Deadline::in(longest_append))) return std::move(*end);
  auto error = silent(state_->path, longest_append);
  if (state_->thread->cancel(queued.job)) {
    --*state_->unwritten;
    error.what += ", and nothing was written";
  } else {
    error.what += "; the event is written when it does, unless this process is ended before";
  }
  return fail(std::move(error));
}

std::size_t Journal::unwritten() const {
  return *state_->unwritten;
}

bool Journal::await_written(Deadline by) const {
  return state_->thread->run([] {}, by);
}

bool Journal::is_in_kernel() const {
  return state_->thread->is_in_kernel();
}

Result<std::vector<Event>> Journal::events(const std::string& run, std::int64_t after_seq) const {
  return state_->ask<std::vector<Event>>([=](const Book& book) { return book.events(run, after_seq); }, longest_read);
}

Result<std::vector<Event>> Journal::events_by(Deadline by, const std::string& run) const {
  return state_->ask_by<std::vector<Event>>([=](const Book& book) { return book.events(run, 0); }, by);
}

Result<std::vector<Event>> Journal::events_of_type(const std::string& type) const {
  return state_->ask<std::vector<Event>>([=](const Book& book) { return book.events_of_type(type); }, longest_read);
}

Result<void> Journal::verify_chain() const {
  return state_->ask<void>([](const Book& book) { return book.verify_chain(); }, longest_verification);
}

Result<std::string> Journal::head() const {
  return state_->ask<std::string>([](const Book& book) { return book.head(); }, longest_read);
}

const std::string& Journal::path() const {
  return state_->path;
}

struct SplitHold::State {
  std::shared_ptr<SideThread> thread;
  std::shared_ptr<std::optional<SplitLock>> lock = std::make_shared<std::optional<SplitLock>>();
  SideThread::Job taken = 0;
};

SplitHold::SplitHold(std::unique_ptr<State> state) : state_(std::move(state)) {}
SplitHold::SplitHold(SplitHold&&) noexcept = default;
SplitHold& SplitHold::operator=(SplitHold&&) noexcept = default;

SplitHold::~SplitHold() {
  if (state_ == nullptr) return;
  // After all that was queued while it was held.
  const auto give_back = [lock = state_->lock] { lock->reset(); };
  const bool busy = state_->thread->left() > 0;
  state_->thread->run(give_back, Deadline::in(busy ? Duration::zero() : longest_close));
}

bool SplitHold::is_held() const {
  return state_->thread->is_done(state_->taken, Deadline::in({}));
}

Result<SplitHold> Journal::hold(const std::string& split, const std::string& run, Deadline by, int gone) {
  struct Outcome {
    std::mutex mutex;
    std::optional<Error> refused;
    bool late = false;
  };
  auto hold = std::make_unique<SplitHold::State>();
  hold->thread = state_->thread;
  const auto outcome = std::make_shared<Outcome>();
  hold->taken = hold->thread->add([=, book = state_->book, path = state_->path, lock = hold->lock] {
    auto taken = SplitLock::take(path, split, run, gone);
    const std::lock_guard guard(outcome->mutex);
    if (taken) {
      lock->emplace(std::move(*taken));
      return;
    }
    outcome->refused = taken.error();
    // Whoever holds it now goes by what the servers say: what this process did is no news any more.
    if (outcome->late) book->close(taken.error());
  });
  const bool answered = hold->thread->is_done(hold->taken, by);
  const std::lock_guard guard(outcome->mutex);
  if (outcome->refused) return fail(*outcome->refused);
  outcome->late = !answered;
  return SplitHold(std::move(hold));
}

}  // namespace pgcleave::journal
