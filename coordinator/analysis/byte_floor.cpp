#include "coordinator/analysis/byte_floor.hpp"

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kLoopback = "lo";

bool is_here(const TargetSpec& target) {
  return target.kind == TargetKind::local || is_loopback(target.host);
}

/// Images that are made or imported are served by a registry of the agent's own.
bool source_is_here(const ResolvedCorpus& lock) {
  return lock.source_host.empty() || is_loopback(lock.source_host);
}

std::string formula(const ByteFloor& floor) {
  return fmt::format("{:.1f} x {} ({} x {} of unique blobs)", kFloorThreshold,
                     format_bytes(floor.bytes()), floor.times, format_bytes(floor.unique_bytes));
}

}  // namespace

std::uint32_t times_sent(const Plan& plan) {
  return is_here(plan.registry.target) && source_is_here(plan.lock) ? 2 : 1;
}

ByteFloor byte_floor(const Plan& plan, const PlannedProof& planned) {
  return {.unique_bytes = planned.bytes_to_bring,
          .times = times_sent(plan),
          .loopback = is_here(plan.registry.target),
          .mounts = planned.steps.destination == Destination::other,
          .populated = planned.steps.populate == Populate::corpus};
}

std::string why_below(const ByteFloor& floor, const std::optional<NetworkUse>& network) {
  if (floor.unique_bytes == 0) {
    return "";
  }
  if (!network) {
    return fmt::format(
        "what it sent was not measured, where at least {} had to be sent: nothing "
        "shows that the content was moved",
        formula(floor));
  }
  if ((network->interface == kLoopback) != floor.loopback) {
    return fmt::format(
        "what it sent was counted on {}, which the way to the target does not cross: "
        "nothing shows that the content was moved",
        network->interface);
  }
  if (static_cast<double>(network->tx_bytes) >=
      kFloorThreshold * static_cast<double>(floor.bytes())) {
    return "";
  }
  return fmt::format("sent {} where at least {} had to be sent: the content came another way",
                     format_bytes(network->tx_bytes), formula(floor));
}

std::string floor_sentence(const ByteFloor& floor) {
  if (floor.unique_bytes == 0) {
    return floor.mounts ? "no bytes have to be sent: the registry has every blob before, and may "
                          "mount it"
                        : "no bytes have to be sent: every blob is at the target before";
  }
  std::string_view way = "tool to target";
  if (floor.times == 2) {
    way = "source to tool and tool to target, both on lo";
  } else if (floor.loopback) {
    way = "tool to target, on lo; the source is on another machine";
  }
  return fmt::format("an iteration has to send at least {}{}: {}", formula(floor),
                     floor.populated ? " that were not at the target before" : "", way);
}

}  // namespace ocibench::coordinator
