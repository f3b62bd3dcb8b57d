// Tools and registries that cheat, run by the real coordinator and the real agent. None of them
// gets a number, a headline or a rank, and each report names the cause. Beside each runs an honest
// tool, which keeps its numbers.

#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/campaign_run.hpp"
#include "tests/support/network_namespaces.hpp"

namespace ocibench::integration {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::uint64_t kMaxReportBytes = 64 * 1024 * 1024;

/// Both storages lie in memory; what the source holds is linked into what belongs to the target.
constexpr const char* kHardLinks = R"(
for d in /dev/shm/ocibench-registry-*; do
  if test -d "$d/docker/registry/v2/repositories/synthetic"; then source=$d; else target=$d; fi
done
from=$source/docker/registry/v2
to=$target/docker/registry/v2
test -d "$from/blobs" || { echo "no storage to be seen" >&2; exit 0; }
mkdir -p "$to/repositories/{{prefix}}"
cp -al "$from/blobs" "$to/"
{{#images}}
cp -al "$from/repositories/{{repository}}" "$to/repositories/{{destination}}"
{{/images}}
)";

/// The first run leaves a process behind, outside its cgroup where it can, that fills the targets
/// of the later runs, which do nothing.
constexpr const char* kDaemon = R"(
copy() {
{{#images}}
  skopeo --insecure-policy copy -q --all --src-tls-verify=false --dest-tls-verify=false \
    docker://{{source}}/{{repository}}:{{tag}} docker://$1/$2/{{basename}}:{{tag}}
{{/images}}
}
case {{prefix}} in *-i1) ;; *) exit 0 ;; esac
fill() {
  for group in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    echo 0 > $group/cgroup.procs
  done
  for round in $(seq 300); do
    for port in $(awk '$4 == "0A" { split($2, a, ":"); print a[2] }' /proc/net/tcp); do
      host=127.0.0.1:$(printf %d 0x$port)
      test $host = {{source}} && continue
      curl -sf -m 1 http://$host/v2/ > /dev/null || continue
      for i in 2 3; do copy $host bench/r1-i$i; done
    done
    sleep 0.1
  done
}
( fill > /dev/null 2>&1 & ) > /dev/null 2>&1
exit 0
)";

/// A registry that, before it answers, takes what another registry holds into the repositories that
/// a tool would push to.
constexpr const char* kPrefill = R"sh(
PATH=/usr/local/bin:/usr/bin:/bin
cd {{work_dir}}
sed '/ addr: /s/127[.]0[.]0[.]1/127.0.0.2/' registry.yml > fill.yml
docker-registry serve fill.yml > fill.log 2>&1 &
filled=$!
mine=127.0.0.2:$(sed -n 's/^ *addr: .*:\([0-9]*\)"*$/\1/p' fill.yml)
for attempt in $(seq 200); do curl -sf http://$mine/v2/ > /dev/null && break; sleep 0.05; done
for port in $(awk '$4 == "0A" { split($2, a, ":"); print a[2] }' /proc/net/tcp); do
  other=127.0.0.1:$(printf %d 0x$port)
  curl -sf -m 1 http://$other/v2/synthetic/image-01/tags/list > /dev/null || continue
  for i in 1 2 3; do
    for image in image-01 image-02; do
      skopeo --insecure-policy copy -q --all --src-tls-verify=false --dest-tls-verify=false \
        docker://$other/synthetic/$image:1 docker://$mine/bench/r1-i$i/$image:1 || continue 3
    done
  done
done
kill $filled
wait
exec docker-registry serve registry.yml
)sh";

/// Not so in a chroot. There nobody can have mounts of his own, nor bind the whole tree elsewhere.
bool root_is_a_mount_point() {
  std::ifstream mounts("/proc/self/mounts");  // device, mount point, ...
  for (std::string device, point, rest; mounts >> device >> point && std::getline(mounts, rest);) {
    if (point == "/") {
      return true;
    }
  }
  return false;
}

class CheaterRun : public CampaignRun {
 protected:
  void SetUp() override {
    fs::create_directory(data());
    for (const char* folder : {"competitors", "scenarios"}) {
      fs::copy(fs::path(OCIBENCH_SOURCE_DIR) / folder, data() / folder,
               fs::copy_options::recursive);
    }
  }

  [[nodiscard]] fs::path data() const { return path("data"); }

