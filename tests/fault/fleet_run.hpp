#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/campaign_run.hpp"
#include "tests/support/network_namespaces.hpp"
#include "tests/support/program.hpp"

namespace ocibench::fault {

/// How much of something a test shall do: what that variable of the environment says.
unsigned number_from(const char* variable, unsigned otherwise);

/// A coordinator and agents as on machines of their own: with keys, each in a network namespace
/// where the test asks for it.
class FleetRun : public integration::CampaignRun {
 protected:
  static constexpr std::chrono::seconds kPatience{120};

  /// What a killed agent had started is its successor's to stop; the last one has none.
  void TearDown() override;

  /// A campaign of three rounds over three tools that change places; `more_limits` is further TOML
  /// of [limits].
  std::string write_rotated_campaign(const std::string& more_limits = "");

  void revoke(const std::string& name);

  /// Starts the coordinator and waits until it listens. `in` is how to start a program elsewhere.
  testing_support::Program& start_coordinator(const std::string& campaign,
                                              const std::string& address = "127.0.0.1",
                                              const std::vector<std::string>& in = {});
  /// Starts another on the journal that the last one left; the run knows its keys.
  void resume_coordinator();
  /// Starts one with a key of its own. Requires: the coordinator was started.
  testing_support::Program& start_agent(const std::string& name,
                                        const std::vector<std::string>& in = {});
  /// The command line of an agent with the key of `name` and its spool in `state`.
  [[nodiscard]] std::vector<std::string> agent_command(const std::string& name,
                                                       const std::filesystem::path& state) const;
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] testing_support::Program& coordinator() { return *coordinator_; }
  [[nodiscard]] testing_support::Program& agent(const std::string& name) {
    return *agents_.at(name);
  }

  /// What the coordinator's journal has of each agent's stream, and what the spools have left:
  /// true when no spool has forgotten a record that the journal does not hold.
  [[nodiscard]] bool nothing_acknowledged_is_lost() const;

 private:
  std::string endpoint_;
  std::unique_ptr<testing_support::Program> coordinator_;
  std::map<std::string, std::unique_ptr<testing_support::Program>> agents_;
};

}  // namespace ocibench::fault
