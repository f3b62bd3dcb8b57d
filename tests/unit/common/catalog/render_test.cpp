#include "common/catalog/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/shipped_catalog.hpp"

namespace ocibench::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::shipped_catalog;

ResolvedCorpus corpus(const std::vector<std::string>& repositories) {
  ResolvedCorpus result{.name = "test"};
  for (const std::string& repository : repositories) {
    result.images.push_back({.repository = repository, .tag = "1", .digest = "sha256:0"});
  }
  return result;
}

ToolContext skopeo_context() {
  return {.source = "127.0.0.1:5001",
          .target = "127.0.0.1:5002",
          .prefix = "bench/i1",
          .work_dir = "/run/work",
          .state_dir = "/run/state",
          .images = *place_images(**shipped_catalog().tool("skopeo"), corpus({"lib/b", "lib/a"}),
                                  "bench/i1")};
}

TEST(RenderTool, WritesTheCommandThatSkopeoWasTriedWith) {
  const auto command =
      render_tool(**shipped_catalog().tool("skopeo"), "/usr/bin/skopeo", skopeo_context());
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_THAT(command->argv,
              ElementsAre("/usr/bin/skopeo", "--insecure-policy", "sync", "--all", "--src", "yaml",
                          "--dest", "docker", "--dest-tls-verify=false", "/run/work/images.yml",
                          "127.0.0.1:5002/bench/i1"));
  EXPECT_EQ(command->files.at("images.yml"),
            "\"127.0.0.1:5001\":\n"
            "  tls-verify: false\n"
            "  images:\n"
            "    \"lib/a\":\n"
            "      - \"1\"\n"
            "    \"lib/b\":\n"
            "      - \"1\"\n");
  EXPECT_EQ(command->environment,
            (std::map<std::string, std::string>{{"HOME", "/run/state"},
                                                {"DOCKER_CONFIG", "/run/state"},
                                                {"XDG_DATA_HOME", "/run/state"},
                                                {"XDG_RUNTIME_DIR", "/run/state"},
                                                {"_CONTAINERS_ROOTLESS_UID", "1000"}}));
}

TEST(RenderTool, TrustsTheCertificateWithTls) {
  ToolContext context = skopeo_context();
  context.tls = true;
  context.ca_file = "/run/ca.pem";
  const auto command = render_tool(**shipped_catalog().tool("skopeo"), "/usr/bin/skopeo", context);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->environment.at("SSL_CERT_FILE"), "/run/ca.pem");
  EXPECT_THAT(command->argv, testing::Contains("--dest-tls-verify=true"));
}

TEST(RenderTool, ListsEveryTagOfARepositoryOnce) {
  ResolvedCorpus two_tags = corpus({"lib/a", "lib/a"});
  two_tags.images.back().tag = "2";
  ToolContext context = skopeo_context();
  context.images = *place_images(**shipped_catalog().tool("skopeo"), two_tags, "bench/i1");
  const auto command = render_tool(**shipped_catalog().tool("skopeo"), "/usr/bin/skopeo", context);
  ASSERT_TRUE(command);
  EXPECT_THAT(command->files.at("images.yml"),
              HasSubstr("    \"lib/a\":\n      - \"1\"\n      - \"2\"\n"));
}

std::string per_image_tool(std::string_view arguments, std::string_view more = "") {
  return "schema = 1\nname = 'one'\nkind = 'sync'\nlabel = 'one'\nbinaries = ['one']\n"
         "install.manual = 'make'\nper = 'image'\ndestination = '{{prefix}}/{{repository}}'\n"
         "arguments = [" +
         std::string(arguments) + "]\n" + std::string(more) +
         "\n[version]\nfrom = 'install-record'\n[concurrency]\ndefault = 'one'\n";
}

Result<RenderedCommand> render_per_image(const std::string& toml, Comparability comparability) {
  return parse_tool(toml, "one.toml").and_then([&](const ToolDefinition& tool) {
    return render_tool(tool, "/bin/one",
                       {.source = "s",
                        .target = "t",
                        .prefix = "p",
                        .work_dir = "/work",
                        .images = *place_images(tool, corpus({"lib/b", "a"}), "p"),
                        .comparability = comparability});
  });
}

TEST(RenderTool, StartsAProcessPerImageWithXargs) {
  const auto command = render_per_image(
      per_image_tool(
          "'copy', '{{#matched}}-j{{concurrency}}{{/matched}}', '{{source}}/{{repository}}"
          ":{{tag}}', '{{target}}/{{destination}}:{{tag}}'"),
      {});
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_THAT(command->argv,
              ElementsAre("/usr/bin/xargs", "--delimiter=\\n", "--arg-file=/work/arguments.txt",
                          "--no-run-if-empty", "--max-args=3", "--max-procs=1", "/bin/one"));
  EXPECT_EQ(command->files.at("arguments.txt"),
            "copy\ns/lib/b:1\nt/p/lib/b:1\ncopy\ns/a:1\nt/p/a:1\n");
}

