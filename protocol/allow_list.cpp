#include "protocol/allow_list.hpp"

#include <fmt/format.h>

namespace ocibench::protocol {

Result<void> AllowList::allow(const AgentName& name, const PublicKey& key) {
  const auto [entry, added] = names_.emplace(key, name);
  if (!added && entry->second != name) {
    return fail(ErrorCode::bad_input,
                fmt::format("the key {} belongs to {} and to {}: give each agent a key of its own "
                            "(ocibench keygen NAME)",
                            key.str(), entry->second.str(), name.str()));
  }
  return {};
}

const AgentName* AllowList::name_of(const PublicKey& key) const {
  const auto found = names_.find(key);
  return found == names_.end() ? nullptr : &found->second;
}

std::set<AgentName> AllowList::names() const {
  std::set<AgentName> all;
  for (const auto& [key, name] : names_) {
    all.insert(name);
  }
  return all;
}

}  // namespace ocibench::protocol
