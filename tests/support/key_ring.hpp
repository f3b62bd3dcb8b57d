#pragma once

#include <initializer_list>
#include <map>

#include "protocol/key.hpp"
#include "protocol/zmq_client.hpp"
#include "protocol/zmq_server.hpp"

namespace ocibench::testing_support {

/// The keys of a coordinator and of the agents that it lets in.
class KeyRing {
 public:
  KeyRing(std::initializer_list<AgentName> agents) {
    for (const AgentName& name : agents) {
      agents_.emplace(name, protocol::generate_key_pair().value());
    }
  }

  [[nodiscard]] const protocol::KeyPair& coordinator() const { return coordinator_; }
  [[nodiscard]] const protocol::KeyPair& agent(const AgentName& name) const {
    return agents_.at(name);
  }
  [[nodiscard]] protocol::ServerSecurity server() const {
    protocol::AllowList allowed;
    for (const auto& [name, keys] : agents_) {
      OCIBENCH_ASSERT(allowed.allow(name, keys.public_key));
    }
    return {coordinator_, allowed};
  }
  [[nodiscard]] protocol::ClientSecurity client(const AgentName& name) const {
    return {agents_.at(name), coordinator_.public_key};
  }

 private:
  protocol::KeyPair coordinator_ = protocol::generate_key_pair().value();
  std::map<AgentName, protocol::KeyPair> agents_;
};

}  // namespace ocibench::testing_support
