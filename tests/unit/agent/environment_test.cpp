#include "agent/environment.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <gtest/gtest.h>

#include "agent/process/cgroup_layout.hpp"
#include "agent/published_identity.hpp"
#include "common/file.hpp"
#include "common/sha256.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;

/// A host made of files.
class FakeHost {
 public:
  FakeHost& with(const fs::path& path, std::string_view content) {
    fs::create_directories((root() / path).parent_path());
    EXPECT_TRUE(write_file_atomically(root() / path, content));
    return *this;
  }

  [[nodiscard]] Environment read() const {
    return read_environment({.paths = {root() / "proc", root() / "sys"},
                             .os_release = root() / "os-release",
                             .interface = "ens5",
                             .working_directory = root(),
                             .build = {.version = "1.2.3"}});
  }
  [[nodiscard]] const fs::path& root() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::create("/tmp", "environment-test-").value();
};

TEST(Environment, LeavesAbsentWhatTheHostDoesNotTell) {
  const Environment environment = FakeHost().read();
  for (const char* key : {"cpu.model", "cpu.governor", "memory.total_bytes", "kernel.release",
                          "network.mtu_bytes", "network.driver", "os.name", "ocibench.git_sha"}) {
    ASSERT_TRUE(environment.facts.contains(key)) << key;
    EXPECT_FALSE(environment.facts.at(key)) << key;
  }
  EXPECT_TRUE(environment.facts.contains("ec2.zone_id"));
  EXPECT_EQ(environment.facts.at("kernel.psi"), "off");
  EXPECT_EQ(environment.facts.at("kernel.cgroups"), "none");
}

TEST(Environment, ReadsFactsAsTheKernelPrintsThem) {
  FakeHost host;
  host.with("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC 9R14\n\nprocessor\t: 1\n")
      .with("proc/meminfo", "MemTotal:       1000 kB\nSwapTotal:         0 kB\n")
      .with("proc/sys/kernel/osrelease", "6.1.0-30-cloud-amd64\n")
      .with("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n")
      .with("proc/pressure/cpu", "")
      .with("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n")
      .with("sys/class/net/ens5/mtu", "9001\n")
      .with("os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
  const auto facts = host.read().facts;
  EXPECT_EQ(facts.at("cpu.count"), "2");
  EXPECT_EQ(facts.at("cpu.model"), "AMD EPYC 9R14");
  EXPECT_EQ(facts.at("memory.total_bytes"), "1024000");
  EXPECT_EQ(facts.at("memory.swap_bytes"), "0");
  EXPECT_EQ(facts.at("memory.transparent_hugepages"), "madvise");
  EXPECT_EQ(facts.at("kernel.release"), "6.1.0-30-cloud-amd64");
  EXPECT_EQ(facts.at("kernel.psi"), "on");
  EXPECT_EQ(facts.at("network.tcp_rmem_bytes"), "4096 131072 6291456");
  EXPECT_EQ(facts.at("network.mtu_bytes"), "9001");
  EXPECT_EQ(facts.at("os.name"), "Debian GNU/Linux 12");
  EXPECT_EQ(facts.at("ocibench.version"), "1.2.3");
}

TEST(Environment, TakesTheInstanceTypeFromDmiOnEc2) {
  FakeHost host;
  host.with("sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
      .with("sys/class/dmi/id/product_name", "c6in.4xlarge\n");
  EXPECT_EQ(host.read().facts.at(kInstanceTypeFact), "c6in.4xlarge");
}

TEST(Environment, NamesALocalMachineByItsCpus) {
  FakeHost host;
  host.with("sys/class/dmi/id/sys_vendor", "QEMU\n")
      .with("sys/class/dmi/id/product_name", "Standard PC\n")
      .with("proc/cpuinfo", "processor\t: 0\n\nprocessor\t: 1\n");
  EXPECT_EQ(host.read().facts.at(kInstanceTypeFact), "local-2cpu");
}

TEST(Environment, NamesTheDiskUnderTheWorkingDirectory) {
  FakeHost host;
  struct stat status {};
  ASSERT_EQ(::stat(host.root().c_str(), &status), 0);
  host.with("sys/devices/nvme1n1/device/model", "Amazon Elastic Block Store              \n")
      .with("sys/devices/nvme1n1/device/serial", "vol0123456789abcdef0\n")
      .with("sys/devices/nvme1n1/nvme1n1p1/partition", "1\n");
  fs::create_directories(host.root() / "sys/dev/block");
  fs::create_symlink(
      "../../devices/nvme1n1/nvme1n1p1",
      host.root() / "sys/dev/block" /
          (std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev))));
  const auto facts = host.read().facts;
  EXPECT_EQ(facts.at("storage.device_model"), "Amazon Elastic Block Store");
  for (const auto& [key, value] : facts) {
    EXPECT_NE(value, "vol0123456789abcdef0") << key << " says whose disk it is";
  }
}