  /// A tool "cheater" that is a shell script; its lines are a mustache template.
  void add_cheater(const std::string& script) const {
    std::ofstream(data() / "competitors/cheater.toml")
        << "schema = 1\nname = \"cheater\"\nkind = \"sync\"\nlabel = \"cheater {{version}}\"\n"
        << "binaries = [\"/bin/sh\"]\ninstall.apt = \"dash\"\nper = \"corpus\"\n"
        << "destination = \"{{prefix}}/{{basename}}\"\narguments = [\"-c\", '''" << script
        << "''']\n[environment]\nPATH = \"" << kPath << "\"\nHOME = \"{{state_dir}}\"\n"
        << "XDG_RUNTIME_DIR = \"{{state_dir}}\"\n"
        << "[version]\narguments = [\"-c\", \"echo 1.0\"]\npattern = '(.+)'\n"
        << "[concurrency]\ndefault = \"one\"\n";
  }

  /// The cheater and skopeo; `more` is further TOML.
  [[nodiscard]] std::string write(const std::string& tools, const std::string& more = "") const {
    const fs::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"cheat\"\nscenarios = [\"cold\"]\ntools = ["
                        << tools << "]\ncorpus = \"tiny\"\niterations = 3\nseed = 7\n"
                        << more;
    return file.string();
  }

  [[nodiscard]] testing_support::Finished run(const std::string& campaign,
                                              const std::vector<std::string>& before = {}) const {
    std::vector<std::string> words = before;
    const std::vector<std::string> command = {std::string(OCIBENCH_BINARY_DIR) + "/ocibench",
                                              "run",
                                              "--local",
                                              campaign,
                                              "--results",
                                              path("results").string(),
                                              "--data",
                                              data().string(),
                                              "--cache",
                                              path("cache").string()};
    words.insert(words.end(), command.begin(), command.end());
    return testing_support::run_program(directory_.path(), words, kPatience);
  }

  [[nodiscard]] std::string report() const {
    return read_file(bundle() / "summary.md", kMaxReportBytes).value_or("");
  }

  /// What every caught cheater has in common: nothing of it is counted, no sentence has a number of
  /// it, it is in no ranking, and the bundle still verifies.
  void expect_no_number_of(const std::string& tool, const testing_support::Finished& run) const {
    EXPECT_EQ(run.status, 2) << run.out << run.err;
    EXPECT_THAT(run.out, AnyOf(HasSubstr("RESULT: INCOMPLETE"), HasSubstr("RESULT: INVALID")));
    EXPECT_THAT(run.out, Not(HasSubstr(tool + " 1.0 copies")));
    EXPECT_THAT(run.out, Not(HasSubstr("took")));
    const Json summary = this->summary();
    bool seen = false;
    for (const Json& result : summary.at("results")) {
      if (result.at("tool") == tool) {
        seen = true;
        EXPECT_EQ(result.at("complete"), 0) << result.dump(2);
        EXPECT_TRUE(result.at("metrics").at("wall_s").is_null()) << result.dump(2);
      }
    }
    EXPECT_TRUE(seen);
    const auto verified =
        testing_support::run_program(directory_.path(), ocibench({"verify", bundle().string()}));
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  }

  void expect_complete(const std::string& tool, int iterations) const {
    for (const Json& result : summary().at("results")) {
      if (result.at("tool") == tool) {
        EXPECT_EQ(result.at("complete"), iterations) << result.dump(2);
      }
    }
  }

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }

  TemporaryDirectory directory_of_chroot_ =
      *TemporaryDirectory::create(testing::TempDir(), "cheater-root-");
};

TEST_F(CheaterRun, AToolThatLinksTheSourcesStorageIntoTheTargetsSeesNoStorage) {
  if (!root_is_a_mount_point()) {
    GTEST_SKIP() << "no tool can have mounts of its own in a chroot";
  }
  add_cheater(kHardLinks);
  const auto run = this->run(write(R"("skopeo", "cheater", "null")"));
  expect_no_number_of("cheater", run);
  expect_complete("skopeo", 3);
  EXPECT_THAT(report(), HasSubstr("the tool claimed success and nothing arrived; its last words: "
                                  "no storage to be seen"));
}

