#include "coordinator/report/facts_json.hpp"

#include <utility>

namespace ocibench::coordinator {
namespace {

Json subject_list(const std::vector<SeenSubject>& subjects) {
  Json list = Json::array();
  for (const SeenSubject& subject : subjects) {
    Json binaries = Json::array();
    for (const BinaryIdentity& binary : subject.identity.binaries) {
      binaries.push_back(
          {{"path", binary.path}, {"sha256", binary.sha256}, {"size_bytes", binary.size_bytes}});
    }
    Json agents = Json::array();
    for (const AgentName& agent : subject.agents) {
      agents.push_back(agent.str());
    }
    const std::string& config = subject.identity.config_text;
    list.push_back({{"name", subject.identity.name},
                    {"label", subject.identity.label},
                    {"version", subject.identity.version},
                    {"binaries", std::move(binaries)},
                    {"command", subject.identity.command},
                    {"config", config.empty() ? Json(nullptr) : Json(config)},
                    {"agents", std::move(agents)}});
  }
  return list;
}

}  // namespace

Json subjects_json(const Analysis& analysis) {
  Json json = {{"schema", "ocibench.subjects"}, {"schema_version", kFactsSchemaVersion}};
  json["tools"] = subject_list(analysis.tools);
  json["registries"] = subject_list(analysis.registries);
  return json;
}

Json environment_json(const Analysis& analysis) {
  Json json = {{"schema", "ocibench.environment"}, {"schema_version", kFactsSchemaVersion}};
  json["machines"] = Json::array();
  for (const SeenMachine& machine : analysis.machines) {
    Json facts = Json::object();
    for (const auto& [key, value] : machine.environment.facts) {
      facts[key] = value ? Json(*value) : Json(nullptr);
    }
    json["machines"].push_back({{"agent", machine.agent.str()},
                                {"boot", machine.boot.str()},
                                {"facts", std::move(facts)}});
  }
  return json;
}

}  // namespace ocibench::coordinator
