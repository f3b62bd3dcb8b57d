#pragma once

#include <string>
#include <vector>

#include "agent/time_budget.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/model/expectation.hpp"
#include "common/model/iteration.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// An image that must be at the target.
struct ExpectedImage {
  ResolvedImage image;     ///< in the corpus's names
  std::string repository;  ///< at the target
  Named named = Named::by_tag;
  Place place = Place::first;

  friend bool operator==(const ExpectedImage&, const ExpectedImage&) = default;
};

/// Reads the target as a stranger would, image by image: the tag names the expected digest; every
/// manifest below it is there; every config and layer of them is there in that repository. A blob
/// is read back in full and hashed once per registry; a blob of the same digest in a further
/// repository shares its stored bytes in every registry we know, so there it is asked for by HEAD
/// and its size compared.
///
/// What is absent, damaged or unreadable is a finding, not an error.
/// Errors: unavailable when the registry does not answer at all, those of TimeBudget.
Result<Verification> verify_target(const oci::Endpoint& target,
                                   const std::vector<ExpectedImage>& images,
                                   const TimeBudget& budget);

}  // namespace ocibench::agent
