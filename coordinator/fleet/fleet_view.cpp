#include "coordinator/fleet/fleet_view.hpp"

#include <utility>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

/// Reads texts and numbers of one object and keeps the first error.
class Members {
 public:
  explicit Members(const JsonObject& object) : object_(object) {}

  std::string text(std::string_view key) { return keep(object_.text(key), std::string()); }
  double number(std::string_view key) { return keep(object_.number(key), 0.0); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  template <class T>
  T keep(Result<T> value, T otherwise) {
    if (!value && !error_) {
      error_ = value.error();
    }
    return value ? *std::move(value) : std::move(otherwise);
  }

  const JsonObject& object_;
  std::optional<Error> error_;
};

Result<FleetView> read_fleet(const JsonObject& fleet) {
  Members members(fleet);
  FleetView view{.name = members.text("name"),
                 .region = members.text("region"),
                 .campaign = members.text("campaign"),
                 .run = members.text("run"),
                 .usd_per_hour = members.number("usd_per_hour"),
                 .usd_at_most = members.number("usd_at_most"),
                 .terminate_at = members.text("terminate_at"),
                 .network_path = members.text("network_path"),
                 .results = members.text("results"),
                 .parameters = members.text("parameters"),
                 .ecr_prefix = members.text("ecr_prefix")};
  if (members.error()) {
    return tl::unexpected(*members.error());
  }
  return view;
}

Result<std::vector<FleetMachine>> read_machines(const Json& value, const std::string& path) {
  std::vector<FleetMachine> machines;
  for (const auto& [name, json] : value.items()) {
    const auto object = JsonObject::open(json, fmt::format("{}.{}", path, name));
    if (!object) {
      return tl::unexpected(object.error());
    }
    Members members(*object);
    machines.push_back({.name = name,
                        .id = members.text("id"),
                        .role = members.text("role"),
                        .instance_type = members.text("instance_type"),
                        .state = members.text("state"),
                        .private_ip = members.text("private_ip")});
    if (members.error()) {
      return tl::unexpected(*members.error());
    }
  }
  return machines;
}

/// {"fleet": {"value": {...}}, ...}; `origin` for errors.
Result<FleetView> read_outputs(const Json& outputs, const std::string& origin) {
  const auto all = JsonObject::open(outputs, origin);
  const auto fleet = all ? all->object("fleet") : all;
  const auto value = fleet ? fleet->object("value") : fleet;
  auto view = value ? read_fleet(*value) : tl::unexpected(value.error());
  if (!view) {
    return view;
  }
  if (outputs.contains("machines") && outputs["machines"].contains("value")) {
    auto machines = read_machines(outputs["machines"]["value"], origin + ": machines.value");
    if (!machines) {
      return tl::unexpected(machines.error());
    }
    view->machines = *std::move(machines);
  }
  if (outputs.contains("next") && outputs["next"].contains("value")) {
    auto next = all->object("next").and_then(
        [](const JsonObject& output) { return output.texts("value"); });
    if (!next) {
      return tl::unexpected(next.error());
    }
    view->next = *std::move(next);
  }
  return view;
}

}  // namespace

Result<std::optional<FleetView>> parse_fleet_outputs(std::string_view text) {
  const auto outputs = parse_json(text, "terraform output");
  if (!outputs) {
    return tl::unexpected(outputs.error());
  }
  if (!outputs->is_object() || outputs->empty()) {
    return std::optional<FleetView>();
  }
  return read_outputs(*outputs, "terraform output").map([](FleetView&& view) {
    return std::optional(std::move(view));
  });
}

Result<FleetView> parse_fleet_plan(std::string_view text) {
  const auto plan = parse_json(text, "terraform show");
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  const auto values = JsonObject::open(*plan, "terraform show").and_then([](const JsonObject& all) {
    return all.object("planned_values");
  });
  if (const auto outputs =
          values.and_then([](const JsonObject& planned) { return planned.object("outputs"); });
      !outputs) {
    return tl::unexpected(outputs.error());
  }
  return read_outputs((*plan)["planned_values"]["outputs"], "terraform show");
}

std::string cost_text(const FleetView& fleet) {
  return fmt::format(
      "Costs    {:.2f} USD an hour, at most {:.2f} USD until {}, by the prices of the settings;\n"
      "         traffic out of AWS, requests and storage in S3 and ECR come on top\n",
      fleet.usd_per_hour, fleet.usd_at_most, fleet.terminate_at);
}

std::string fleet_text(const FleetView& fleet) {
  std::string text = fmt::format("Fleet    {} in {}\nResults  {}\nNetwork  {}\n", fleet.name,
                                 fleet.region, fleet.results, fleet.network_path);
  text += cost_text(fleet);
  for (const FleetMachine& machine : fleet.machines) {
    text += fmt::format("{:<18} {:<20} {:<14} {:<15} {}\n", machine.name, machine.id,
                        machine.instance_type, machine.private_ip, machine.state);
  }
  if (!fleet.next.empty()) {
    text += "Next\n";
  }
  for (const std::string& command : fleet.next) {
    text += fmt::format("  {}\n", command);
  }
  return text;
}

Json fleet_json(const FleetView& fleet) {
  Json machines = Json::array();
  for (const FleetMachine& machine : fleet.machines) {
    machines.push_back({{"name", machine.name},
                        {"id", machine.id},
                        {"role", machine.role},
                        {"instance_type", machine.instance_type},
                        {"state", machine.state},
                        {"private_ip", machine.private_ip}});
  }
  return {{"name", fleet.name},
          {"region", fleet.region},
          {"campaign", fleet.campaign},
          {"run", fleet.run},
          {"usd_per_hour", fleet.usd_per_hour},
          {"usd_at_most", fleet.usd_at_most},
          {"terminate_at", fleet.terminate_at},
          {"network_path", fleet.network_path},
          {"results", fleet.results},
          {"machines", std::move(machines)},
          {"next", fleet.next}};
}

std::string search_text(const FleetView& fleet) {
  return fmt::format(
      "Terraform never knew of what the machines made themselves. To see what is left of it:\n"
      "  aws resourcegroupstaggingapi get-resources --region {0} \\\n"
      "    --tag-filters Key=ocibench:run,Values={1}\n"
      "  aws ssm get-parameters-by-path --recursive --region {0} --path {2}\n"
      "  aws ecr describe-repositories --region {0} \\\n"
      "    --query \"repositories[?starts_with(repositoryName, '{3}/')].repositoryName\"\n"
      "Parameters are public keys and cost nothing; repositories left by an agent that died do.\n",
      fleet.region, fleet.run, fleet.parameters, fleet.ecr_prefix);
}

}  // namespace ocibench::coordinator
