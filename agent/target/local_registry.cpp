#include "agent/target/local_registry.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/target/listener.hpp"
#include "agent/target/readiness.hpp"
#include "common/catalog/render.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

/// Storage is named after the agent's pid, so that what a killed one left can be told.
void sweep_storage(const std::filesystem::path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kStoragePrefix)) {
      continue;
    }
    pid_t pid = 0;
    const auto [end, error] =
        std::from_chars(name.data() + kStoragePrefix.size(), name.data() + name.size(), pid);
    // Somebody else's folder may have a name that only begins like a pid.
    const bool ours = error == std::errc() && end != name.data() + name.size() && *end == '-';
    if (ours && pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

class LocalInstance final : public RegistryInstance {
 public:
  LocalInstance(RegistryProcess process, TemporaryDirectory storage, oci::Endpoint endpoint,
                SubjectIdentity identity)
      : pid_(process.pid()),
        storage_directory_(storage.path()),
        storage_(std::move(storage)),
        process_(std::move(process)),
        endpoint_(std::move(endpoint)),
        identity_(std::move(identity)) {}

  [[nodiscard]] const oci::Endpoint& endpoint() const override { return endpoint_; }
  [[nodiscard]] const SubjectIdentity& identity() const override { return identity_; }
  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] const std::filesystem::path& storage_directory() const override {
    return storage_directory_;
  }
  void stop() override {
    process_.stop();
    storage_.reset();
  }

 private:
  const pid_t pid_;
  const std::filesystem::path storage_directory_;
  std::optional<TemporaryDirectory> storage_;  // goes after the process that writes to it
  RegistryProcess process_;
  const oci::Endpoint endpoint_;
  const SubjectIdentity identity_;
};

}  // namespace

/// What stays the same from port to port.
struct LocalRegistry::Prepared {
  catalog::FoundProgram program;
  TemporaryDirectory storage;
  catalog::RegistryContext context;
};

LocalRegistry::LocalRegistry(const Clock& clock, const catalog::SubjectFinder& finder,
                             std::filesystem::path memory_directory, CertificateAuthority authority)
    : clock_(clock),
      finder_(finder),
      memory_directory_(std::move(memory_directory)),
      authority_(std::move(authority)) {}

Result<std::unique_ptr<LocalRegistry>> LocalRegistry::create(
    const Clock& clock, const catalog::SubjectFinder& finder,
    const std::filesystem::path& directory, std::filesystem::path memory_directory) {
  sweep_storage(memory_directory);
  Result<CertificateAuthority> authority = CertificateAuthority::create(directory);
  if (!authority) {
    return tl::unexpected(std::move(authority.error()));
  }
  return std::unique_ptr<LocalRegistry>(
      new LocalRegistry(clock, finder, std::move(memory_directory), std::move(*authority)));
}

Result<TemporaryDirectory> LocalRegistry::make_storage(const RegistryRequest& request) const {
  const bool memory = request.storage == RegistryStorage::memory;
  const std::filesystem::path& parent = memory ? memory_directory_ : request.directory;
  // Bounded: a lock from outside may claim any size.
  const std::uint64_t content = std::min(request.content_bytes, kMaxContentBytes);
  const std::uint64_t needed = content + content / kHeadroomShare + kStorageReserveBytes;
  std::error_code error;
  const std::uintmax_t available = std::filesystem::space(parent, error).available;
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot use {} for a registry's storage: {}",
                                           parent.string(), error.message()));
  }
  if (available < needed) {
    return fail(
        ErrorCode::limit,
        fmt::format("{} has {} free and a registry with this corpus needs {}: {}", parent.string(),
                    format_bytes(available), format_bytes(needed),
                    memory ? fmt::format("enlarge it (mount -o remount,size=SIZE {}), choose a "
                                         "smaller corpus, or set storage = \"disk\"",
                                         parent.string())
                           : "free some space or choose a smaller corpus"));
  }
  return TemporaryDirectory::create(parent, fmt::format("{}{}-", kStoragePrefix, ::getpid()));
}

Result<LocalRegistry::Prepared> LocalRegistry::prepare(const RegistryRequest& request) const {
  Result<catalog::FoundProgram> program = finder_.find(request.definition.program);
  if (!program) {
    return tl::unexpected(std::move(program.error()));
  }
  Result<TemporaryDirectory> storage = make_storage(request);
  if (!storage) {
    return tl::unexpected(std::move(storage.error()));
  }
  catalog::RegistryContext context = {.storage_dir = storage->path().string(),
                                      .work_dir = request.directory.string(),
                                      .secret = "ocibench",
                                      .tls = request.transport == RegistryTransport::tls};
  if (context.tls) {
    Result<ServerCertificate> certificate = authority_.issue(request.directory);
    if (!certificate) {
      return tl::unexpected(std::move(certificate.error()));
    }
    context.certificate_file = certificate->certificate_file.string();
    context.key_file = certificate->key_file.string();
  }
  return Prepared{std::move(*program), std::move(*storage), std::move(context)};
}

Result<std::unique_ptr<RegistryInstance>> LocalRegistry::start_on_free_port(
    const RegistryRequest& request, Prepared& prepared, const Cancellation& cancellation) {
  const Result<std::uint16_t> port = free_loopback_port();
  if (!port) {
    return tl::unexpected(port.error());
  }
  prepared.context.address = fmt::format("127.0.0.1:{}", *port);
  const Result<catalog::RenderedCommand> command = catalog::render_registry(
      request.definition, prepared.program.binary.string(), prepared.context);
  if (!command) {
    return tl::unexpected(command.error());
  }
  Result<RegistryProcess> process = RegistryProcess::start(*command, request.directory);
  if (!process) {
    return tl::unexpected(std::move(process.error()));
  }
  const bool tls = prepared.context.tls;
  oci::Endpoint endpoint = {.host = prepared.context.address,
                            .scheme = tls ? oci::Scheme::https : oci::Scheme::http,
                            .ca_file = tls ? authority_.certificate_file() : ""};
  const AwaitedServer server = {.process = *process,
                                .name = request.definition.program.name,
                                .endpoint = endpoint,
                                .port = *port,
                                .ready_path = request.definition.ready_path};
  if (auto ready = await_ready(server, clock_, cancellation); !ready) {
    return tl::unexpected(std::move(ready.error()));
  }
  return std::make_unique<LocalInstance>(
      std::move(*process), std::move(prepared.storage), std::move(endpoint),
      catalog::with_command(prepared.program.identity, *command));
}

Result<std::unique_ptr<RegistryInstance>> LocalRegistry::start(const RegistryRequest& request,
                                                               const Cancellation& cancellation) {
  Result<Prepared> prepared = prepare(request);
  if (!prepared) {
    return tl::unexpected(std::move(prepared.error()));
  }
  for (int attempt = 1;; ++attempt) {
    auto instance = start_on_free_port(request, *prepared, cancellation);
    if (instance || !lost_its_port(instance.error()) || attempt == kMaxPortAttempts) {
      return instance;
    }
  }
}

}  // namespace ocibench::agent
