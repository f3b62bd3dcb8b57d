#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/process/confinement.hpp"

// The definitions and the programs that a process of ours finds on the host that it runs on.

namespace ocibench::catalog {

/// The definitions below find_data_directory(explicit_path). Errors: not_found, io, bad_input.
Result<Catalog> load_catalog(const std::optional<std::filesystem::path>& explicit_path);

/// $PATH, or the usual folders where there is none.
std::string search_path();

/// How a program is set apart that is asked for its version.
using ConfineProgram = std::function<Confinement(const std::vector<std::string>& argv)>;

/// Asks with the search path in the environment and little else. `clock` must outlive it.
ProbeProgram probe_program(const Clock& clock, ConfineProgram confine = {});

/// Looks where `ocibench tools install` puts programs, beside our own executable, then along the
/// search path. `clock` must outlive it.
SubjectFinder find_programs(std::filesystem::path tools_directory, const Clock& clock,
                            ConfineProgram confine = {});

}  // namespace ocibench::catalog
