#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "coordinator/plan/plan.hpp"
#include "coordinator/plan/plan_bounds.hpp"

// Every type is described once, by `describe`, and the description is both written and read: so the
// two directions cannot drift apart.

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSchema = "ocibench.plan";
constexpr std::uint32_t kSchemaVersion = 1;

template <class T, class Model>
concept Is = std::same_as<std::remove_const_t<T>, Model>;

void describe(auto& io, Is<SyntheticSpec> auto& spec) {
  io("seed", spec.seed);
  io("images", spec.images);
  io("layers", spec.layers);
  io("layer_bytes", spec.layer_bytes);
  io("shared_share", spec.shared_share);
  io("compressibility", spec.compressibility);
  io("gzip_level", spec.gzip_level);
  io("platforms", spec.platforms);
  io("referrer", spec.referrer);
  io("repository_prefix", spec.repository_prefix);
}

void describe(auto& io, Is<ReferenceSpec> auto& spec) { io("images", spec.images); }

void describe(auto& io, Is<LocalFile> auto& file) {
  io("path", file.path);
  io("repository", file.repository);
  io("tag", file.tag);
}

void describe(auto& io, Is<LocalFileSpec> auto& spec) { io("files", spec.files); }

void describe(auto& io, Is<CorpusSpec> auto& corpus) {
  io("name", corpus.name);
  io.one_of({"synthetic", "references", "local"}, corpus.source);
}

void describe(auto& io, Is<BlobInfo> auto& blob) {
  io("digest", blob.digest);
  io("size_bytes", blob.size_bytes);
}

void describe(auto& io, Is<ManifestInfo> auto& manifest) {
  io("digest", manifest.digest);
  io("media_type", manifest.media_type);
  io("size_bytes", manifest.size_bytes);
  io("blobs", manifest.blobs);
  io("children", manifest.children);
  io("platform", manifest.platform);
}

void describe(auto& io, Is<ResolvedImage> auto& image) {
  io("repository", image.repository);
  io("tag", image.tag);
  io("digest", image.digest);
  io("manifests", image.manifests);
}

void describe(auto& io, Is<ResolvedCorpus> auto& corpus) {
  io("name", corpus.name);
  io("source_host", corpus.source_host);
  io("images", corpus.images);
}

void describe(auto& io, Is<TargetSpec> auto& target) {
  io("kind", target.kind);
  io("host", target.host);
  io("prefix", target.prefix);
}

void describe(auto& io, Is<RegistrySpec> auto& registry) {
  io("name", registry.name);
  io("definition_sha256", registry.definition_sha256);
  io("tls", registry.tls);
  io("storage", registry.storage);
  io("target", registry.target);
}

void describe(auto& io, Is<ScenarioSteps> auto& steps) {
  io("populate", steps.populate);
  io("tool_state", steps.tool_state);
  io("destination", steps.destination);
  io("start", steps.start);
}

void describe(auto& io, Is<Comparability> auto& comparability) {
  io("concurrency", comparability.concurrency);
  io("work", comparability.work);
}

void describe(auto& io, Is<PlannedScenario> auto& scenario) {
  io("name", scenario.name);
  io("question", scenario.question);
  io("headline", scenario.headline);
  io("steps", scenario.steps);
  io("sizes", scenario.sizes);
  io("moved_share", scenario.moved_share);
  io("moved", scenario.moved);
}

void describe(auto& io, Is<PlannedTool> auto& tool) {
  io("name", tool.name);
  io("definition_sha256", tool.definition_sha256);
  io.where_known("platforms", tool.platforms);
  io("calibration", tool.calibration);
  io("concurrency", tool.concurrency);
  io("caveats", tool.caveats);
  io("notes", tool.notes);
}

void describe(auto& io, Is<Trial> auto& trial) {
  io("id", trial.id);
  io("scenario", trial.scenario);
  io("tool", trial.tool);
  io("kind", trial.kind);
  io("round", trial.round);
  io("lane", trial.lane);
  io("images", trial.images);
  io("iterations", trial.iterations);
  io("iteration_timeout_ms", trial.iteration_timeout);
  io("overhead_timeout_ms", trial.overhead_timeout);
}

void describe(auto& io, Is<PlannedAgents> auto& agents) {
  io("expected", agents.expected);
  io("minimum", agents.minimum);
  io("at_a_time", agents.at_a_time);
  io.or_default("share_host", agents.share_host);
}

