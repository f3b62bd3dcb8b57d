#include "agent/observe/tally.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "agent/observe/request_class.hpp"
#include "common/model/reference.hpp"

namespace ocibench::agent {
namespace {

constexpr std::int32_t kOk = 200;
constexpr std::int32_t kPartialContent = 206;
constexpr std::int32_t kFirstFailure = 300;

/// Adds requests up, one after the other.
class Tally {
 public:
  explicit Tally(WallTime started) : started_(started) {}

  void add(RegistrySide side, const LoggedRequest& request) {
    connections_[side].insert(request.connection);
    if (request.method.empty()) {
      return;
    }
    const RegistryCall call = classify(request.method, request.target);
    RequestCount& count = counts_[{side, call.request, request.status}];
    ++count.count;
    count.request_bytes += request.received_bytes;
    count.response_bytes += request.sent_bytes;
    if (!request.user_agent.empty()) {
      agents_.insert(request.user_agent);
    }
    if (side == RegistrySide::source) {
      note_blob(call, request.status);
    } else {
      note_image(call, request);
    }
  }

  WireObservation finish() {
    for (const auto& [key, count] : counts_) {
      observation_.requests.push_back(count);
      RequestCount& added = observation_.requests.back();
      std::tie(added.side, added.request, added.status) = key;
    }
    observation_.source_connections = connections_[RegistrySide::source].size();
    observation_.target_connections = connections_[RegistrySide::target].size();
    observation_.user_agents.assign(agents_.begin(), agents_.end());
    return std::move(observation_);
  }

 private:
  void note_blob(const RegistryCall& call, std::int32_t status) {
    if (call.request != RequestClass::blob_get) {
      return;
    }
    if ((status == kOk || status == kPartialContent) && sent_blobs_.contains(call.reference)) {
      ++observation_.duplicate_blob_gets;
    }
    if (status == kOk) {
      sent_blobs_.insert(call.reference);
    }
  }

  void note_image(const RegistryCall& call, const LoggedRequest& request) {
    const bool accepted = call.request == RequestClass::manifest_put && request.status >= kOk &&
                          request.status < kFirstFailure;
    if (accepted && !is_digest(call.reference) &&
        complete_.emplace(call.repository, call.reference).second) {
      // Two clocks of one machine, in steps of a millisecond: never before the start.
      const auto after = std::max(request.ended - started_, std::chrono::milliseconds(0));
      observation_.images.push_back({call.repository, call.reference, after});
    }
  }

  const WallTime started_;
  WireObservation observation_;
  std::map<std::tuple<RegistrySide, RequestClass, std::int32_t>, RequestCount> counts_;
  std::map<RegistrySide, std::set<std::uint64_t>> connections_;
  std::set<std::string> agents_;
  std::set<std::string> sent_blobs_;
  std::set<std::pair<std::string, std::string>> complete_;
};

}  // namespace

WireObservation tally(const RecordedRequests& requests, WallTime started) {
  Tally tally(started);
  for (const LoggedRequest& request : requests.source) {
    tally.add(RegistrySide::source, request);
  }
  for (const LoggedRequest& request : requests.target) {
    tally.add(RegistrySide::target, request);
  }
  return tally.finish();
}

}  // namespace ocibench::agent
