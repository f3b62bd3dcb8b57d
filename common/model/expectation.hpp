#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/corpus.hpp"
#include "common/model/scenario_steps.hpp"

namespace ocibench {

// What must be at the target after a run follows from the plan alone, in the corpus's own names.
// The agent looks for it; the coordinator holds what the agent found against it.

/// Which of the repositories of a run an image is put into.
enum class Place : std::uint8_t {
  first,  ///< those that a trial begins with
  other,  ///< the further ones of Destination::other
};

std::string_view to_string(Place place);  ///< "first", "other"

enum class Named : std::uint8_t {
  by_tag,     ///< its tag names it
  by_digest,  ///< it is there; the tag may name another by now
};

/// An image that must be at the target, with its whole closure.
struct ExpectedContent {
  ResolvedImage image;
  Place place = Place::first;
  Named named = Named::by_tag;

  friend bool operator==(const ExpectedContent&, const ExpectedContent&) = default;
};

/// What is at the target before and after the timed run. What was there before must not be gone
/// afterwards: a tag may name something new, but what it named stays.
struct ExpectedStates {
  std::vector<ExpectedContent> before;  ///< empty without an untimed run
  std::vector<ExpectedContent> after;

  friend bool operator==(const ExpectedStates&, const ExpectedStates&) = default;
};

/// `lock`: as far as the trial works on it. `moved`: what some of its tags name when the time is
/// taken; others are left out. `platform`: the only one that the tool copies, "linux/amd64"; empty:
/// it copies all.
ExpectedStates expected_states(const ResolvedCorpus& lock, const ScenarioSteps& steps,
                               const std::vector<ResolvedImage>& moved, std::string_view platform);

/// What a Verification of this content amounts to when everything was found.
struct ExpectedProof {
  std::uint32_t images = 0;
  std::uint32_t manifests = 0;  ///< of every image, also where two images have one in common
  std::uint32_t blobs = 0;      ///< different ones of each repository and place
  std::uint64_t bytes = 0;      ///< of these manifests, and of every different blob once
  std::string content_sha256;

  friend bool operator==(const ExpectedProof&, const ExpectedProof&) = default;
};

ExpectedProof expected_proof(const std::vector<ExpectedContent>& contents);

/// One manifest or blob of an image as it enters content_sha256(): place, repository and tag (or
/// digest, where that names the image), the manifest's digest, and digest and size of the thing
/// itself, by spaces. `thing` is the manifest, or a blob that it names.
std::string content_line(const ExpectedContent& content, const std::string& manifest,
                         const BlobInfo& thing);

/// SHA-256 of the sorted lines, 64 hex digits: independent of ports, namespaces and order.
std::string content_sha256(std::vector<std::string> lines);

/// Bytes of the different blobs of `after` that are nowhere in `before`: no registry can have them
/// from elsewhere, so the timed run must send each of them once.
std::uint64_t blob_bytes_to_bring(const ExpectedStates& states);

}  // namespace ocibench
