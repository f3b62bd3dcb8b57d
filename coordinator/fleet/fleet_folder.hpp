#pragma once

#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/json.hpp"
#include "coordinator/fleet/terraform.hpp"

namespace ocibench::coordinator {

/// Where a fleet is known from `up` to `down`: FLEETS/<campaign>/ with a copy of the Terraform
/// configuration it was made by, of its settings and of its campaign, and Terraform's state. Lose
/// it and only tags lead to the machines.
class FleetFolder {
 public:
  struct Sources {
    std::filesystem::path terraform;  ///< folder with aws/ and modules/
    std::filesystem::path settings;   ///< the operator's variables, HCL or JSON
    std::filesystem::path campaign;
  };

  /// Whole or not at all. Errors: conflict (there is one), not_found, io.
  static Result<FleetFolder> create(const std::filesystem::path& fleets, const std::string& name,
                                    const Sources& sources);
  /// Errors: not_found.
  static Result<FleetFolder> open(const std::filesystem::path& fleets, const std::string& name);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path campaign() const { return path_ / "campaign.toml"; }
  /// Variables of our own. Errors: io.
  Result<void> write_variables(const Json& variables) const;
  [[nodiscard]] Terraform::Place place() const;
  /// Whether Terraform has ever created something for it.
  [[nodiscard]] bool has_state() const;
  void remove() const;

 private:
  explicit FleetFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace ocibench::coordinator
