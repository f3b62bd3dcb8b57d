#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/error.hpp"
#include "common/model/comparability.hpp"
#include "common/model/target.hpp"

namespace ocibench::coordinator {

/// The registries asked for.
struct RequestedRegistry {
  std::optional<std::string> name;
  std::optional<bool> tls;
  std::optional<std::string> storage;
  std::optional<TargetSpec> target;  ///< absent: local

  friend bool operator==(const RequestedRegistry&, const RequestedRegistry&) = default;
};

/// TLS unless told otherwise where the target is on another machine; without else.
bool speaks_tls(const RequestedRegistry& registry);

/// The agents asked for; plan.hpp says what each is.
struct RequestedAgents {
  std::optional<std::uint32_t> expected;
  std::optional<std::uint32_t> minimum;
  std::optional<std::uint32_t> at_a_time;
  std::optional<bool> share_host;

  friend bool operator==(const RequestedAgents&, const RequestedAgents&) = default;
};

/// The bounds asked for; plan.hpp says what each is.
struct RequestedLimits {
  std::optional<std::chrono::milliseconds> iteration_timeout;
  std::optional<std::chrono::milliseconds> overhead_timeout;
  std::optional<std::chrono::milliseconds> agent_wait;
  std::optional<std::chrono::milliseconds> agent_lost_after;
  std::optional<std::chrono::milliseconds> heartbeat;
  std::optional<std::chrono::milliseconds> campaign_deadline;
  std::optional<std::uint32_t> max_attempts;

  friend bool operator==(const RequestedLimits&, const RequestedLimits&) = default;
};

/// What the user asked for, nothing resolved: an absent key stays absent.
struct Campaign {
  std::string name;
  std::vector<std::string> scenarios;
  std::vector<std::string> tools;
  std::optional<std::string> baseline;  ///< one of `tools`: what the others are compared with
  std::string corpus;
  std::optional<std::uint32_t> iterations;  ///< per trial
  std::optional<std::uint32_t> rounds;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> rotation;
  std::optional<std::uint32_t> lanes;
  std::optional<bool> observe;
  std::optional<std::uint32_t> concurrency;  ///< absent also where it says "tool-default"
  std::optional<WorkKind> work;
  RequestedRegistry registry;
  RequestedAgents agents;
  RequestedLimits limits;

  friend bool operator==(const Campaign&, const Campaign&) = default;
};

/// What a campaign file may have.
inline constexpr std::uint64_t kMaxCampaignBytes = 1024 * 1024;

/// Reads a campaign file; every name in it must be in the catalog.
/// Errors: bad_input with file, line, key and the nearest known name.
Result<Campaign> parse_campaign(std::string_view toml, const std::string& origin,
                                const catalog::Catalog& catalog);

}  // namespace ocibench::coordinator
