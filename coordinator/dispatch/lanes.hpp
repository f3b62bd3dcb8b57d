#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/model/ids.hpp"
#include "coordinator/plan/plan.hpp"
#include "protocol/messages.hpp"

namespace ocibench::coordinator {

/// One agent as a place where one subject runs at a time.
struct Lane {
  BootId boot;           ///< of the process that holds the name now
  bool present = false;  ///< heard of lately
  bool missed = false;   ///< its silence was told to people
  bool greeted = false;  ///< said Hello to this process of the coordinator: its tools are known
  MonoTime last_heard{};
  std::vector<protocol::ToolOffer> tools;
  std::optional<std::string> host;   ///< kHostIdentityFact; nullopt: not known
  std::optional<std::size_t> lease;  ///< index of the trial that it carries out
  std::set<BootId> retired;          ///< earlier processes of this name
  std::string turned_away;           ///< why, for the rest of the campaign; empty: it is not
  std::optional<Phase> phase;        ///< for people
  std::uint32_t iteration = 0;

  /// Whether it can run `tool` by the very definition that was planned.
  [[nodiscard]] bool offers(const PlannedTool& tool) const;
};

/// All lanes, and which agent holds which planned lane (Trial::lane): one planned lane per agent as
/// far as there are agents. A planned lane stays where its first trial ran while that agent lives;
/// a new one goes to the present agent that holds the fewest.
class Lanes {
 public:
  static constexpr std::size_t kMaxLanes = 8192;
  /// A name can be used again this often; later processes of it are refused.
  static constexpr std::size_t kMaxBootsPerAgent = 64;

  /// nullptr when no such agent was heard of.
  [[nodiscard]] Lane* find(const AgentName& agent);
  [[nodiscard]] const Lane* find(const AgentName& agent) const;
  /// Creates it if absent. Requires: fewer than kMaxLanes, or known.
  Lane& at(const AgentName& agent) { return lanes_[agent]; }
  [[nodiscard]] bool full() const { return lanes_.size() >= kMaxLanes; }
  [[nodiscard]] const std::map<AgentName, Lane>& all() const { return lanes_; }
  [[nodiscard]] std::size_t present() const;

  /// The present lanes of each host that has several, by its identity.
  [[nodiscard]] std::map<std::string, std::vector<AgentName>> shared_hosts() const;
  /// How many hosts the present lanes are on. One that gives no identity counts as a host.
  [[nodiscard]] std::size_t hosts() const;
  /// The present lanes on the agent's host, without it.
  [[nodiscard]] std::vector<AgentName> neighbours_of(const AgentName& agent) const;
  /// What another lane holds that is on the agent's host, or may be: after a restart of the
  /// coordinator a lease is known before its agent has said again where it is.
  [[nodiscard]] std::optional<std::size_t> lease_on_host_of(const AgentName& agent) const;

  void settle(std::uint32_t planned_lane, const AgentName& agent);
  [[nodiscard]] bool may_host(const AgentName& agent, std::uint32_t planned_lane,
                              const PlannedTool& tool) const;

 private:
  [[nodiscard]] std::size_t homes_of(const AgentName& agent) const;

  std::map<AgentName, Lane> lanes_;
  std::map<std::uint32_t, AgentName> home_;    // by planned lane
  std::map<AgentName, std::size_t> homes_of_;  // how many planned lanes each holds
};

}  // namespace ocibench::coordinator
