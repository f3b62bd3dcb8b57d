#pragma once

#include <string>
#include <string_view>

#include "common/model/observation.hpp"

namespace ocibench::agent {

/// What a request to a registry asks for.
struct RegistryCall {
  RequestClass request = RequestClass::other;
  std::string repository;  ///< empty where the request names none
  std::string reference;   ///< the tag or digest that its path names, decoded; empty without one

  friend bool operator==(const RegistryCall&, const RegistryCall&) = default;
};

/// Sorts a request by its method and its target as sent, "/v2/lib/a/blobs/uploads/?mount=..."
/// (distribution-spec 1.1, "Endpoints"; RFC 9112, 3.2). A repository may have any word in its name,
/// so the path is read from its end. Requests to a token service are told by the last word of their
/// path, for which there is no rule but habit: "token" or "auth". Any input is sorted somewhere.
RegistryCall classify(std::string_view method, std::string_view target);

}  // namespace ocibench::agent
