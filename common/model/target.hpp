#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocibench {

/// Where the tools of a campaign push to.
enum class TargetKind : std::uint8_t {
  local,   ///< a registry on the agent's own machine, started afresh for each iteration
  remote,  ///< a registry that is there already, below a namespace of the user's
  ecr,     ///< the same on Amazon ECR, where repositories are made before and deleted afterwards
};

inline constexpr std::array kAllTargetKinds = {TargetKind::local, TargetKind::remote,
                                               TargetKind::ecr};

std::string_view to_string(TargetKind kind);  ///< "local", "remote", "ecr"

struct TargetSpec {
  TargetKind kind = TargetKind::local;
  std::string host;    ///< "registry.example.com:5000"; empty: local
  std::string prefix;  ///< the user's namespace there, "team/bench"; empty: local

  friend bool operator==(const TargetSpec&, const TargetSpec&) = default;
};

/// "registry.example.com:5000/team/bench".
std::string to_string(const TargetSpec& target);

/// The target one level further down, as whoever may touch only a part of its namespace needs it:
/// "team/bench" and "202611220440" give "team/bench/202611220440". A local one has no namespace.
TargetSpec below(TargetSpec target, std::string_view name);

/// The parts of "123456789012.dkr.ecr.eu-central-1.amazonaws.com".
struct EcrHost {
  std::string account;
  std::string region;

  friend bool operator==(const EcrHost&, const EcrHost&) = default;
};

/// Nothing when it is another host.
std::optional<EcrHost> parse_ecr_host(std::string_view host);

/// The namespace that one run of a tool has to itself: nobody has used it before, so that cold is
/// cold, and nothing outside of it is ever touched. Of `campaign` and `trial` is taken what a
/// repository's name may have.
std::string unique_prefix(const TargetSpec& target, std::string_view campaign,
                          std::string_view trial, std::uint32_t attempt, std::uint32_t iteration);

}  // namespace ocibench
