#pragma once

#include <string>

#include "common/error.hpp"

namespace ocibench::protocol {

enum class EndpointUse { listen, connect };
enum class PeerKeys { absent, present };

/// "tcp://HOST:PORT": HOST is an IPv4 address, to connect with keys also a DNS name. Without keys
/// it must be a loopback address: anybody who can reach the socket would be believed. Errors:
/// bad_input with what to write instead.
Result<void> check_endpoint(const std::string& endpoint, EndpointUse use, PeerKeys keys);

}  // namespace ocibench::protocol
