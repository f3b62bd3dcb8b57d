#include "coordinator/fleet/arrivals.hpp"

#include <poll.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/aws/session.hpp"
#include "common/aws/ssm.hpp"
#include "common/fd.hpp"
#include "common/host.hpp"
#include "common/log.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{5'000};
constexpr const char* kAgentRole = "agent";

using Names = std::set<std::string>;

Names agents_of(const FleetView& fleet) {
  Names names;
  for (const FleetMachine& machine : fleet.machines) {
    if (machine.role == kAgentRole) {
      names.insert(machine.name);
    }
  }
  return names;
}

/// Of the expected ones, those that have published a key.
Result<Names> arrived(aws::ParameterStore& store, const std::string& folder,
                      const Names& expected) {
  return store.below(folder).map([&](const std::vector<aws::Parameter>& parameters) {
    Names names;
    for (const aws::Parameter& each : parameters) {
      const std::string name = each.name.substr(std::min(folder.size() + 1, each.name.size()));
      if (expected.contains(name)) {
        names.insert(name);
      }
    }
    return names;
  });
}

Names without(const Names& all, const Names& some) {
  Names rest;
  std::ranges::set_difference(all, some, std::inserter(rest, rest.end()));
  return rest;
}

bool stopped_within(std::chrono::milliseconds time, const Fd& stop) {
  pollfd entry{.fd = stop.get(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) != 0;
}

ExitCode cannot_see(const Error& error) {
  log_warning(
      fmt::format("whether agents join can't be seen from here, which does not keep them "
                  "from it: {}",
                  error.message));
  return ExitCode::valid;
}

}  // namespace

Result<ExitCode> wait_for_agents(const FleetView& fleet, std::chrono::seconds patience,
                                 const Clock& clock) {
  const Result<Fd> stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  aws::Session session(aws::settings_in_region(fleet.region), clock);
  auto store = aws::ParameterStore::create(session);
  if (!store) {
    return cannot_see(store.error());
  }
  const Names expected = agents_of(fleet);
  const MonoTime deadline = clock.now() + patience;
  for (Names here;;) {
    const auto now = arrived(*store, fleet.parameters + "/agents", expected);
    if (!now) {
      return cannot_see(now.error());
    }
    if (const Names come = without(*now, here); !come.empty()) {
      here.insert(come.begin(), come.end());
      log_info(fmt::format("{} of {} agents have joined, now {}", here.size(), expected.size(),
                           fmt::join(come, ", ")));
    }
    if (here.size() == expected.size()) {
      return ExitCode::valid;
    }
    if (clock.now() >= deadline) {
      log_error(
          fmt::format("not joined after {} s: {}; the console of each machine tells why "
                      "(see Next)",
                      patience.count(), fmt::join(without(expected, here), ", ")));
      return ExitCode::incomplete;
    }
    if (stopped_within(kBetweenLooks, *stop)) {
      return ExitCode::interrupted;
    }
  }
}

}  // namespace ocibench::coordinator
