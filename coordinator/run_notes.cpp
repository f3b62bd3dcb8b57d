#include "coordinator/run_notes.hpp"

#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "common/file.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::uint64_t kNotesSchema = 1;
constexpr std::uint64_t kMaxNotesBytes = 64 * 1024;

Result<ProcessIdentity> process_from_json(const JsonObject& json) {
  const auto pid = json.unsigned_integer("pid");
  const auto start = json.unsigned_integer("start_ticks");
  if (!pid || !start) {
    return tl::unexpected(pid ? start.error() : pid.error());
  }
  if (*pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    return fail(ErrorCode::bad_input, fmt::format("{}: {} is no process id", json.path(), *pid));
  }
  return ProcessIdentity{static_cast<pid_t>(*pid), *start};
}

Result<KeyPaths> keys_from_json(const JsonObject& json) {
  auto own = json.text("own");
  auto of_agents = json.text("of_agents");
  if (!own || !of_agents) {
    return tl::unexpected(own ? of_agents.error() : own.error());
  }
  return KeyPaths{*std::move(own), *std::move(of_agents)};
}

template <class T>
const Error* error_of(const Result<T>& result) {
  return result ? nullptr : &result.error();
}

/// The member `key`, which may be absent.
template <class T>
Result<std::optional<T>> optional_member(const JsonObject& json, std::string_view key,
                                         Result<T> (*read)(const JsonObject&)) {
  if (!json.has(key)) {
    return std::nullopt;
  }
  const auto object = json.object(key);
  if (!object) {
    return tl::unexpected(object.error());
  }
  return read(*object).map([](T value) { return std::optional<T>(std::move(value)); });
}

}  // namespace

Json to_json(const RunNotes& notes) {
  Json json = {
      {"schema", kNotesSchema}, {"campaign", notes.campaign.str()}, {"endpoint", notes.endpoint}};
  if (notes.keys) {
    json["keys"] = {{"own", notes.keys->own.string()},
                    {"of_agents", notes.keys->of_agents.string()}};
  }
  if (notes.local_agent) {
    json["local_agent"] = {{"pid", notes.local_agent->pid},
                           {"start_ticks", notes.local_agent->start_ticks}};
  }
  return json;
}

Result<RunNotes> run_notes_from_json(const Json& json, const std::string& origin) {
  const auto root = JsonObject::open(json, origin);
  if (!root) {
    return tl::unexpected(root.error());
  }
  const auto schema = root->unsigned_integer("schema");
  if (schema && *schema != kNotesSchema) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} has schema {}, this ocibench knows {}: resume with the one that "
                            "began the run",
                            origin, *schema, kNotesSchema));
  }
  const auto campaign = root->text("campaign");
  const auto endpoint = root->text("endpoint");
  auto keys = optional_member(*root, "keys", keys_from_json);
  const auto agent = optional_member(*root, "local_agent", process_from_json);
  for (const Error* error : {error_of(schema), error_of(campaign), error_of(endpoint),
                             error_of(keys), error_of(agent)}) {
    if (error != nullptr) {
      return tl::unexpected(*error);
    }
  }
  return RunNotes{.campaign = CampaignId(*campaign),
                  .keys = *std::move(keys),
                  .endpoint = *endpoint,
                  .local_agent = *agent};
}

Result<RunNotes> read_run_notes(const std::filesystem::path& run) {
  const std::filesystem::path file = run / kRunNotesFile;
  const auto text = read_file(file, kMaxNotesBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto json = parse_json(*text, file.string());
  return json ? run_notes_from_json(*json, file.string()) : tl::unexpected(json.error());
}

Result<void> write_run_notes(const std::filesystem::path& run, const RunNotes& notes) {
  return write_file_atomically(run / kRunNotesFile, dump_json(to_json(notes)), FileReaders::owner);
}

}  // namespace ocibench::coordinator