TEST(RenderTool, StartsAsManyProcessesAsItIsTold) {
  const std::string tool = per_image_tool(
      "'{{tag}}'", "jobs = '{{#matched}}{{concurrency}}{{/matched}}{{^matched}}1{{/matched}}'");
  EXPECT_THAT(render_per_image(tool, {.concurrency = 8})->argv, testing::Contains("--max-procs=8"));
  EXPECT_THAT(render_per_image(tool, {})->argv, testing::Contains("--max-procs=1"));
}

TEST(RenderTool, RefusesWhatXargsCouldNotTellApart) {
  const auto error = [](const std::string& toml) {
    const auto command = render_per_image(toml, {});
    return command ? "" : command.error().message;
  };
  EXPECT_THAT(error(per_image_tool("'\\n'")), "") << "a backslash is no new line";
  EXPECT_THAT(error(per_image_tool("\"{{tag}}\\n\"")), HasSubstr("each on one line"));
  EXPECT_THAT(error(per_image_tool("'{{^tls}}x{{/tls}}'")), HasSubstr("at least one"));
  EXPECT_THAT(error(per_image_tool("'x'", "jobs = 'many'")), HasSubstr("no number of processes"));
}

TEST(RenderRegistry, WritesItsOwnConfiguration) {
  const auto& registry = **shipped_catalog().registry("docker-registry");
  const auto plain = render_registry(registry, "/usr/bin/docker-registry",
                                     {.address = "127.0.0.1:5001",
                                      .storage_dir = "/dev/shm/s",
                                      .work_dir = "/run/work",
                                      .secret = "x"});
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT(plain->argv,
              ElementsAre("/usr/bin/docker-registry", "serve", "/run/work/registry.yml"));
  EXPECT_EQ(plain->files.at("registry.yml"),
            "version: 0.1\n"
            "log:\n"
            "  accesslog:\n"
            "    disabled: true\n"
            "  level: error\n"
            "storage:\n"
            "  filesystem:\n"
            "    rootdirectory: \"/dev/shm/s\"\n"
            "    maxthreads: 100\n"
            "  delete:\n"
            "    enabled: true\n"
            "  maintenance:\n"
            "    uploadpurging:\n"
            "      enabled: false\n"
            "http:\n"
            "  addr: \"127.0.0.1:5001\"\n"
            "  secret: \"x\"\n"
            "\n");
}

TEST(RenderRegistry, ServesTlsWhenAskedTo) {
  const auto command =
      render_registry(**shipped_catalog().registry("docker-registry"), "/usr/bin/docker-registry",
                      {.address = "127.0.0.1:5001",
                       .storage_dir = "/dev/shm/s",
                       .work_dir = "/run/work",
                       .secret = "x",
                       .tls = true,
                       .certificate_file = "/run/c.pem",
                       .key_file = "/run/k.pem"});
  ASSERT_TRUE(command);
  EXPECT_THAT(command->files.at("registry.yml"),
              HasSubstr("  tls:\n    certificate: \"/run/c.pem\"\n    key: \"/run/k.pem\"\n"));
}

TEST(PlaceImages, KeepsTagsAndOrder) {
  const auto placed =
      place_images(**shipped_catalog().tool("skopeo"), corpus({"lib/b", "lib/a"}), "p");
  ASSERT_TRUE(placed);
  EXPECT_THAT(*placed, ElementsAre(PlacedImage{"lib/b", "1", "sha256:0", "p/b"},
                                   PlacedImage{"lib/a", "1", "sha256:0", "p/a"}));
}

TEST(PlaceImages, RefusesToOverwriteOneImageWithAnother) {
  const auto placed =
      place_images(**shipped_catalog().tool("skopeo"), corpus({"lib/a", "x/a"}), "p");
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().message,
            "competitors/skopeo.toml: lib/a:1 and x/a:1 would both go to p/a:1; rename one of them "
            "in the corpus");
}

TEST(PlaceImages, RefusesADestinationThatIsASource) {
  const auto placed = place_images(**shipped_catalog().tool("skopeo"), corpus({"p/a", "x/b"}), "p");
  ASSERT_FALSE(placed);
  EXPECT_THAT(placed.error().message, HasSubstr("also a repository of the source"));
}

}  // namespace
}  // namespace ocibench::catalog
