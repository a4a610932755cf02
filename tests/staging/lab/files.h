#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "user.h"

namespace pgcleave_lab {

std::string read_file(const std::filesystem::path& path);
std::string read_file_or_empty(const std::filesystem::path& path);
std::string last_lines(const std::filesystem::path& path, int count);

// Replaces the file at once: readers see the old text or the new one, never a part.
void write_file(const std::filesystem::path& path, const std::string& text, mode_t mode, const User& owner);
void make_folder(const std::filesystem::path& path, mode_t mode, const User& owner);

// An exclusive lock held for the life of the object; waits for whoever holds it.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

std::string random_text(int length);  // letters and digits from the kernel's random source

}  // namespace pgcleave_lab
