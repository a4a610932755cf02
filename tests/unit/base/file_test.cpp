#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace pgcleave;

namespace {

struct Folder {
  std::string path = [] {
    auto pattern = (std::filesystem::temp_directory_path() / "pgcleave-file-XXXXXX").string();
    return std::string(::mkdtemp(pattern.data()));
  }();
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

mode_t mode_of(const std::string& path) {
  struct stat info{};
  ::stat(path.c_str(), &info);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file is read whole, zero bytes included") {
  const Folder folder;
  const std::string content("a\0b\r\n", 5);
  write(folder / "x", content);
  CHECK(read_file(folder / "x").value() == content);
}

TEST_CASE("what can't be read as a file is refused with its path") {
  const Folder folder;
  for (const auto& path : {folder / "missing", folder.path, std::string("/dev/zero")}) {
    const auto content = read_file(path);
    REQUIRE_FALSE(content);
    CHECK(content.error().kind == ErrorKind::invalid);
    CHECK(content.error().object == path);
  }
}

TEST_CASE("a file beyond the limit is refused, one at the limit is read") {
  const Folder folder;
  write(folder / "x", "12345");
  CHECK(read_file(folder / "x", 5).value() == "12345");
  CHECK(read_file(folder / "x", 4).error().what == "the file is too large");
}

TEST_CASE("a replaced file has the new content and the mode of its model") {
  const Folder folder;
  write(folder / "x", "old");
  ::chmod((folder / "x").c_str(), 0640);
  REQUIRE(replace_file(folder / "x", "new", folder / "x"));
  CHECK(read_file(folder / "x").value() == "new");
  CHECK(mode_of(folder / "x") == 0640);
  CHECK_FALSE(exists(folder / "x.tmp"));
}

TEST_CASE("a file without a model is for its owner only") {
  const Folder folder;
  REQUIRE(replace_file(folder / "x", "secret", folder / "missing"));
  CHECK(mode_of(folder / "x") == 0600);
}

TEST_CASE("a file that was open before keeps the old content whole") {
  const Folder folder;
  write(folder / "x", "old");
  std::ifstream reader(folder / "x");
  REQUIRE(replace_file(folder / "x", "new", folder / "x"));
  std::string seen;
  reader >> seen;
  CHECK(seen == "old");
}

TEST_CASE("a replacement that fails leaves the old content and nothing beside it") {
  const Folder folder;
  std::filesystem::create_directory(folder / "x");
  write(folder / "x/inside", "");
  const auto replaced = replace_file(folder / "x", "new", folder / "x");
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().kind == ErrorKind::failed);
  CHECK_FALSE(exists(folder / "x.tmp"));
  CHECK_FALSE(replace_file(folder / "missing/x", "new", ""));
}

TEST_CASE("removing twice is fine") {
  const Folder folder;
  write(folder / "x", "");
  CHECK(remove_file(folder / "x"));
  CHECK_FALSE(exists(folder / "x"));
  CHECK(remove_file(folder / "x"));
}

TEST_CASE("a rename moves the content and needs its source") {
  const Folder folder;
  write(folder / "x", "content");
  CHECK(rename_durably(folder / "x", folder / "y"));
  CHECK(read_file(folder / "y").value() == "content");
  CHECK(rename_durably(folder / "x", folder / "y").error().kind == ErrorKind::failed);
}
