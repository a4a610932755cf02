#include "config/json_schema.h"

#include "base/format.h"
#include "config/connection_keys.h"
#include "config/environment.h"

namespace pgcleave::config {
namespace {

constexpr const char* name_pattern = "^[A-Za-z0-9._-]{1,63}$";
constexpr const char* secret_pattern = R"(^\$\{(file:[^}]+|env:[A-Za-z_][A-Za-z0-9_]*)\}$)";

Json described(Json schema, const std::string& help) {
  schema["description"] = help;
  return schema;
}

Json text(const std::string& help) {
  return described(plain_text(), help);
}

Json name(const std::string& help) {
  return described({{"type", "string"}, {"pattern", name_pattern}}, help);
}

Json secret(const std::string& help = "") {
  const std::string how = "a reference: \"${file:/path}\" or \"${env:NAME}\", never the password itself";
  return described({{"type", "string"}, {"pattern", secret_pattern}}, help.empty() ? how : help + ", as " + how);
}

Json port(const std::string& help) {
  return described({{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}}, help);
}

Json words(const std::string& help) {
  return described({{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 1}}, help);
}

Json one_of(const std::vector<std::string>& choices, const std::string& help) {
  Json values = choices;
  // 0 and 1 are numbers to a YAML parser.
  for (const auto& choice : choices) {
    if (choice == "0" || choice == "1") values.push_back(choice == "1" ? 1 : 0);
  }
  return described({{"enum", values}}, help);
}

Json schema_of(const ConnectionKey& key) {
  using Kind = ConnectionKey::Kind;
  switch (key.kind) {
    case Kind::choice: return one_of(key.choices, key.help);
    case Kind::number: return described({{"type", "integer"}, {"minimum", 0}}, key.help);
    case Kind::seconds: return described({{"type", "integer"}, {"minimum", 1}}, key.help);
    case Kind::secret: return secret(key.help);
    case Kind::path:
    case Kind::text: break;
  }
  return text(key.help);
}

// One login. `more`: what this use of it has besides. `required`: where no service is named, which may have them.
Json login(const std::string& help, const Json& more, const Json& required, bool by_service = true) {
  Json properties{
      {"user", text("the role")},
      {"passfile", text("a file in libpq's format, mode 0600; where another server logs in: on that server")},
      {"password", secret()}};
  for (const auto& key : connection_keys()) properties[key.name] = schema_of(key);
  properties.update(more);
  if (!by_service) return described(closed_object(std::move(properties), required), help);
  properties["service"] = text("has in a connection service file of libpq what is not given here");
  auto whole = closed_object(std::move(properties), Json::array());
  whole["anyOf"] = Json::array({Json{{"required", Json::array({"service"})}}, Json{{"required", required}}});
  return described(std::move(whole), help);
}

Json patroni() {
  Json members{{"type", "array"}, {"minItems", 1}, {"items", {{"type", "string"}, {"pattern", "^https?://[^@]+$"}}}};
  return closed_object(
      {{"members", described(members, "the REST address of each member, such as http://10.0.0.1:8008")},
       {"ca", text("the authority of the members' certificates")},
       {"cert", text("the client's certificate; goes with key")},
       {"key", text("its key")},
       {"insecure", described({{"type", "boolean"}}, "do not verify the members' certificates")},
       {"username", text("goes with password")},
       {"password", secret()}},
      Json::array({"members"}));
}

Json side() {
  Json properties;
  properties["scope"] = name("Patroni's scope, which is also the servers' cluster_name");
  properties["patroni"] = patroni();
  properties["postgres"] = login("how this tool connects to the members; host and port come from Patroni",
                                 {{"dbname", text("the database that is split")}}, Json::array({"dbname", "user"}));
  const auto address = closed_object({{"host", text("a name or an address")}, {"port", port("of its leader")}},
                                     Json::array({"host", "port"}));
  properties["route"] =
      described(Json{{"anyOf", Json::array({address, Json{{"const", "leader"}}})}},
                "what the bouncers connect to while this side serves: an address that follows the leader, or `leader` "
                "for the leader's own, as Patroni tells it");
  properties["replication"] = login("how the other side's servers connect here; files are on those servers",
                                    {{"host", text("the route's, unless given")},
                                     {"port", port("the route's, unless given")},
                                     {"dbname", text("the database that is split, unless given")}},
                                    Json::array({"user"}), false);
  properties["reclone"] = words("a program and its arguments that has this cluster's members copied anew");
  return closed_object(std::move(properties), Json::array({"scope", "patroni", "postgres", "route", "replication"}));
}

Json bouncer() {
  Json properties;
  properties["name"] = name("what messages and reports call it");
  properties["console"] = login("how this tool connects to PgBouncer's console",
                                {{"host", text("an address, or the folder of its socket")},
                                 {"port", port("PgBouncer's")},
                                 {"dbname", text("pgbouncer, unless given")}},
                                Json::array({"host", "port", "user"}));
  properties["config"] = text("the main configuration file that its process reads");
  const auto command = words("the words of a command that runs a shell on the bouncer's machine, such as [ssh, host]");
  const Json shell{{"anyOf", Json::array({Json{{"const", "local"}}, command})}};
  properties["shell"] = shell;
  properties["reach"] = described(shell, "shell is its name now");
  properties["reach"]["deprecated"] = true;
  return closed_object(std::move(properties), Json::array({"name", "console", "config"}));
}

Json pool() {
  Json names = words("several such names in the same processes; instead of database");
  auto whole = closed_object({{"database", text("the name that clients ask the bouncers for")},
                              {"databases", std::move(names)},
                              {"bouncers", {{"type", "array"}, {"minItems", 1}, {"items", bouncer()}}},
                              {"probe", login("a client of ours: measures what clients see, and where writes land",
                                              Json::object(), Json::array({"user"}))}},
                             Json::array({"bouncers"}));
  whole["oneOf"] =
      Json::array({Json{{"required", Json::array({"database"})}}, Json{{"required", Json::array({"databases"})}}});
  return whole;
}

Json prometheus() {
  return closed_object({{"url", described({{"type", "string"}, {"pattern", "^https?://[^@]+$"}}, "http://host:9090")},
                        {"queries",
                         {{"type", "object"},
                          {"minProperties", 1},
                          {"propertyNames", {{"pattern", word_pattern}}},
                          {"additionalProperties", text("a query in PromQL")}}}},
                       Json::array({"url", "queries"}));
}

Json limits() {
  Json properties;
  for (const auto& limit : job_limits())
    properties[limit.name] = described({{"type", "string"}, {"pattern", "^[0-9]+(B|KiB|MiB|GiB)$"}}, limit.help);
  properties["hours"] =
      described({{"type", "string"}, {"pattern", "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}( +[A-Za-z0-9_+/-]+)?$"}},
                "hours in which jobs work: 22:00-06:00 Europe/Kyiv");
  return described(closed_object(std::move(properties), Json::array()), "where jobs wait; 0B: no limit");
}

Json selection(const std::string& help) {
  const auto names = [](const std::string& what) {
    return described({{"type", "array"}, {"uniqueItems", true}, {"items", {{"type", "string"}}}}, what);
  };
  auto all = closed_object({{"tables", names("by name, as in SQL: schema.table")},
                            {"schemas", names("all tables of a schema")},
                            {"patterns", names("schema.table with * and ?, of sequences too")},
                            {"sequences", names("those that no table, schema or pattern puts where they belong")}},
                           Json::array());
  return described({{"anyOf", Json::array({std::move(all), Json{{"type", "null"}}})}}, help);
}

Json titled(const std::string& title, const Json& schema) {
  Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  out.update(schema);
  return out;
}

}  // namespace

Json closed_object(Json properties, Json required) {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

Json plain_text() {
  return {{"type", Json::array({"string", "number", "boolean"})}};
}

Json environment_schema() {
  Json properties;
  properties["environment"] = described({{"const", 1}}, "the version of this format");
  properties["name"] = name("of this place to run, such as shop-production");
  properties["class"] =
      described({{"enum", Json::array({"staging", "production"})}}, "on staging gates may be approved beforehand");
  properties["journal"] = text("where runs are written down, on this host; never in the databases that are split");
  properties["split"] = text("the split file");
  properties["rehearsals"] = {{"type", "array"},
                              {"items", {{"type", "string"}}},
                              {"description", "journals of other places whose rehearsals count here"}};
  properties["source"] = side();
  properties["target"] = side();
  properties["pools"] = {{"type", "array"}, {"minItems", 1}, {"items", pool()}};
  properties["limits"] = limits();
  properties["prometheus"] = described(prometheus(), "numbers that are kept beside the run's own");
  return titled(
      "pgcleave environment, version 1",
      closed_object(std::move(properties), Json::array({"environment", "name", "class", "source", "target", "pools"})));
}

Json split_schema() {
  Json properties;
  properties["split"] = described({{"const", 1}}, "the version of this format");
  properties["name"] =
      described({{"type", "string"}, {"pattern", "^(?!kept_)[a-z][a-z0-9_]{0,30}$"}}, "of the split, such as ci");
  properties["moved"] = selection("tables that go to the target");
  properties["kept"] = selection("tables that stay on the source");
  properties["shared"] = selection("tables that both sides keep, each its own from then on");
  return titled("pgcleave split, version 1",
                closed_object(std::move(properties), Json::array({"split", "name", "moved"})));
}

}  // namespace pgcleave::config
