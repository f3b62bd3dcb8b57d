#include "agent/environment.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "agent/instance_facts.hpp"
#include "agent/kernel_parameters.hpp"
#include "agent/process/cgroup_layout.hpp"
#include "agent/sampling/ethtool.hpp"
#include "agent/sampling/kept_file.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/hex.hpp"
#include "common/host.hpp"
#include "common/sha256.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;
using Fact = std::optional<std::string>;

constexpr std::uint64_t kMaxFactFile = 4 * 1024 * 1024;
constexpr std::string_view kWhiteSpace = " \t\r\n";

Fact trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1));
}

/// The whole of a small file, tabs as blanks.
Fact content(const fs::path& path) {
  const auto text = read_file(path, kMaxFactFile);
  Fact fact = text ? trimmed(*text) : std::nullopt;
  if (fact) {
    std::replace(fact->begin(), fact->end(), '\t', ' ');
  }
  return fact;
}

/// What follows the first "key<separator>" at the start of a line, without quotes.
Fact value_of(const fs::path& path, std::string_view key, char separator) {
  const std::string text = read_file(path, kMaxFactFile).value_or(std::string());
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t split = line.find(separator);
    if (split == std::string_view::npos || trimmed(line.substr(0, split)) != std::string(key)) {
      continue;
    }
    std::string_view value = line.substr(split + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    return trimmed(value);
  }
  return std::nullopt;
}

/// The choice in brackets: "always [madvise] never".
Fact chosen(const fs::path& path) {
  const Fact text = content(path);
  const std::size_t begin = text ? text->find('[') : std::string::npos;
  const std::size_t end = text ? text->find(']') : std::string::npos;
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return std::nullopt;
  }
  return text->substr(begin + 1, end - begin - 1);
}

Fact bytes_from_kib(const Fact& kib_text) {
  const auto kib = kib_text ? leading_number(*kib_text) : std::nullopt;
  return kib ? Fact(fmt::format("{}", *kib * kKiB)) : std::nullopt;
}

Fact link_name(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  return error ? std::nullopt : Fact(target.filename().string());
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const fs::path relative = path.lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

/// Type of the mount with the longest path above `directory`.
Fact filesystem_of(const fs::path& directory, const fs::path& proc_root) {
  std::error_code error;
  const fs::path wanted = fs::weakly_canonical(directory, error);
  const std::string text =
      read_file(proc_root / "self" / "mounts", kMaxFactFile).value_or(std::string());
  Fact type;
  std::size_t longest = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const fs::path mount = word_at(line, 1);
    if (mount.native().size() >= longest && is_below(wanted, mount)) {
      longest = mount.native().size();
      type = trimmed(word_at(line, 2));
    }
  }
  return type;
}

Fact free_bytes(const fs::path& directory) {
  std::error_code error;
  const fs::space_info space = fs::space(directory, error);
  return error ? std::nullopt : Fact(fmt::format("{}", space.available));
}

Fact open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::nullopt;
  }
  return fmt::format("{}", limit.rlim_cur);
}

std::size_t count_cpus(const fs::path& proc_root) {
  const std::string text = read_file(proc_root / "cpuinfo", kMaxFactFile).value_or(std::string());
  std::size_t count = 0;
  for (std::size_t at = text.find("processor\t"); at != std::string::npos;
       at = text.find("\nprocessor\t", at + 1)) {
    ++count;
  }
  return count > 0 ? count : std::thread::hardware_concurrency();
}

bool is_ec2(const Fact& vendor) { return vendor && vendor->starts_with("Amazon"); }

/// The disk under a directory, as its driver tells. Its serial number would tell only whose it is.
void add_disk(const EnvironmentRequest& request, Environment& environment) {
  struct stat status {};
  const bool found = ::stat(request.working_directory.c_str(), &status) == 0;
  std::error_code error;
  fs::path disk =
      fs::canonical(request.paths.sys / "dev/block" /
                        fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev)),
                    error);
  if (!error && fs::exists(disk / "partition", error)) {
    disk = disk.parent_path();
  }
  environment.facts["storage.device_model"] = found ? content(disk / "device/model") : std::nullopt;
}

/// On Nitro the DMI product name is the instance type.
std::string instance_type(const Fact& vendor, const Fact& product, std::size_t cpus) {
  return is_ec2(vendor) && product ? *product : fmt::format("local-{}cpu", cpus);
}

void add_machine(const EnvironmentRequest& request, Environment& environment) {
  const fs::path& proc = request.paths.proc;
  const fs::path& sys = request.paths.sys;
  auto& facts = environment.facts;
  const std::size_t cpus = count_cpus(proc);
  facts["machine.vendor"] = content(sys / "class/dmi/id/sys_vendor");
  facts["machine.product"] = content(sys / "class/dmi/id/product_name");
  facts[kPlatformFact] = host_platform();
  facts[kInstanceTypeFact] = instance_type(facts["machine.vendor"], facts["machine.product"], cpus);
  facts["cpu.count"] = cpus > 0 ? Fact(fmt::format("{}", cpus)) : std::nullopt;
  facts["cpu.model"] = value_of(proc / "cpuinfo", "model name", ':');
  facts["cpu.governor"] = content(sys / "devices/system/cpu/cpu0/cpufreq/scaling_governor");
  facts["memory.total_bytes"] = bytes_from_kib(value_of(proc / "meminfo", "MemTotal", ':'));
  facts["memory.swap_bytes"] = bytes_from_kib(value_of(proc / "meminfo", "SwapTotal", ':'));
  facts["memory.transparent_hugepages"] = chosen(sys / "kernel/mm/transparent_hugepage/enabled");
  facts["clock.source"] =
      content(sys / "devices/system/clocksource/clocksource0/current_clocksource");
}

