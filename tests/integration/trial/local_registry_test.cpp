#include "agent/target/local_registry.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/target/listener.hpp"
#include "agent/target_probe.hpp"
#include "agent/verification.hpp"
#include "common/fd.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class LocalRegistryTest : public testing::Test {
 protected:
  ~LocalRegistryTest() override { EXPECT_THAT(world.leftovers(), IsEmpty()); }

  /// A registry with the whole corpus.
  std::unique_ptr<RegistryInstance> filled() {
    auto registry = world.start_registry().value();
    const auto pushed = world.content.materialise({world.assignment.corpus, world.lock(), {}},
                                                  registry->endpoint());
    EXPECT_TRUE(pushed) << (pushed ? "" : pushed.error().message);
    return registry;
  }
  [[nodiscard]] std::vector<ExpectedImage> everything() const {
    std::vector<ExpectedImage> expected;
    for (const ResolvedImage& image : world.lock().images) {
      expected.push_back({image, image.repository});
    }
    return expected;
  }
  Result<Verification> verify(const RegistryInstance& registry) {
    return verify_target(registry.endpoint(), everything(), budget);
  }
  /// Changes one byte of a layer as stored, behind the registry's back.
  void damage_a_layer(const RegistryInstance& registry) {
    const std::string hex = world.lock().images[0].manifests.back().blobs.back().digest.substr(7);
    const auto file = registry.storage_directory() / "docker/registry/v2/blobs/sha256" /
                      hex.substr(0, 2) / hex / "data";
    std::fstream data(file, std::ios::in | std::ios::out | std::ios::binary);
    data.seekg(1000);
    const char byte = static_cast<char>(data.get() ^ 1);
    data.seekp(1000);
    data.put(byte);
    EXPECT_TRUE(data);
  }
  std::string start_error(const catalog::RegistryDefinition& definition) {
    const auto started = world.registries->start(
        {.definition = definition, .directory = world.directory.path() / "work"},
        world.cancellation);
    std::filesystem::remove_all(world.directory.path() / "work");
    std::filesystem::create_directory(world.directory.path() / "work");
    return started ? "" : started.error().message;
  }

  TrialWorld world;
  TimeBudget budget{world.clock, world.cancellation, std::chrono::minutes(2)};
};

TEST_F(LocalRegistryTest, ServesAnEmptyRegistryOfItsOwn) {
  const auto one = world.start_registry().value();
  const auto other = world.start_registry().value();
  EXPECT_NE(one->endpoint().host, other->endpoint().host);
  EXPECT_NE(one->storage_directory(), other->storage_directory());
  EXPECT_TRUE(std::filesystem::is_empty(one->storage_directory()));
  EXPECT_EQ(one->identity().binaries.at(0).sha256.size(), 64U);
}

TEST_F(LocalRegistryTest, StopsItsProcessAndRemovesItsStorage) {
  const auto registry = world.start_registry().value();
  registry->stop();
  EXPECT_NE(::kill(registry->pid(), 0), 0);
  EXPECT_FALSE(std::filesystem::exists(registry->storage_directory()));
  registry->stop();
}

TEST_F(LocalRegistryTest, SweepsAwayOnlyWhatAKilledAgentHasLeft) {
  const std::filesystem::path memory = world.directory.path() / "memory";
  constexpr int kNoPid = 4'194'999;  // above Linux's PID_MAX_LIMIT
  const auto left = memory / fmt::format("ocibench-registry-{}-x7Gk2p", kNoPid);
  const auto alive = memory / fmt::format("ocibench-registry-{}-x7Gk2p", ::getpid());
  const auto foreign = memory / fmt::format("ocibench-registry-{}oyiR9", kNoPid);
  for (const auto& folder : {left, alive, foreign}) {
    std::filesystem::create_directories(folder);
  }
  ASSERT_TRUE(LocalRegistry::create(world.clock, world.subjects, memory, memory));
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(alive));
  EXPECT_TRUE(std::filesystem::exists(foreign));
}

TEST_F(LocalRegistryTest, DiesWithTheThreadThatStartedIt) {
  std::unique_ptr<RegistryInstance> registry;
  std::thread([&] { registry = world.start_registry().value(); }).join();
  siginfo_t end{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(registry->pid()), &end, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(end.si_status, SIGKILL);
}

TEST_F(LocalRegistryTest, SaysHowToInstallAMissingProgram) {
  catalog::RegistryDefinition definition = world.registry_definition();
  definition.program.binaries = {"no-such-registry"};
  EXPECT_THAT(start_error(definition), HasSubstr("apt-get install docker-registry"));
}

TEST_F(LocalRegistryTest, TellsWhatAProgramSaidThatEndedAtOnce) {
  catalog::RegistryDefinition definition = world.registry_definition();
  definition.program.files.at(0).text = "version: 17\n";
  EXPECT_THAT(start_error(definition),
              AllOf(HasSubstr("ended before it served"), HasSubstr("panic: runtime")));
}

TEST_F(LocalRegistryTest, GivesUpOnAPortThatOthersKeepTaking) {
  const auto other = world.start_registry().value();
  catalog::RegistryDefinition definition = world.registry_definition();
  std::string& text = definition.program.files.at(0).text;
  const std::string address = "{{address}}";
  text.replace(text.find(address), address.size(), other->endpoint().host);
  EXPECT_THAT(start_error(definition), HasSubstr("address already in use"));
}

TEST_F(LocalRegistryTest, SaysWhatToDoWhenMemoryIsTooSmall) {
  const auto started = world.start_registry(~std::uint64_t{0});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::limit);
  EXPECT_THAT(started.error().message, HasSubstr("remount,size="));
  EXPECT_THAT(started.error().message, HasSubstr("storage = \"disk\""));
}

