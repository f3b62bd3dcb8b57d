#pragma once

#include <map>
#include <set>

#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "protocol/key.hpp"

namespace ocibench::protocol {

/// Which keys may come, and under which name each of them speaks. A name may have several keys (the
/// old one and the new one while it is changed), a key has one name.
class AllowList {
 public:
  /// Errors: bad_input (the key has another name already).
  Result<void> allow(const AgentName& name, const PublicKey& key);

  /// nullptr when the key may not come.
  [[nodiscard]] const AgentName* name_of(const PublicKey& key) const;
  [[nodiscard]] std::set<AgentName> names() const;
  [[nodiscard]] bool empty() const { return names_.empty(); }

  friend bool operator==(const AllowList&, const AllowList&) = default;

 private:
  std::map<PublicKey, AgentName> names_;
};

}  // namespace ocibench::protocol
