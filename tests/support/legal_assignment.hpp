#pragma once

#include <string>
#include <vector>

#include "common/model/assignment.hpp"

namespace ocibench::testing_support {

/// A digest that is well formed, another for each name.
std::string digest_of(std::string_view name);

/// An image whose index has one child with two blobs; another for each name.
ResolvedImage legal_image(const std::string& repository);

struct NamedAssignment {
  std::string name;
  Assignment assignment;
};

/// Assignments that check_assignment() takes, one of each kind of corpus and of target: the seeds
/// of the fuzz target, and what tests change one thing of.
std::vector<NamedAssignment> legal_assignments();

/// The first of them: a synthetic corpus whose tags move, and a local target.
Assignment legal_assignment();

}  // namespace ocibench::testing_support