TEST_F(LocalRegistryTest, SweepsStorageThatKilledAgentsLeft) {
  const auto memory = TemporaryDirectory::create("/tmp", "memory-").value();
  pid_t dead = ::fork();
  if (dead == 0) {
    ::_exit(0);
  }
  ::waitpid(dead, nullptr, 0);
  const auto left = memory.path() / fmt::format("ocibench-registry-{}-x", dead);
  const auto used = memory.path() / fmt::format("ocibench-registry-{}-x", ::getpid());
  std::filesystem::create_directories(left / "docker");
  std::filesystem::create_directory(used);
  ASSERT_TRUE(
      LocalRegistry::create(world.clock, world.subjects, world.directory.path(), memory.path()));
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(used));
}

TEST_F(LocalRegistryTest, TellsWhoListensOnAPort) {
  const std::uint16_t port = free_loopback_port().value();
  EXPECT_FALSE(listens_on(::getpid(), port));
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  EXPECT_TRUE(listens_on(::getpid(), port));
  EXPECT_FALSE(listens_on(::getppid(), port)) << "another process that does not listen there";
}

TEST_F(LocalRegistryTest, PrewarmReadsEveryManifestAndUniqueBlobOnce) {
  const auto registry = filled();
  const PrewarmReport report = prewarm({registry->endpoint(), world.lock()}, budget).value();
  EXPECT_EQ(report.bytes, unique_bytes(world.lock()));
  EXPECT_EQ(report.manifests, 6U);
  EXPECT_EQ(report.passes, 1U);
  EXPECT_THAT(describe(report), HasSubstr("not applicable"));
}

TEST_F(LocalRegistryTest, PrewarmFailsOnADamagedBlob) {
  const auto registry = filled();
  damage_a_layer(*registry);
  const auto report = prewarm({registry->endpoint(), world.lock()}, budget);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::bad_input);
}

TEST_F(LocalRegistryTest, PrewarmStopsWhenCancelled) {
  const auto registry = filled();
  world.cancellation.request();
  EXPECT_FALSE(prewarm({registry->endpoint(), world.lock()}, budget));
}

TEST_F(LocalRegistryTest, VerificationFindsADamagedBlob) {
  const auto registry = filled();
  EXPECT_THAT(verify(*registry).value().missing, IsEmpty());
  damage_a_layer(*registry);
  const Verification proof = verify(*registry).value();
  EXPECT_EQ(proof.blobs_found, proof.blobs_expected - 1);
  EXPECT_LT(proof.images_found, proof.images_expected);
  EXPECT_LT(proof.bytes_proven, unique_bytes(world.lock()));
}

TEST_F(LocalRegistryTest, VerificationAmountsToWhatThePlanExpects) {
  const auto registry = filled();
  const ExpectedProof planned = expected_proof(expected_states(world.lock(), {}, {}, "").after);
  const Verification proof = verify(*registry).value();
  EXPECT_EQ(proof.images_found, planned.images);
  EXPECT_EQ(proof.manifests_found, planned.manifests);
  EXPECT_EQ(proof.blobs_found, planned.blobs);
  EXPECT_EQ(proof.bytes_proven, planned.bytes);
  EXPECT_EQ(proof.content_sha256, planned.content_sha256);
  damage_a_layer(*registry);
  EXPECT_NE(verify(*registry).value().content_sha256, planned.content_sha256);
}

TEST_F(LocalRegistryTest, ProbeFindsNothingInAnEmptyRegistryAndAllInAFullOne) {
  const Awaited all = awaited({}, everything());
  const auto empty = world.start_registry().value();
  EXPECT_EQ(probe_target(empty->endpoint(), all, budget).value(), Presence{});
  const auto full = filled();
  const Presence found = probe_target(full->endpoint(), all, budget).value();
  EXPECT_EQ(found.manifests.size(), all.manifests.size());
  EXPECT_EQ(found.blobs.size(), all.blobs.size());
  const AwaitedManifest& tag = all.manifests.front();
  EXPECT_THAT(found.manifests, Contains(tag.repository + ":" + tag.reference));
}

TEST_F(LocalRegistryTest, ProbeTakesATagOfAnotherDigestForAbsent) {
  const auto registry = filled();
  Awaited moved = awaited({}, everything());
  moved.manifests.resize(1);
  moved.manifests[0].digest = "sha256:" + std::string(64, '0');
  moved.blobs.clear();
  EXPECT_EQ(probe_target(registry->endpoint(), moved, budget).value(), Presence{});
}

TEST_F(LocalRegistryTest, ProbeDoesNotMistakeADeadRegistryForAnEmptyOne) {
  const auto registry = filled();
  registry->stop();
  const auto found = probe_target(registry->endpoint(), awaited({}, everything()), budget);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("does not answer before the run"));
}

TEST_F(LocalRegistryTest, VerificationDoesNotMistakeADeadRegistryForAnEmptyOne) {
  const auto registry = filled();
  registry->stop();
  const auto proof = verify(*registry);
  ASSERT_FALSE(proof);
  EXPECT_THAT(proof.error().message, HasSubstr("does not answer"));
}

}  // namespace
}  // namespace ocibench::agent
