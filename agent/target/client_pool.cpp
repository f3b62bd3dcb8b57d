#include "agent/target/client_pool.hpp"

#include <memory>
#include <utility>

#include "common/oci/parallel.hpp"

namespace ocibench::agent {

Result<void> read_all(const oci::Endpoint& endpoint, std::size_t items, const ReadItem& read) {
  return oci::run_parallel(kReaders, items, [&] {
    return oci::Client::create(endpoint).map([&](oci::Client client) -> oci::Worker {
      // A std::function must be copyable, a client is not.
      auto shared = std::make_shared<oci::Client>(std::move(client));
      return [shared, &read](std::size_t item) { return read(*shared, item); };
    });
  });
}

}  // namespace ocibench::agent
