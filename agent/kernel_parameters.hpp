#pragma once

#include <string>
#include <string_view>

namespace ocibench::agent {

/// Those parameters of a kernel's command line (/proc/cmdline) that change how fast programs run,
/// as they stand there, with a blank between them; "none" when there is none. All others are left
/// out: a command line may hold passwords, keys, addresses and names, and a bundle is published.
/// What each is: Documentation/admin-guide/kernel-parameters.txt of Linux.
std::string speed_parameters(std::string_view command_line);

}  // namespace ocibench::agent
