#include "tests/support/registry_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/oci/client.hpp"

namespace ocibench::testing_support {
namespace {

constexpr int kAttempts = 5;  // another process may take the free port before the registry does
constexpr int kReadinessPolls = 500;  // of 20 ms each
constexpr int kPollMilliseconds = 20;
constexpr const char* kOwnPath = "/v2/?registry-process";  // tells our requests from the others
constexpr std::uint64_t kMaxLogBytes = 64 * 1024 * 1024;

// The Debian package's own file wants htpasswd on :5000. A fixed secret and no upload purging: no
// warning, and nothing that starts by itself. delete: else DELETE answers 405.
constexpr std::string_view kConfig = R"(version: 0.1
log: {{accesslog: {{disabled: false}}, level: info, formatter: json}}
storage:
  filesystem: {{rootdirectory: {0}/storage, maxthreads: 100}}
  delete: {{enabled: {3}}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: 127.0.0.1:{1}, secret: test{2}}}
{4})";

// kUser with kPassword, and what ScriptedAws says of ECR, hashed by bcrypt at its lowest cost: it
// is checked with every request.
constexpr std::string_view kHtpasswd =
    "bench:$2b$04$OEvWSesxeX6SsoJx8L9CaOecVQiIVpkvm/ii3VqwfNmPyPMUCQ52e\n"
    "AWS:$2b$04$xCpFg3LZNg.3giN3cZFaoexshh2QLsCjDQZHuR7S1WlyKm9YbwWjK\n";

Result<pid_t> spawn_registry(const std::string& config, const std::string& log) {
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::string program = RegistryProcess::kProgram;
  std::string command = "serve";
  std::string file = config;
  const std::array<char*, 4> argv = {program.data(), command.data(), file.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), ::environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(ErrorCode::unavailable,
                fmt::format("cannot start {} (package docker-registry): {}", program,
                            std::generic_category().message(error)));
  }
  return pid;
}

bool has_exited(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

Result<void> make_certificate(const std::string& directory) {
  const std::string command = fmt::format(
      "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test "
      "-addext subjectAltName=IP:127.0.0.1 -keyout {0}/key.pem -out {0}/cert.pem 2>/dev/null",
      directory);
  if (std::system(command.c_str()) != 0) {
    return fail(ErrorCode::unavailable, "openssl cannot make a certificate");
  }
  return {};
}

int free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  OCIBENCH_ASSERT(::bind(socket.get(), generic, size) == 0);
  OCIBENCH_ASSERT(::getsockname(socket.get(), generic, &size) == 0);
  return ntohs(address.sin_port);
}

Result<RegistryProcess> RegistryProcess::start(oci::Scheme scheme) {
  return start(RegistryOptions{.scheme = scheme});
}

Result<RegistryProcess> RegistryProcess::start(const RegistryOptions& options) {
  Result<RegistryProcess> registry = start_on(free_port(), options);
  for (int attempt = 1; attempt < kAttempts && !registry; ++attempt) {
    registry = start_on(free_port(), options);
  }
  return registry;
}

Result<RegistryProcess> RegistryProcess::start_on(int port, const RegistryOptions& options) {
  // In memory where there is such a place: the registry fsyncs several times for each upload.
  const std::filesystem::path memory = "/dev/shm";
  auto directory = TemporaryDirectory::create(
      std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path(),
      "ocibench-test-registry-");
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  const std::string root = directory->path();
  const std::string config = root + "/config.yml";
  std::string tls;
  if (options.scheme == oci::Scheme::https) {
    if (const Result<void> made = make_certificate(root); !made) {
      return tl::unexpected(made.error());
    }
    tls = fmt::format(", tls: {{certificate: {0}/cert.pem, key: {0}/key.pem}}", root);
  }
  std::string login;
  if (options.login == Login::wanted) {
    if (const Result<void> made = write_file_atomically(root + "/htpasswd", kHtpasswd); !made) {
      return tl::unexpected(made.error());
    }
    login = fmt::format("auth: {{htpasswd: {{realm: test, path: {}/htpasswd}}}}\n", root);
  }
  const std::string text =
      fmt::format(kConfig, root, port, tls, options.deletions == Deletions::allowed, login);
  if (const Result<void> written = write_file_atomically(config, text); !written) {
    return tl::unexpected(written.error());
  }
  const Result<pid_t> pid = spawn_registry(config, root + "/log");
  if (!pid) {
    return tl::unexpected(pid.error());
  }
  RegistryProcess registry(std::move(*directory), options, port, *pid);
  if (const Result<void> ready = registry.wait_until_ready(); !ready) {
    return tl::unexpected(ready.error());
  }
  return registry;
}

RegistryProcess::RegistryProcess(TemporaryDirectory directory, const RegistryOptions& options,
                                 int port, pid_t pid)
    : directory_(std::move(directory)), options_(options), port_(port), pid_(pid) {}

RegistryProcess::RegistryProcess(RegistryProcess&& other) noexcept
    : directory_(std::move(other.directory_)),
      options_(other.options_),
      port_(other.port_),
      pid_(std::exchange(other.pid_, -1)) {}

RegistryProcess& RegistryProcess::operator=(RegistryProcess&& other) noexcept {
  if (this != &other) {
    stop();
    directory_ = std::move(other.directory_);
    options_ = other.options_;
    port_ = other.port_;
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

RegistryProcess::~RegistryProcess() { stop(); }

void RegistryProcess::stop() noexcept {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

Result<void> RegistryProcess::wait_until_ready() const {
  Result<oci::Client> client = oci::Client::create(endpoint());
  if (!client) {
    return tl::unexpected(client.error());
  }
  for (int poll = 0; poll < kReadinessPolls; ++poll) {
    // Asked first: when the port was lost to somebody else, it is they who answer.
    if (has_exited(pid_)) {
      return fail(ErrorCode::unavailable, fmt::format("docker-registry ended:\n{}", log()));
    }
    if (client->ping(kOwnPath) && !has_exited(pid_)) {
      return {};
    }
    ::poll(nullptr, 0, kPollMilliseconds);
  }
  return fail(ErrorCode::unavailable, fmt::format("docker-registry is not ready:\n{}", log()));
}

oci::Endpoint RegistryProcess::endpoint() const {
  oci::Endpoint endpoint{.host = host(), .scheme = options_.scheme};
  if (options_.scheme == oci::Scheme::https) {
    endpoint.ca_file = directory_.path() / "cert.pem";
  }
  if (options_.login == Login::wanted) {
    endpoint.credentials = oci::Credentials{kUser, kPassword, ""};
  }
  return endpoint;
}

std::string RegistryProcess::log() const {
  return read_file(directory_.path() / "log", kMaxLogBytes).value_or("");
}

AccessLog RegistryProcess::access_log() const {
  // A line is written just after its answer was sent: read until nothing more comes, at least as
  // long as a request of our own takes to be logged.
  const auto own = [](const AccessLog& rows) {
    return std::ranges::count(rows, kOwnPath, &AccessRow::target);
  };
  AccessLog rows = parse_access_log(log());
  const auto known = own(rows);
  Result<oci::Client> client = oci::Client::create(endpoint());
  OCIBENCH_ASSERT(client && client->ping(kOwnPath));
  for (int poll = 0; poll < kReadinessPolls; ++poll) {
    ::poll(nullptr, 0, kPollMilliseconds);
    const std::size_t before = std::exchange(rows, parse_access_log(log())).size();
    if (own(rows) > known && rows.size() == before) {
      break;
    }
  }
  std::erase_if(rows, [](const AccessRow& row) { return row.target == kOwnPath; });
  return rows;
}

}  // namespace ocibench::testing_support