constexpr const char* kBootId = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f";

TEST(Environment, GivesAHostAnIdentityThatDoesNotTellItsBootId) {
  FakeHost one;
  FakeHost same;
  FakeHost other;
  one.with("proc/sys/kernel/random/boot_id", std::string(kBootId) + "\n");
  same.with("proc/sys/kernel/random/boot_id", std::string(kBootId) + "\n");
  other.with("proc/sys/kernel/random/boot_id", "1f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f\n");
  const auto identity = one.read().facts.at(kHostIdentityFact);
  // printf %s 0f1e... | openssl dgst -sha256 -hmac "ocibench host identity 1", the first 16 digits.
  EXPECT_EQ(identity, "99bdcd6c28026037");
  EXPECT_EQ(identity, same.read().facts.at(kHostIdentityFact));
  EXPECT_NE(identity, other.read().facts.at(kHostIdentityFact));
  EXPECT_FALSE(FakeHost().read().facts.at(kHostIdentityFact));
  for (const auto& [key, value] : one.read().facts) {
    EXPECT_EQ(value.value_or("").find("0f1e2d3c"), std::string::npos) << key;
  }
}

TEST(Environment, NamesTheNetworkNamespaceByItsInode) {
  FakeHost host;
  fs::create_directories(host.root() / "proc/self/ns");
  fs::create_symlink("net:[4026531840]", host.root() / "proc/self/ns/net");
  EXPECT_EQ(host.read().facts.at(kNetworkNamespaceFact), "4026531840");
  EXPECT_FALSE(FakeHost().read().facts.at(kNetworkNamespaceFact));
}

TEST(Environment, KeepsOfTheKernelsCommandLineOnlyWhatMattersForSpeed) {
  FakeHost host;
  host.with("proc/cmdline",
            "BOOT_IMAGE=/vmlinuz root=UUID=ab-cd ip=10.0.0.7 mitigations=off nosmt "
            "rd.luks.key=hunter2 isolcpus=2-3 mitigations2=x panda.password=a=mitigations "
            "processor.max_cstate=1 ds=nocloud;s=http://10.0.0.1/ -- nosmt\n");
  EXPECT_EQ(host.read().facts.at("kernel.parameters"),
            "mitigations=off nosmt isolcpus=2-3 processor.max_cstate=1");
  EXPECT_FALSE(host.read().facts.contains("kernel.command_line"));
  EXPECT_FALSE(FakeHost().read().facts.at("kernel.parameters"));
  EXPECT_EQ(host.with("proc/cmdline", "quiet\n").read().facts.at("kernel.parameters"), "none");
}

TEST(Environment, BoundsWhatAParameterOfTheKernelMayBring) {
  FakeHost host;
  host.with("proc/cmdline", "isolcpus=" + std::string(5000, '1'));
  EXPECT_LE(host.read().facts.at("kernel.parameters")->size(), 64U);
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "hugepagesz=2M ";
  }
  host.with("proc/cmdline", many);
  EXPECT_LE(host.read().facts.at("kernel.parameters")->size(), 64U * 14);
}

