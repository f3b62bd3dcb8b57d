#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/json.hpp"

namespace ocibench::coordinator {

struct FleetMachine {
  std::string name;
  std::string id;  ///< "i-0123456789abcdef0"
  std::string role;
  std::string instance_type;
  std::string state;  ///< "running", as of the last refresh
  std::string private_ip;
};

/// A fleet as the outputs of terraform/aws tell it.
struct FleetView {
  std::string name;  ///< "ocibench-<campaign>-<run>"
  std::string region;
  std::string campaign;
  std::string run;
  double usd_per_hour = 0;
  double usd_at_most = 0;
  std::string terminate_at;  ///< RFC 3339
  std::string network_path;
  std::string results;     ///< "s3://bucket/prefix"
  std::string parameters;  ///< SSM path of the public keys
  std::string ecr_prefix;
  std::vector<FleetMachine> machines;  ///< empty in a plan: they do not exist yet
  std::vector<std::string> next;       ///< commands
};

/// From `terraform output -json`. nullopt: the state has no outputs. Errors: bad_input.
Result<std::optional<FleetView>> parse_fleet_outputs(std::string_view text);
/// From `terraform show -json PLAN`: what it will be. Errors: bad_input.
Result<FleetView> parse_fleet_plan(std::string_view text);

/// For people.
std::string fleet_text(const FleetView& fleet);
std::string cost_text(const FleetView& fleet);
Json fleet_json(const FleetView& fleet);

/// What Terraform never had in its state, and how to look for anything that carries the run's tag.
std::string search_text(const FleetView& fleet);

}  // namespace ocibench::coordinator
