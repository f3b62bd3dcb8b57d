#pragma once

#include <filesystem>

#include "common/durable/sqlite.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::durable {

/// Takes the lock `<path>.lock`, which the kernel releases when the process ends, however it does.
/// Errors: conflict (another process has it), io.
Result<Fd> lock_beside(const std::filesystem::path& path);

/// Opens the database of a record log; for writing, creates it if absent. A file that is something
/// else is left as it is. Errors: bad_input (something else, or another schema), not_found, io.
Result<Connection> open_log_file(const std::filesystem::path& path, Access access);

}  // namespace ocibench::durable