void describe(auto& io, Is<Limits> auto& limits) {
  io("iteration_timeout_ms", limits.iteration_timeout);
  io("overhead_timeout_ms", limits.overhead_timeout);
  io("agent_wait_ms", limits.agent_wait);
  io("agent_lost_after_ms", limits.agent_lost_after);
  io("heartbeat_ms", limits.heartbeat);
  io("campaign_deadline_ms", limits.campaign_deadline);
  io("max_attempts", limits.max_attempts);
}

void describe(auto& io, Is<Plan> auto& plan) {
  io("campaign", plan.campaign_name);
  io("seed", plan.seed);
  io("rounds", plan.rounds);
  io("iterations", plan.iterations);
  io("rotation", plan.rotation);
  io("lanes", plan.lanes);
  io("observe", plan.observe);
  io("comparability", plan.comparability);
  io("baseline", plan.baseline);
  io("registry", plan.registry);
  io("scenarios", plan.scenarios);
  io("tools", plan.tools);
  io("trials", plan.trials);
  io("agents", plan.agents);
  io("limits", plan.limits);
  io("corpus_sha", plan.corpus_sha);
  io("corpus", plan.corpus);
  io("lock", plan.lock);
}

template <class Enum>
constexpr auto kValues = std::array<Enum, 0>{};
template <>
constexpr auto kValues<TrialKind> = kAllTrialKinds;
template <>
constexpr auto kValues<TargetKind> = kAllTargetKinds;
template <>
constexpr auto kValues<WorkKind> = kAllWorkKinds;
template <>
constexpr auto kValues<Platforms> = kAllPlatforms;
template <>
constexpr auto kValues<Populate> = kAllPopulates;
template <>
constexpr auto kValues<ToolState> = kAllToolStates;
template <>
constexpr auto kValues<Destination> = kAllDestinations;
template <>
constexpr auto kValues<Start> = kAllStarts;

/// An enum that is written by name.
template <class Enum>
concept Named = std::is_enum_v<Enum> && !kValues<Enum>.empty();

template <std::size_t N>
using Names = std::array<const char*, N>;

class Writer {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    json_[name] = encoded(value);
  }

  /// A member that older plans lack.
  template <class T>
  void where_known(const char* name, const std::optional<T>& value) {
    if (value) {
      (*this)(name, *value);
    }
  }

  template <class T>
  void or_default(const char* name, const T& value) {
    (*this)(name, value);
  }

  /// A variant is a member whose name tells the alternative.
  template <class... Alternatives>
  void one_of(const Names<sizeof...(Alternatives)>& names,
              const std::variant<Alternatives...>& value) {
    std::visit([&](const auto& alternative) { (*this)(names[value.index()], alternative); }, value);
  }

  [[nodiscard]] Json take() { return std::move(json_); }

 private:
  template <class T>
    requires std::is_arithmetic_v<T>
  static Json encoded(const T& value) {
    return value;
  }
  static Json encoded(const std::string& text) { return text; }
  static Json encoded(const TrialId& id) { return id.str(); }
  template <Named Enum>
  static Json encoded(const Enum& value) {
    return std::string(to_string(value));
  }
  template <class T>
  static Json encoded(const std::optional<T>& value) {
    return value ? encoded(*value) : Json();
  }
  static Json encoded(milliseconds duration) { return duration.count(); }
  template <class T>
  static Json encoded(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) {
      array.push_back(encoded(value));
    }
    return array;
  }
  template <class T>
  static Json encoded(const T& value) {
    Writer writer;
    describe(writer, value);
    return writer.take();
  }

  Json json_ = Json::object();
};

/// Keeps the first error; what is read after it is not used.
class Reader {
 public:
  Reader(JsonObject object, std::optional<Error>& error)
      : object_(std::move(object)), error_(error) {}

