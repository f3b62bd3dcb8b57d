#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "coordinator/fleet/command_runner.hpp"

namespace ocibench::coordinator {

/// Terraform in one folder, with two files of variables. Errors of every call: not_found (terraform
/// is not on the PATH, with where to get it), unavailable (it failed, with its last lines).
class Terraform {
 public:
  struct Place {
    std::filesystem::path folder;  ///< of the root module
    std::vector<std::filesystem::path> variables;
  };

  Terraform(Place place, CommandRunner run) : place_(std::move(place)), run_(std::move(run)) {}

  Result<void> init();
  /// Writes a plan into the folder and returns it as JSON.
  Result<std::string> plan();
  /// Requires: plan().
  Result<void> apply_plan();
  /// Reads what AWS has now into the state.
  Result<void> refresh();
  Result<void> destroy();
  /// Takes what is below `address` out of the state: it stays in AWS and is ours no more.
  Result<void> forget(const std::string& address);
  /// Has a bucket of results be deleted by the next destroy() although results are in it.
  Result<void> give_up_results();
  Result<std::string> outputs();                 ///< JSON
  Result<std::vector<std::string>> resources();  ///< addresses in the state

 private:
  Result<std::string> call(std::vector<std::string> words, CommandOutput output);
  [[nodiscard]] std::vector<std::string> with_variables(std::vector<std::string> words) const;

  Place place_;
  std::vector<std::string> more_variables_;
  CommandRunner run_;
};

}  // namespace ocibench::coordinator
