// What every tool of competitors/ is told, byte by byte: the files of tests/golden/tools.

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/render.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/shipped_catalog.hpp"

namespace ocibench::catalog {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::matches_golden;
using testing_support::shipped_catalog;

ToolContext context_of(const ToolDefinition& tool, Comparability comparability, bool tls) {
  ToolContext context{.source = "127.0.0.1:5001",
                      .target = "127.0.0.1:5002",
                      .tls = tls,
                      .ca_file = tls ? "/run/ca.pem" : "",
                      .credentials = tls && tool.credentials == CredentialsFrom::docker_config,
                      .prefix = "bench/r1-i1",
                      .work_dir = "/run/work",
                      .state_dir = "/run/state",
                      .comparability = comparability};
  if (tool.kind == ToolKind::sync) {
    const ResolvedCorpus corpus{.name = "two",
                                .images = {{.repository = "lib/app", .tag = "1", .digest = "d1"},
                                           {.repository = "lib/app", .tag = "2", .digest = "d2"},
                                           {.repository = "base", .tag = "1", .digest = "d3"}}};
    context.images = place_images(tool, corpus, context.prefix).value();
  }
  for (const std::string& name : tool.program.needs) {
    context.needed.emplace(name, "/usr/bin/" + name);
  }
  return context;
}

std::string described(const std::string& heading, const RenderedCommand& command) {
  std::string text = fmt::format("==== {}\n", heading);
  for (const std::string& word : command.argv) {
    text += word + "\n";
  }
  text += "---- environment\n";
  for (const auto& [name, value] : command.environment) {
    text += fmt::format("{}={}\n", name, value);
  }
  for (const auto& [name, content] : command.files) {
    text += fmt::format("---- {}\n{}", name, content);
  }
  return text;
}

std::string in_every_setting(const ToolDefinition& tool) {
  struct Setting {
    const char* heading = "";
    Comparability comparability;
    bool tls = false;
  };
  const Setting settings[] = {
      {"plain http, concurrency as shipped, normalised work", {}, false},
      {"TLS, credentials, concurrency 8, work as shipped", {8, WorkKind::tool_default}, true},
  };
  std::string text;
  for (const Setting& setting : settings) {
    const auto command = render_tool(tool, "/bin/" + tool.program.name,
                                     context_of(tool, setting.comparability, setting.tls));
    EXPECT_TRUE(command) << command.error().message;
    text += described(setting.heading, command.value_or(RenderedCommand{}));
  }
  return text;
}

TEST(LineUp, TellsEveryToolExactlyThis) {
  for (const auto& [name, tool] : shipped_catalog().tools()) {
    EXPECT_TRUE(matches_golden(in_every_setting(tool), "tests/golden/tools/" + name + ".txt"))
        << name;
  }
}

TEST(LineUp, KeepsEveryCacheInTheRunsOwnDirectory) {
  for (const auto& [name, tool] : shipped_catalog().tools()) {
    const auto command = render_tool(tool, "/bin/tool", context_of(tool, {}, true)).value();
    if (tool.kind == ToolKind::sync) {
      EXPECT_EQ(command.environment.at("HOME"), "/run/state") << name;
      EXPECT_EQ(command.environment.at("DOCKER_CONFIG"), "/run/state") << name;
      EXPECT_THAT(described("", command), HasSubstr("/run/ca.pem")) << name;
    }
  }
}

TEST(LineUp, SaysWhatEveryToolDoesAtOnceAndWhatToKnow) {
  for (const auto& [name, tool] : shipped_catalog().tools()) {
    EXPECT_FALSE(tool.program.caveats.empty()) << name;
    if (tool.kind == ToolKind::sync) {
      EXPECT_FALSE(tool.concurrency.as_shipped.empty()) << name;
      EXPECT_FALSE(tool.program.notes.empty()) << name;
    }
  }
}

TEST(LineUp, SaysWhichToolsCannotBeToldHowMuchAtOnce) {
  EXPECT_EQ(render_matched(**shipped_catalog().tool("skopeo"), 8), "");
  EXPECT_EQ(render_matched(**shipped_catalog().tool("dregsy"), 8), "");
  EXPECT_EQ(render_matched(**shipped_catalog().tool("crane"), 8),
            "one image after the other, at most 8 blobs of it at a time");
}

TEST(LineUp, PinsEveryToolThatIsBuilt) {
  EXPECT_EQ(install_line((*shipped_catalog().tool("crane"))->program.installation),
            "CGO_ENABLED=0 go install github.com/google/go-containerregistry/cmd/crane@v0.21.9");
  EXPECT_EQ(install_line((*shipped_catalog().tool("image-syncer"))->program.installation),
            "CGO_ENABLED=0 go install -tags=containers_image_openpgp "
            "github.com/AliyunContainerService/image-syncer@v1.5.5");
  EXPECT_EQ(install_line((*shipped_catalog().tool("dregsy"))->program.installation),
            "CGO_ENABLED=0 go install "
            "github.com/xelalexv/dregsy/cmd/dregsy@v0.0.0-20250317074629-e92e79a50145");
  EXPECT_EQ(install_line((*shipped_catalog().tool("ocync"))->program.installation),
            "cargo install --locked --git https://github.com/clowdhaus/ocync --tag v0.5.2 "
            "--no-default-features --features non-fips ocync");
  EXPECT_EQ(install_line((*shipped_catalog().tool("skopeo"))->program.installation),
            "apt-get install skopeo");
}

TEST(LineUp, UnderstandsWhatToolsPrintAsTheirVersion) {
  const auto version = [](const char* tool, std::string_view printed) {
    return match_version((*shipped_catalog().tool(tool))->program, printed);
  };
  EXPECT_EQ(version("skopeo", "skopeo version 1.9.3\n"), "1.9.3");
  EXPECT_EQ(version("skopeo", "skopeo version 1.22.2 commit: 0123abc\n"), "1.22.2");
  EXPECT_EQ(version("crane", "v0.21.9\n"), "0.21.9");
  EXPECT_EQ(version("crane", "could not determine build information\n"), std::nullopt);
  EXPECT_EQ(version("oras", "Version:    1.3.3\nGo version: go1.26.5\n"), "1.3.3");
  EXPECT_EQ(version("regctl", "v0.11.5"), "0.11.5");
  EXPECT_EQ(version("ocync", "ocync 0.5.2\nFIPS 140-3: compiled=no\n"), "0.5.2");
}

}  // namespace
}  // namespace ocibench::catalog