  void operator()(const char* name, std::string& field) { keep(object_.text(name), field); }
  void operator()(const char* name, std::uint64_t& field) {
    keep(object_.unsigned_integer(name), field);
  }
  void operator()(const char* name, double& field) { keep(object_.number(name), field); }
  void operator()(const char* name, bool& field) { keep(object_.boolean(name), field); }
  void operator()(const char* name, std::vector<std::string>& field) {
    keep(object_.texts(name), field);
  }
  void operator()(const char* name, std::uint32_t& field) { narrow(name, field); }
  void operator()(const char* name, std::int32_t& field) { narrow(name, field); }
  void operator()(const char* name, TrialId& field) {
    std::string text;
    (*this)(name, text);
    field = TrialId(std::move(text));
  }
  template <Named Enum>
  void operator()(const char* name, Enum& field) {
    std::string text;
    (*this)(name, text);
    const auto* const found =
        std::ranges::find(kValues<Enum>, text, [](Enum value) { return to_string(value); });
    if (found == kValues<Enum>.end()) {
      refuse(name, "no such value");
      return;
    }
    field = *found;
  }
  template <class T>
  void operator()(const char* name, std::optional<T>& field) {
    if (!object_.is_null(name)) {
      (*this)(name, field.emplace());
    }
  }
  void operator()(const char* name, std::vector<std::uint32_t>& field) {
    std::vector<std::int64_t> wide;
    keep(object_.integers(name), wide);
    for (const std::int64_t value : wide) {
      if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
        refuse(name, "out of range");
        return;
      }
      field.push_back(static_cast<std::uint32_t>(value));
    }
  }
  void operator()(const char* name, milliseconds& field) {
    std::int64_t count = 0;
    keep(object_.integer(name), count);
    if (count < 0) {
      refuse(name, "a duration is not negative");
    }
    field = milliseconds(count);
  }
  template <class T>
  void operator()(const char* name, std::vector<T>& field) {
    std::vector<JsonObject> objects;
    keep(object_.objects(name), objects);
    for (JsonObject& object : objects) {
      Reader reader(std::move(object), error_);
      describe(reader, field.emplace_back());
    }
  }
  template <class T>
  void operator()(const char* name, T& field) {
    auto object = object_.object(name);
    if (!object) {
      error_ = error_.value_or(object.error());
      return;
    }
    Reader reader(*std::move(object), error_);
    describe(reader, field);
  }

  template <class T>
  void where_known(const char* name, std::optional<T>& field) {
    if (object_.has(name)) {
      (*this)(name, field.emplace());
    }
  }

  /// A member that plans of older versions lack: its default stands then.
  template <class T>
  void or_default(const char* name, T& field) {
    if (object_.has(name)) {
      (*this)(name, field);
    }
  }

  template <class... Alternatives>
  void one_of(const Names<sizeof...(Alternatives)>& names, std::variant<Alternatives...>& value) {
    std::size_t index = 0;
    bool found = false;
    const auto try_one = [&]<class Alternative>(std::type_identity<Alternative>) {
      if (const char* name = names[index++]; !found && object_.has(name)) {
        found = true;
        (*this)(name, value.template emplace<Alternative>());
      }
    };
    (try_one(std::type_identity<Alternatives>{}), ...);
    if (!found) {
      refuse(names[0], "none of the alternatives is there");
    }
  }

 private:
  template <class T>
  void keep(Result<T> value, T& field) {
    if (!error_ && !value) {
      error_ = value.error();
    }
    if (!error_) {
      field = *std::move(value);
    }
  }

  template <class T>
  void narrow(const char* name, T& field) {
    std::int64_t wide = 0;
    keep(object_.integer(name), wide);
    if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) {
      refuse(name, "out of range");
    }
    field = static_cast<T>(wide);
  }

  void refuse(const char* name, std::string_view why) {
    if (!error_) {
      error_ = Error{ErrorCode::bad_input, fmt::format("{}: {}: {}", object_.path(), name, why)};
    }
  }

  JsonObject object_;
  std::optional<Error>& error_;
};

}  // namespace

Json to_json(const Plan& plan) {
  Writer writer;
  writer("schema", std::string(kSchema));
  writer("schema_version", kSchemaVersion);
  describe(writer, plan);
  return writer.take();
}

Result<Plan> plan_from_json(const Json& json) {
  auto object = JsonObject::open(json, "plan.json");
  if (!object) {
    return tl::unexpected(object.error());
  }
  std::optional<Error> error;
  Reader reader(*std::move(object), error);
  std::string schema;
  std::uint32_t version = 0;
  reader("schema", schema);
  reader("schema_version", version);
  if (!error && (schema != kSchema || version != kSchemaVersion)) {
    return fail(ErrorCode::bad_input, fmt::format("plan.json: schema {} version {} is not {} {}",
                                                  schema, version, kSchema, kSchemaVersion));
  }
  Plan plan;
  describe(reader, plan);
  if (error) {
    return tl::unexpected(*std::move(error));
  }
  if (const Result<void> bounded = check_bounds(plan); !bounded) {
    return fail(ErrorCode::bad_input, fmt::format("plan.json: {}", bounded.error().message));
  }
  return plan;
}

}  // namespace ocibench::coordinator
