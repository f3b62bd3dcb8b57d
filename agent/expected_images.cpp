#include "agent/expected_images.hpp"

#include <map>
#include <utility>

#include "common/catalog/render.hpp"
#include "common/host.hpp"

namespace ocibench::agent {
namespace {

/// Repositories at the target, by repository and tag at the source.
using Destinations = std::map<std::pair<std::string, std::string>, std::string>;

Result<Destinations> destinations_of(const TrialContext& trial, const std::string& prefix) {
  return tool_context(trial, prefix).map([](const catalog::ToolContext& context) {
    Destinations found;
    for (const catalog::PlacedImage& image : context.images) {
      found[{image.repository, image.tag}] = image.destination;
    }
    return found;
  });
}

Result<std::map<Place, Destinations>> all_places(const TrialContext& trial,
                                                 const std::string& prefix) {
  std::map<Place, Destinations> places;
  for (const Place place : {Place::first, Place::other}) {
    if (place == Place::other && trial.assignment.steps.destination != Destination::other) {
      continue;
    }
    Result<Destinations> found = destinations_of(trial, prefix_at(prefix, place));
    if (!found) {
      return tl::unexpected(std::move(found.error()));
    }
    places[place] = *std::move(found);
  }
  return places;
}

std::vector<ExpectedImage> put(const std::map<Place, Destinations>& places,
                               std::vector<ExpectedContent> contents) {
  std::vector<ExpectedImage> images;
  for (ExpectedContent& content : contents) {
    const ResolvedImage& image = content.image;
    images.push_back({.image = image,
                      .repository = places.at(content.place).at({image.repository, image.tag}),
                      .named = content.named,
                      .place = content.place});
  }
  return images;
}

/// The only platform that the tool copies; empty: it copies all. One that is left as it ships may
/// copy this machine's only.
std::string copied_platform(const TrialContext& trial) {
  const bool all = trial.assignment.comparability.work == WorkKind::normalised ||
                   trial.tool->default_platforms == Platforms::all;
  return all ? std::string() : host_platform();
}

}  // namespace

std::string prefix_at(const std::string& prefix, Place place) {
  return place == Place::other ? prefix + kOtherSuffix : prefix;
}

Result<ExpectedImages> expected_images(const TrialContext& trial, std::uint32_t index) {
  if (!trial.copies()) {
    return ExpectedImages{};
  }
  return all_places(trial, run_prefix(trial, index)).map([&](const auto& places) {
    const Assignment& assignment = trial.assignment;
    ExpectedStates states =
        expected_states(trial.lock, assignment.steps, assignment.moved, copied_platform(trial));
    return ExpectedImages{put(places, std::move(states.before)),
                          put(places, std::move(states.after))};
  });
}

Result<std::vector<ExpectedImage>> all_destinations(const TrialContext& trial,
                                                    const std::string& prefix) {
  if (!trial.copies()) {
    return std::vector<ExpectedImage>();
  }
  return all_places(trial, prefix).map([&](const auto& places) {
    std::vector<ExpectedContent> contents;
    for (const auto& [place, destinations] : places) {
      for (const ResolvedImage& image : trial.lock.images) {
        contents.push_back({image, place, Named::by_tag});
      }
    }
    return put(places, std::move(contents));
  });
}

}  // namespace ocibench::agent
