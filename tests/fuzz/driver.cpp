// GCC has no libFuzzer: this runs a target over its corpus, then over mutations of it, the same ones for the same seed.
//
//   fuzz_NAME [--seed N] [--seconds S] [--inputs N] [--slow-s N] FILE|FOLDER...
//
// An input that crashes the target, takes too long or throws stands in ./crash-NAME afterwards; give it as FILE to try
// it again.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mutation.h"
#include "target.h"

namespace {

namespace fs = std::filesystem;

struct Asked {
  std::uint64_t seed = 20260101;
  double seconds = 2;
  std::uint64_t inputs = UINT64_MAX;
  unsigned slow_s = 10;
  std::vector<std::string> files;
};

constexpr std::size_t largest_input = 64 * 1024;
std::string input;
std::string crash_file;
std::uint64_t tried = 0;
std::uint64_t seed_used = 0;

// In a signal handler: only what may be called there.
void keep_input() {
  const int fd = ::open(crash_file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (::write(fd, input.data(), input.size()) < 0) errno = 0;
  ::close(fd);
}

void on_crash(int signal) {
  keep_input();
  char text[256];
  const int length = std::snprintf(text, sizeof text, "signal %d at input %llu of seed %llu; it stands in %s\n", signal,
                                   static_cast<unsigned long long>(tried), static_cast<unsigned long long>(seed_used),
                                   crash_file.c_str());
  if (::write(STDERR_FILENO, text, static_cast<std::size_t>(length)) < 0) errno = 0;
  ::_exit(1);
}

void catch_crashes() {
  // A stack that overflowed can't hold the handler.
  static std::uint8_t stack[64 * 1024];
  const stack_t other{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
  ::sigaltstack(&other, nullptr);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
    struct sigaction action{};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    ::sigaction(signal, &action, nullptr);
  }
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> corpus_of(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) corpus.push_back(read(file));
  return corpus;
}

void try_one(std::string text, unsigned slow_s) {
  input = std::move(text);
  ++tried;
  ::alarm(slow_s);
  try {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "an exception came out of the target: %s\n", error.what());
    std::abort();
  }
  ::alarm(0);
}

Asked asked(int count, char** words) {
  Asked all;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool has_value = i + 1 < count;
    if (word == "--seed" && has_value) {
      all.seed = std::stoull(words[++i]);
    } else if (word == "--seconds" && has_value) {
      all.seconds = std::stod(words[++i]);
    } else if (word == "--inputs" && has_value) {
      all.inputs = std::stoull(words[++i]);
    } else if (word == "--slow-s" && has_value) {
      all.slow_s = static_cast<unsigned>(std::stoul(words[++i]));
    } else {
      all.files.push_back(word);
    }
  }
  return all;
}

}  // namespace

int main(int count, char** words) {
  const auto all = asked(count, words);
  const auto corpus = corpus_of(all.files);
  if (corpus.empty()) {
    std::fprintf(stderr, "usage: %s [--seed N] [--seconds S] [--inputs N] [--slow-s N] FILE|FOLDER...\n", words[0]);
    return 2;
  }
  seed_used = all.seed;
  crash_file = "crash-" + fs::path(words[0]).filename().string();
  catch_crashes();
  for (const auto& one : corpus) try_one(one, all.slow_s);
  pgcleave::fuzz::Mutation mutation(all.seed, largest_input);
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(all.seconds);
  while (tried < all.inputs && std::chrono::steady_clock::now() < until) try_one(mutation.next(corpus), all.slow_s);
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(tried),
              static_cast<unsigned long long>(all.seed));
  return 0;
}