TEST(PublishedIdentity, NamesNoUserInPaths) {
  const SubjectIdentity identity = published(
      {.binaries = {{.path = "/home/alice/.local/share/ocibench/tools/bin/crane"},
                    {.path = "/usr/bin/xargs"},
                    {.path = "/home/alice2/bin/x"}},
       .command = "/home/alice/.local/share/ocibench/tools/bin/crane copy /srv/home/alice/y",
       .config_text = "cache: /home/alice/cache\n"},
      "/home/alice/");
  EXPECT_EQ(identity.binaries[0].path, "~/.local/share/ocibench/tools/bin/crane");
  EXPECT_EQ(identity.binaries[1].path, "/usr/bin/xargs");
  EXPECT_EQ(identity.binaries[2].path, "/home/alice2/bin/x");
  EXPECT_EQ(identity.command, "~/.local/share/ocibench/tools/bin/crane copy /srv/home/alice/y");
  EXPECT_EQ(identity.config_text, "cache: ~/cache\n");
}

TEST(PublishedIdentity, IsAsItWasWithoutAHome) {
  const SubjectIdentity identity{.binaries = {{.path = "/usr/bin/skopeo"}}, .command = "/a /b"};
  for (const char* home : {"", "/", "relative"}) {
    EXPECT_EQ(published(identity, home), identity) << home;
  }
}

TEST(CgroupLayout, FindsTheMemoryHierarchyOfAHybridHost) {
  FakeHost host;
  const fs::path v1 = host.root() / "memory";
  const fs::path v2 = host.root() / "unified";
  fs::create_directories(v1 / "api/x");
  fs::create_directories(v2);
  host.with("proc/self/cgroup", "4:memory:/api/x\n2:cpu,cpuacct:/\n0::/\n")
      .with("proc/self/mountinfo", "30 20 0:25 / " + v1.string() +
                                       " rw shared:1 - cgroup cgroup rw,memory\n"
                                       "31 20 0:26 / /elsewhere rw - cgroup cgroup rw,memory_hog\n"
                                       "32 20 0:27 / " +
                                       v2.string() + " rw,relatime - cgroup2 cgroup2 rw\n");
  const CgroupLayout layout = detect_cgroup_layout(host.root() / "proc");
  EXPECT_EQ(layout.mode, CgroupMode::hybrid);
  EXPECT_EQ(layout.own1_memory, v1 / "api/x");
  EXPECT_EQ(layout.own2, v2);
}

TEST(CgroupLayout, UnderstandsAMountOfAPartOfTheHierarchy) {
  FakeHost host;
  const fs::path mount = host.root() / "cgroup";
  fs::create_directories(mount / "service");
  host.with("proc/self/cgroup", "0::/docker/abc/service\n")
      .with("proc/self/mountinfo",
            "32 20 0:27 /docker/abc " + mount.string() + " rw - cgroup2 cgroup2 rw\n");
  const CgroupLayout layout = detect_cgroup_layout(host.root() / "proc");
  EXPECT_EQ(layout.mode, CgroupMode::v2);
  EXPECT_EQ(layout.own2, mount / "service");
}

TEST(CgroupLayout, IsNoneWithoutMounts) {
  EXPECT_EQ(detect_cgroup_layout("/no/such/proc").mode, CgroupMode::none);
}

TEST(BinaryIdentity, IsThatOfTheFileBehindTheLink) {
  FakeHost host;
  host.with("tool-1.2", "content");
  fs::create_symlink("tool-1.2", host.root() / "tool");
  const auto identity = identify_binary(host.root() / "tool");
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->path, fs::canonical(host.root() / "tool-1.2").string());
  EXPECT_EQ(identity->sha256, sha256_hex("content"));
  EXPECT_EQ(identity->size_bytes, 7U);
}

TEST(BinaryIdentity, NeedsAFile) {
  EXPECT_EQ(identify_binary("/no/such/tool").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace ocibench::agent
