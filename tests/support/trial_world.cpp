#include "tests/support/trial_world.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/process/isolation.hpp"
#include "agent/sampling/host_sampler.hpp"
#include "agent/sync_trial.hpp"
#include "common/catalog/corpus_file.hpp"
#include "common/fd.hpp"
#include "common/host.hpp"
#include "common/oci/resolve.hpp"
#include "common/process/probe.hpp"

namespace ocibench::agent {
namespace {

constexpr const char* kPath = "/usr/local/bin:/usr/bin:/bin";
const std::filesystem::path kSource = OCIBENCH_SOURCE_DIR;

std::filesystem::path made(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  return directory;
}

CorpusSpec tiny_corpus() {
  const std::string text = read_file(kSource / "scenarios/corpora/tiny.toml", 100'000).value();
  return catalog::parse_corpus(text, "tiny.toml").value();
}

}  // namespace

TrialWorld::TrialWorld(const oci::RegistryAccess& access)
    : directory(TemporaryDirectory::create(std::filesystem::temp_directory_path(), "trial-real-")
                    .value()),
      subjects({.tools_directory = default_tools_directory(),
                .own_directory = executable_path().parent_path(),
                .path = kPath},
               [this](const std::vector<std::string>& argv) {
                 return capture({.argv = argv}, clock).map([](const ProbeAnswer& answer) {
                   return answer.text;
                 });
               }),
      registries(LocalRegistry::create(clock, subjects, directory.path()).value()),
      recorder(clock, subjects, registries->authority()),
      runner(clock, TreeControl::best_available, {},
             Isolation::establish(
                 {.work_directory = made(directory.path() / "work"),
                  .hidden = {directory.path()},
                  .hidden_beginnings = {std::filesystem::path(kMemoryDirectory) / kStoragePrefix}},
                 clock)),
      corpora{.cache_directory = directory.path() / "cache", .access = access},
      content(corpora),
      world_registries(access) {
  made(directory.path() / "data/scenarios/corpora");
  const auto competitors = made(directory.path() / "data/competitors");
  std::filesystem::copy(kSource / "competitors", competitors);
  assignment.campaign = CampaignId("campaign");
  assignment.trial = {.id = TrialId("cold/tool/r1"),
                      .scenario = "cold",
                      .iterations = 1,
                      .iteration_timeout = std::chrono::seconds(60),
                      .overhead_timeout = std::chrono::seconds(120)};
  assignment.registry = {.name = "docker-registry", .storage = "memory"};
  use_corpus(tiny_corpus());
}

void TrialWorld::add_script(const std::string& name, const std::string& script) {
  std::ofstream file(directory.path() / "data/competitors" / (name + ".toml"));
  file << "schema = 1\nname = \"" << name << "\"\nkind = \"sync\"\nlabel = \"" << name << "\"\n"
       << "binaries = [\"/bin/sh\"]\ninstall.apt = \"dash\"\n"
       << "per = \"corpus\"\ndestination = \"{{prefix}}/{{basename}}\"\narguments = [\"-c\", '''\n"
       << script << "''']\n"
       << "[environment]\nPATH = \"" << kPath << "\"\nHOME = \"{{state_dir}}\"\n"
       << "[version]\narguments = [\"-c\", \"echo 1.0\"]\npattern = '(.+)'\n"
       << "[concurrency]\ndefault = \"one\"\n";
}

void TrialWorld::use_corpus(const CorpusSpec& spec) {
  assignment.corpus = spec;
  assignment.lock = oci::resolve_corpus(spec, corpora).value();
}

const catalog::Catalog& TrialWorld::catalog() {
  if (!catalog_) {
    auto catalog = catalog::Catalog::load(directory.path() / "data");
    EXPECT_TRUE(catalog) << (catalog ? "" : catalog.error().message);
    catalog_ = std::move(catalog.value());
  }
  return *catalog_;
}

void TrialWorld::run(const std::string& tool) {
  assignment.trial.tool = tool;
  assignment.tool_definition_sha256 = catalog().tools().at(tool).program.definition_sha256;
  assignment.registry.definition_sha256 = registry_definition().program.definition_sha256;
  SyncTrial trial({.clock = clock,
                   .catalog = catalog(),
                   .subjects = subjects,
                   .runner = runner,
                   .make_sampler =
                       [this](SamplingPlan plan) {
                         return std::make_unique<HostSampler>(std::move(plan), clock);
                       },
                   .registries = *registries,
                   .remotes = *remotes,
                   .content = content,
                   .recorder = recorder},
                  {.work_directory = directory.path() / "work", .default_interface = "lo"});
  const Result<void> result = trial.run(assignment, reporter, cancellation);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  EXPECT_EQ(reporter.all<TrialFinished>().size(), 1U);
}

Iteration TrialWorld::only_iteration() const {
  const std::vector<Iteration> iterations = reporter.iterations();
  EXPECT_EQ(iterations.size(), 1U) << reporter.all<TrialFinished>().at(0).outcome.cause;
  return iterations.empty() ? Iteration{} : iterations.front();
}

const catalog::RegistryDefinition& TrialWorld::registry_definition() {
  return catalog().registries().at("docker-registry");
}

Result<std::unique_ptr<RegistryInstance>> TrialWorld::start_registry(std::uint64_t content_bytes) {
  return registries->start(
      {.definition = registry_definition(),
       .content_bytes = content_bytes,
       .directory = made(directory.path() / fmt::format("registry-{}", ++registries_started_))},
      cancellation);
}

std::vector<std::string> TrialWorld::leftovers() const {
  std::vector<std::string> found;
  const std::string prefix = fmt::format("ocibench-registry-{}-", ::getpid());
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    if (entry.path().filename().string().starts_with(prefix)) {
      found.push_back(entry.path().string());
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory.path() / "work")) {
    found.push_back(entry.path().string());
  }
  if (::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) {
    found.emplace_back("a child process");
  }
  return found;
}

bool enter_private_network() {
  if (::unshare(CLONE_NEWNET) != 0) {
    return false;
  }
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  request.ifr_flags = IFF_UP;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

}  // namespace ocibench::agent