/// The kernel's boot id is random, new at each boot, and one for all containers and namespaces on
/// the kernel; hashed with a key of our own it says nothing but "the same host".
Fact host_identity(const fs::path& proc_root) {
  constexpr std::string_view kKey = "ocibench host identity 1";
  constexpr std::size_t kDigits = 16;  // 64 bits: enough to tell the hosts of a campaign apart
  const Fact boot = content(proc_root / "sys/kernel/random/boot_id");
  return boot ? Fact(to_hex(hmac_sha256(kKey, *boot)).substr(0, kDigits)) : std::nullopt;
}

/// "net:[4026531840]": the inode, see namespaces(7).
Fact network_namespace(const fs::path& proc_root) {
  const std::string link = link_name(proc_root / "self/ns/net").value_or(std::string());
  const std::size_t begin = link.find('[');
  return begin == std::string::npos || !link.ends_with(']')
             ? std::nullopt
             : Fact(link.substr(begin + 1, link.size() - begin - 2));
}

void add_host(const EnvironmentRequest& request, Environment& environment) {
  environment.facts[kHostIdentityFact] = host_identity(request.paths.proc);
  environment.facts[kNetworkNamespaceFact] = network_namespace(request.paths.proc);
}

void add_system(const EnvironmentRequest& request, Environment& environment) {
  const fs::path& proc = request.paths.proc;
  auto& facts = environment.facts;
  std::error_code error;
  facts["kernel.release"] = content(proc / "sys/kernel/osrelease");
  const Fact command_line = content(proc / "cmdline");
  facts["kernel.parameters"] = command_line ? Fact(speed_parameters(*command_line)) : std::nullopt;
  facts["kernel.psi"] = fs::exists(proc / "pressure/cpu", error) ? "on" : "off";
  facts["kernel.cgroups"] = std::string(to_string(detect_cgroup_layout(proc).mode));
  facts["os.name"] = value_of(request.os_release, "PRETTY_NAME", '=');
  facts["limits.open_files"] = open_files_limit();
  facts["storage.filesystem"] = filesystem_of(request.working_directory, proc);
  facts["storage.free_bytes"] = free_bytes(request.working_directory);
  facts["ocibench.version"] = request.build.version;
  facts["ocibench.git_sha"] = request.build.git_sha;
  facts["ocibench.compiler"] = std::string(__VERSION__);
}

void add_network(const EnvironmentRequest& request, Environment& environment) {
  const fs::path ipv4 = request.paths.proc / "sys/net/ipv4";
  const fs::path interface = request.paths.sys / "class/net" / request.interface;
  auto& facts = environment.facts;
  facts["network.interface"] = trimmed(request.interface);
  facts["network.mtu_bytes"] = content(interface / "mtu");
  facts["network.driver"] = link_name(interface / "device/driver");
  facts["network.driver_version"] = read_driver_version(request.interface);
  facts["network.tcp_congestion_control"] = content(ipv4 / "tcp_congestion_control");
  facts["network.tcp_rmem_bytes"] = content(ipv4 / "tcp_rmem");
  facts["network.tcp_wmem_bytes"] = content(ipv4 / "tcp_wmem");
  facts["network.default_qdisc"] = content(request.paths.proc / "sys/net/core/default_qdisc");
  facts["network.somaxconn"] = content(request.paths.proc / "sys/net/core/somaxconn");
}

void add_instance(const EnvironmentRequest& request, Environment& environment) {
  environment.facts.merge(unknown_instance_facts());
  if (request.metadata_endpoint.empty() || !is_ec2(environment.facts["machine.vendor"])) {
    return;
  }
  const SystemClock clock;
  Result<aws::Imds> imds = aws::Imds::create(request.metadata_endpoint, clock);
  if (!imds) {
    return;
  }
  for (auto& [key, fact] : read_instance_facts(*imds)) {
    environment.facts[key] = fact;
  }
  if (const Fact& told = environment.facts["ec2.instance_type"]) {
    environment.facts[kInstanceTypeFact] = told;  // older instances than Nitro's have it only there
  }
}

}  // namespace

Environment read_environment(const EnvironmentRequest& request) {
  Environment environment;
  add_machine(request, environment);
  add_host(request, environment);
  add_system(request, environment);
  add_network(request, environment);
  add_disk(request, environment);
  add_instance(request, environment);
  return environment;
}

Result<BinaryIdentity> identify_binary(const fs::path& program) {
  std::error_code error;
  const fs::path path = fs::canonical(program, error);
  if (error) {
    return fail(ErrorCode::not_found, fmt::format("no such program: {}", program.string()));
  }
  const auto sha256 = sha256_hex_of_file(path);
  if (!sha256) {
    return fail(sha256.error(), "identifying a program");
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot stat {}", path.string()));
  }
  return BinaryIdentity{path.string(), *sha256, size};
}

}  // namespace ocibench::agent
