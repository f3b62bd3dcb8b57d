#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench {

enum class RegistrySide : std::uint8_t { source, target };

inline constexpr std::array kAllRegistrySides = {RegistrySide::source, RegistrySide::target};

/// What a request to a registry is for, by method and path (distribution-spec 1.1, "Endpoints").
enum class RequestClass : std::uint8_t {
  ping,           ///< GET /v2/
  token,          ///< to the token service
  tag_list,       ///< GET .../tags/list
  manifest_head,  ///< HEAD .../manifests/...
  manifest_get,
  manifest_put,
  blob_head,  ///< HEAD .../blobs/<digest>
  blob_get,
  mount,         ///< POST .../blobs/uploads/?mount=..., with or without from=
  upload_start,  ///< POST .../blobs/uploads/
  upload_patch,
  upload_put,
  referrers,  ///< GET .../referrers/<digest>
  other,
};

inline constexpr std::array kAllRequestClasses = {
    RequestClass::ping,          RequestClass::token,        RequestClass::tag_list,
    RequestClass::manifest_head, RequestClass::manifest_get, RequestClass::manifest_put,
    RequestClass::blob_head,     RequestClass::blob_get,     RequestClass::mount,
    RequestClass::upload_start,  RequestClass::upload_patch, RequestClass::upload_put,
    RequestClass::referrers,     RequestClass::other};

std::string_view to_string(RegistrySide side);     ///< "source", "target"
std::string_view to_string(RequestClass request);  ///< "manifest-head"

/// Requests of one class that got one status.
struct RequestCount {
  RegistrySide side = RegistrySide::source;
  RequestClass request = RequestClass::other;
  std::int32_t status = 0;
  std::uint64_t count = 0;
  std::uint64_t request_bytes = 0;   ///< with the request line and headers
  std::uint64_t response_bytes = 0;  ///< with the status line and headers

  friend bool operator==(const RequestCount&, const RequestCount&) = default;
};

/// When the manifest of a tag was accepted by the target.
struct ImageCompletion {
  std::string repository;  ///< at the target
  std::string tag;
  std::chrono::nanoseconds after{0};  ///< since the tool was started

  friend bool operator==(const ImageCompletion&, const ImageCompletion&) = default;
};

/// What a tool said to the registries in one untimed run. Such a run is never a measurement: what
/// records the requests sits between the tool and the registries.
struct WireObservation {
  std::vector<RequestCount> requests;  ///< by side, class and status, each combination once
  std::uint64_t source_connections = 0;
  std::uint64_t target_connections = 0;
  std::uint64_t duplicate_blob_gets = 0;  ///< answered GETs of a blob that the source had sent
  std::vector<ImageCompletion> images;    ///< in the order of completion
  std::vector<std::string> user_agents;   ///< as sent, sorted

  friend bool operator==(const WireObservation&, const WireObservation&) = default;
};

/// Sum of the counts of one class on both sides, whatever the status.
std::uint64_t count_of(const WireObservation& observation, RequestClass request);
/// Answers 429 Too Many Requests (RFC 6585, section 4), of both sides.
std::uint64_t throttled(const WireObservation& observation);

}  // namespace ocibench
