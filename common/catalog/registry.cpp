#include "common/catalog/registry.hpp"

#include "common/catalog/render.hpp"

namespace ocibench::catalog {

Result<RegistryDefinition> parse_registry(std::string_view toml, const std::string& origin) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  root.choice("kind", {"registry"});
  RegistryDefinition registry;
  registry.program = read_program(root, origin, toml);
  if (!registry.program.needs.empty()) {
    root.problem("needs", "key `needs` is for tools: a registry starts no other program");
  }
  registry.ready_path = root.text("ready_path");
  if (!registry.ready_path.starts_with('/')) {
    root.problem("ready_path", "key `ready_path`: a path starts with '/'");
  }
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  const RegistryContext example{.address = "127.0.0.1:5000",
                                .storage_dir = "/storage",
                                .work_dir = "/work",
                                .secret = "secret",
                                .tls = true,
                                .certificate_file = "/cert.pem",
                                .key_file = "/key.pem"};
  if (auto tried = render_registry(registry, "/bin/registry", example); !tried) {
    return tl::unexpected(tried.error());
  }
  return registry;
}

}  // namespace ocibench::catalog
