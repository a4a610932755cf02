#include "config/sequence_classes.h"

#include <catch2/catch.hpp>

#include "runbook/a_vocabulary.h"

using namespace pgcleave::runbook;
using namespace pgcleave;
using namespace pgcleave::config;

namespace {

constexpr auto moved = TableClass::moved, kept = TableClass::kept, shared = TableClass::shared;

ClassifiedSequences of_split(const std::string& lines, const std::vector<CatalogSequence>& catalog) {
  const auto split = read_split("s.yml", "split: 1\nname: ci\n" + lines);
  CHECK(texts(split.problems) == Texts{});
  REQUIRE(split.value);
  return classify_sequences(*split.value, catalog);
}

CatalogSequence sequence(const Name& name, std::optional<TableClass> owner = {}, const std::set<TableClass>& uses = {},
                         const std::set<TableClass>& beside = {}) {
  return {name, owner, uses, beside, false};
}

const Name one{"public", "one"};
const std::string both_schemas = "moved: {schemas: [ci]}\nkept: {schemas: [public]}\n";

}  // namespace

TEST_CASE("a sequence that nothing uses goes by its name, then a pattern, then its schema") {
  const auto seen = of_split(
      "moved: {schemas: [ci], patterns: [public.ci_*], sequences: [order_no, 'public.\"Weird No\"']}\n"
      "kept: {schemas: [public], patterns: ['ci.k*']}\nshared: {sequences: [ci.both]}\n",
      {sequence({"ci", "hibernate_seq"}), sequence({"ci", "k_no"}), sequence({"ci", "both"}),
       sequence({"public", "order_no"}), sequence({"public", "Weird No"}), sequence({"public", "ci_no"}),
       sequence({"public", "user_no"})});
  CHECK(texts(seen.problems) == Texts{});
  CHECK(seen.moved ==
        std::vector<config::Name>{
            {"ci", "hibernate_seq"}, {"public", "order_no"}, {"public", "Weird No"}, {"public", "ci_no"}});
  CHECK(seen.kept == std::vector<config::Name>{{"ci", "k_no"}, {"public", "user_no"}});
  CHECK(seen.shared == std::vector<config::Name>{{"ci", "both"}});
  CHECK(seen.unclassified.empty());
}

TEST_CASE("a sequence of a kept schema that a moved table uses is moved, unless the split file names it") {
  CHECK(of_split(both_schemas, {sequence(one, {}, {moved})}).moved == std::vector<config::Name>{one});
  CHECK(of_split(both_schemas, {sequence(one, kept, {moved, kept})}).moved == std::vector<config::Name>{one});
  CHECK(of_split(both_schemas, {sequence(one, {}, {}, {moved, kept})}).moved == std::vector<config::Name>{one});
  CHECK(of_split("moved: {schemas: [ci]}\nkept: {schemas: [public], sequences: [one]}\n", {sequence(one, {}, {moved})})
            .kept == std::vector<config::Name>{one});
}

TEST_CASE(
    "a sequence that a kept table owns stays with it, also in a moved schema and beside a function that writes moved "
    "tables") {
  CHECK(of_split(both_schemas, {sequence({"ci", "a_id_seq"}, kept, {kept}, {moved})}).kept ==
        std::vector<config::Name>{{"ci", "a_id_seq"}});
  CHECK(of_split(both_schemas, {sequence({"ci", "a_id_seq"}, shared, {shared})}).shared ==
        std::vector<config::Name>{{"ci", "a_id_seq"}});
}

TEST_CASE("a sequence of a moved schema moves, although only kept tables use it") {
  CHECK(of_split(both_schemas, {sequence({"ci", "no"}, {}, {kept})}).moved == std::vector<config::Name>{{"ci", "no"}});
}

TEST_CASE("a sequence in no schema of the split goes with what uses it") {
  CHECK(of_split(both_schemas, {sequence({"other", "no"}, {}, {kept, shared})}).kept ==
        std::vector<config::Name>{{"other", "no"}});
  CHECK(of_split(both_schemas, {sequence({"other", "no"}, {}, {}, {shared})}).shared ==
        std::vector<config::Name>{{"other", "no"}});
}

TEST_CASE("a sequence in no class is named, one of an extension needs none unless a moved table uses it") {
  auto of_extension = sequence({"other", "jobid_seq"});
  of_extension.of_extension = true;
  auto used = sequence({"other", "used_seq"}, {}, {moved});
  used.of_extension = true;
  const auto seen = of_split(both_schemas, {of_extension, used, sequence({"other", "no"})});
  CHECK(seen.moved == std::vector<config::Name>{{"other", "used_seq"}});
  CHECK(seen.unclassified == std::vector<config::Name>{{"other", "no"}});
  const auto split = config::read_split("s.yml", "split: 1\nname: ci\n" + both_schemas);
  CHECK(
      texts(config::problems_of_unclassified_sequences(*split.value, {{"other", "No"}, {"other", "b"}, {"z", "a"}})) ==
      Texts{"s.yml: 2 sequences of schema other in no class, and no table uses them: other.\"No\", other.b\n"
            "  say who calls nextval() on them: sequences: [other.\"No\", other.b] under moved, kept or shared",
            "s.yml: a sequence of schema z in no class, and no table uses it: z.a\n"
            "  say who calls nextval() on it: sequences: [z.a] under moved, kept or shared"});
}

TEST_CASE(
    "a sequence that is named and not there, or claimed by patterns of two classes, is a problem with its position") {
  const auto seen = of_split(
      "moved: {schemas: [ci], sequences: [ci.order_on]}\nkept: {sequences: [zzz.q]}\nshared: {patterns: ['*.o*']}\n",
      {sequence({"ci", "order_no"})});
  CHECK(texts(seen.problems) ==
        Texts{"s.yml:3:36: the database has no sequence ci.order_on\n  did you mean 'ci.order_no'?",
              "s.yml:4:20: the database has no sequence zzz.q\n  remove it or fix its name"});
  const auto twice = of_split("moved: {schemas: [ci], patterns: ['ci.o*']}\nkept: {patterns: ['*.order*']}\n",
                              {sequence({"ci", "order_no"}), sequence({"ci", "order_id_seq"}, moved, {moved})});
  CHECK(texts(twice.problems) ==
        Texts{"s.yml:4:19: the sequence ci.order_no is moved by 'ci.o*' and kept by '*.order*'\n"
              "  name the sequence itself under sequences of one class"});
  CHECK(twice.unclassified.empty());
  CHECK(twice.moved == std::vector<config::Name>{{"ci", "order_id_seq"}});
}

TEST_CASE("a sequence that is named twice in a split file, or not in SQL syntax, is a mistake with its position") {
  const auto read = config::read_split(
      "s.yml", "split: 1\nname: ci\nmoved: {schemas: [ci], sequences: [No]}\nkept: {sequences: [public.no, 1x]}\n");
  CHECK(texts(read.problems) ==
        Texts{"s.yml:4:20: 'public.no' is named twice\n  the first is at s.yml:3:36",
              "s.yml:4:31: '1x' is not a name in SQL syntax: no name begins at its character 1\n"
              "  write ci.builds, or with double quotes what is not in small letters: ci.\"Weird Name\""});
}