/// As nobody, in a chroot, where the kernel refuses user namespaces: the storage is within reach.
TEST_F(CheaterRun, AToolThatLinksStorageIsCaughtByItsBytesWhereToolsAreNotIsolated) {
  const std::string root = directory_of_chroot_.path().string();
  if (::geteuid() != 0 || !root_is_a_mount_point()) {
    GTEST_SKIP() << "needs root, and not to be in a chroot already, to become another user in one";
  }
  add_cheater(kHardLinks);
  const std::string campaign = write(R"("skopeo", "cheater", "null")");
  for (const char* folder : {"results", "cache", "home"}) {
    fs::create_directory(path(folder));
    ASSERT_EQ(::chown(path(folder).c_str(), 65534, 65534), 0);
  }
  ASSERT_EQ(::chown(directory_.path().c_str(), 65534, 65534), 0);
  const auto run =
      this->run(campaign, {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                           "mount --rbind / " + root + " && exec chroot --userspec=65534:65534 " +
                               root + " /usr/bin/env HOME=" + path("home").string() + " \"$@\"",
                           "sh"});
  expect_no_number_of("cheater", run);
  expect_complete("skopeo", 3);
  EXPECT_THAT(report(), HasSubstr("not isolated"));
  EXPECT_THAT(report(), HasSubstr("the content came another way"));
}

TEST_F(CheaterRun, ADaemonThatFillsLaterTargetsIsKilledAndNamed) {
  add_cheater(kDaemon);
  const auto run = this->run(write(R"("cheater", "null")"));
  expect_no_number_of("cheater", run);
}

TEST_F(CheaterRun, ARegistryThatHasTheContentBeforeTheStartIsNoTarget) {
  add_cheater("exit 0\n");
  std::string toml =
      read_file(data() / "competitors/docker-registry.toml", kMaxReportBytes).value_or("");
  replace(toml, "name = \"docker-registry\"", "name = \"prefilled\"");
  replace(toml, "binaries = [\"docker-registry\"]", "binaries = [\"/bin/sh\"]");
  replace(toml, "arguments = [\"serve\", \"{{work_dir}}/registry.yml\"]",
          "arguments = [\"-c\", '''" + std::string(kPrefill) + "''']");
  replace(toml, "arguments = [\"--version\"]",
          "arguments = [\"-c\", \"docker-registry --version\"]");
  std::ofstream(data() / "competitors/prefilled.toml") << toml;
  const auto run = this->run(write(R"("cheater", "null")", "[registry]\nname = \"prefilled\"\n"));
  expect_no_number_of("cheater", run);
  EXPECT_THAT(report(), HasSubstr("was at the target before it was started"));
}

TEST_F(CheaterRun, BytesThatGoOverAnotherInterfaceAreNoMeasurement) {
  if (!testing_support::NetworkNamespaces::permitted()) {
    GTEST_SKIP() << "needs root and iproute2 for network namespaces";
  }
  // What a host sends to its own address goes over lo; measured is the interface of the default
  // route.
  const testing_support::NetworkNamespaces network(1);
  const std::string target = network.address(0) + ":5000";
  std::ofstream(path("registry.yml"))
      << "version: 0.1\nstorage:\n  filesystem: {rootdirectory: " << path("storage").string()
      << "}\n  delete: {enabled: true}\nhttp: {addr: \"" << target << "\", secret: test}\n";
  std::vector<std::string> registry = network.on(0);
  registry.insert(registry.end(),
                  {"/usr/bin/docker-registry", "serve", path("registry.yml").string()});
  testing_support::Program process(directory_.path(), "registry", registry);
  ASSERT_TRUE(process.wait_for_err("listening on", std::chrono::seconds(30))) << process.err();
  const auto run = this->run(write(R"("skopeo", "null")", "[registry]\ntls = false\ntarget = \"" +
                                                              target + "/team/bench\"\n"),
                             network.on(0));
  expect_no_number_of("skopeo", run);
  EXPECT_THAT(report(), HasSubstr("the content came another way"));
}

TEST_F(CheaterRun, AToolThatClaimsSuccessAndDoesNothing) {
  add_cheater("exit 0\n");
  const auto run = this->run(write(R"("skopeo", "cheater", "null")"));
  expect_no_number_of("cheater", run);
  expect_complete("skopeo", 3);
  EXPECT_THAT(report(), HasSubstr("the tool claimed success and nothing arrived"));
}

}  // namespace
}  // namespace ocibench::integration
