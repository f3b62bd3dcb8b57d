#pragma once

#include <filesystem>

#include "common/model/subject.hpp"

namespace ocibench::agent {

/// As it goes into records, and so into bundles that are published: paths below the home directory
/// of the user begin with "~", which names nobody. A home of "" or "/" changes nothing.
SubjectIdentity published(SubjectIdentity identity, const std::filesystem::path& home);

}  // namespace ocibench::agent
