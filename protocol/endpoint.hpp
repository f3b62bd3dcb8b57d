#pragma once

#include <string>

#include "common/error.hpp"

namespace ocibench::protocol {

enum class EndpointUse { listen, connect };

/// "tcp://HOST:PORT": HOST is an IPv4 address, to connect also a DNS name. Errors: bad_input with
/// what to write instead.
Result<void> check_endpoint(const std::string& endpoint, EndpointUse use);
/// Whether what goes to this endpoint stays on the loopback interface: 127.0.0.0/8.
bool is_loopback(const std::string& endpoint);

}  // namespace ocibench::protocol
