#include "common/model/observation.hpp"

namespace ocibench {

std::string_view to_string(RegistrySide side) {
  switch (side) {
    case RegistrySide::source: return "source";
    case RegistrySide::target: return "target";
  }
  return "unknown";
}

std::string_view to_string(RequestClass request) {
  switch (request) {
    case RequestClass::ping: return "ping";
    case RequestClass::token: return "token";
    case RequestClass::tag_list: return "tag-list";
    case RequestClass::manifest_head: return "manifest-head";
    case RequestClass::manifest_get: return "manifest-get";
    case RequestClass::manifest_put: return "manifest-put";
    case RequestClass::blob_head: return "blob-head";
    case RequestClass::blob_get: return "blob-get";
    case RequestClass::mount: return "mount";
    case RequestClass::upload_start: return "upload-start";
    case RequestClass::upload_patch: return "upload-patch";
    case RequestClass::upload_put: return "upload-put";
    case RequestClass::referrers: return "referrers";
    case RequestClass::other: return "other";
  }
  return "unknown";
}

std::uint64_t count_of(const WireObservation& observation, RequestClass request) {
  std::uint64_t sum = 0;
  for (const RequestCount& each : observation.requests) {
    sum += each.request == request ? each.count : 0;
  }
  return sum;
}

std::uint64_t throttled(const WireObservation& observation) {
  constexpr std::int32_t kTooManyRequests = 429;
  std::uint64_t sum = 0;
  for (const RequestCount& each : observation.requests) {
    sum += each.status == kTooManyRequests ? each.count : 0;
  }
  return sum;
}

}  // namespace ocibench
