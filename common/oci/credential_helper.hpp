#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::oci {

/// How long a credential helper may take: some ask a cloud.
inline constexpr std::chrono::milliseconds kHelperDeadline{30'000};
inline constexpr std::size_t kMaxHelperBytes = 64 * 1024;

/// Runs `docker-credential-<name> get`, found on the PATH of `environment`, which it gets whole; it
/// reads the server's name from stdin and answers with JSON. Nothing when it has no credentials for
/// that server. https://github.com/docker/docker-credential-helpers
/// Errors: bad_input (name, answer), unavailable (not installed, failed), timeout. None of them has
/// a word of an answer in it.
Result<std::optional<Credentials>> ask_credential_helper(
    const std::string& name, const std::string& server,
    const std::map<std::string, std::string>& environment);

/// What a helper has said. Errors: bad_input.
Result<Credentials> parse_helper_answer(std::string_view text);

}  // namespace ocibench::oci
