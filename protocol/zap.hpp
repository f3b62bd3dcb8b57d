#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/model/ids.hpp"
#include "protocol/allow_list.hpp"
#include "protocol/key.hpp"

namespace ocibench::protocol {

// ZAP: libzmq asks who may come. https://rfc.zeromq.org/spec/27

/// A peer whose key was proven by its handshake.
struct Caller {
  AgentName name;
  PublicKey key;
};

struct ZapAnswer {
  std::vector<std::string> frames;  ///< six of them; empty when the request is no ZAP request
  std::optional<Caller> refused;    ///< its name is empty
  std::string address;              ///< of the peer, for the log
};

/// `request` without the empty delimiter. Status 200 with the caller as user id, or 400.
ZapAnswer answer_zap(const std::vector<std::string>& request, const AllowList& allowed);

/// The user id that libzmq puts on every message of an allowed peer, and back.
std::string user_id_of(const Caller& caller);
std::optional<Caller> parse_user_id(const std::string& user_id);

}  // namespace ocibench::protocol
