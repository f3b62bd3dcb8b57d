#pragma once

#include <string>
#include <vector>

#include "protocol/messages.hpp"

namespace ocibench::testing_support {

template <class Message>
struct Example {
  std::string name;  ///< of its golden file
  Message message;
};

// At least one of each kind, every member set to a value that its neighbours do not have.

std::vector<Example<protocol::AgentMessage>> agent_messages();
std::vector<Example<protocol::CoordinatorMessage>> coordinator_messages();
std::vector<Example<AgentRecord>> agent_records();
std::vector<Example<CoordinatorRecord>> coordinator_records();

}  // namespace ocibench::testing_support
