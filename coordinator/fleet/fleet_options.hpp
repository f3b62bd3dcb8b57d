#pragma once

#include <functional>

#include "coordinator/options.hpp"

namespace CLI {
class App;
}

namespace ocibench::coordinator {

/// Adds to a command what every command understands.
using AddCommonOptions = std::function<void(CLI::App& command, CommonOptions& common)>;

/// Adds `fleet up|status|down` to the command line. `options` must outlive `app`.
void add_fleet(CLI::App& app, FleetOptions& options, const AddCommonOptions& add_common);

}  // namespace ocibench::coordinator
