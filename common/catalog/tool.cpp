#include "common/catalog/tool.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/nearest.hpp"

namespace ocibench::catalog {
namespace {

constexpr int kMaxExitCode = 255;

ExitCodes read_exit_codes(TomlTable& root) {
  ExitCodes codes;
  auto table = root.optional_table("exit_codes");
  if (!table) {
    return codes;
  }
  if (table->has("ok")) {
    codes.ok.clear();
    for (const std::int64_t code :
         table->optional_integers("ok", {.min = 0, .max = kMaxExitCode})) {
      codes.ok.push_back(static_cast<int>(code));
    }
  }
  for (auto& [key, sentence] : table->optional_text_map("meaning")) {
    int code = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), code);
    if (error != std::errc{} || end != key.data() + key.size() || code < 0 || code > kMaxExitCode) {
      table->problem("meaning", fmt::format("table `meaning`: an exit code is 0..{}, found `{}`",
                                            kMaxExitCode, key));
      continue;
    }
    codes.meaning.emplace(code, std::move(sentence));
  }
  return codes;
}

void read_capabilities(TomlTable& root, ToolDefinition& tool) {
  tool.capabilities = root.optional_texts("capabilities");
  for (std::size_t i = 0; i < tool.capabilities.size(); ++i) {
    const std::string& name = tool.capabilities[i];
    if (std::ranges::find(known_capabilities(), name) == known_capabilities().end()) {
      root.problem("capabilities", i,
                   fmt::format("key `capabilities`: unknown capability `{}`{}", name,
                               suggestion(name, known_capabilities())));
    }
  }
}

void read_processes(TomlTable& root, ToolDefinition& tool) {
  if (root.choice("per", {"corpus", "image"}) == "corpus") {
    return;
  }
  tool.per = ProcessPer::image;
  tool.jobs = root.optional_text("jobs").value_or("1");
  if (tool.exit_codes.ok != std::vector<int>{0}) {
    root.problem("exit_codes", "with per = \"image\" only 0 can be ok: xargs hides the others");
  }
  tool.exit_codes.meaning = xargs_exit_codes();
  for (const FileTemplate& file : tool.program.files) {
    if (file.name == kArgumentFile) {
      root.problem("files", fmt::format("{} is the file that xargs reads", kArgumentFile));
    }
  }
}

/// What only a tool that copies has.
void read_sync(TomlTable& root, ToolDefinition& tool) {
  read_processes(root, tool);
  tool.destination = root.text("destination");
  tool.needs_tls = root.optional_boolean("needs_tls").value_or(false);
  tool.default_platforms = root.optional_choice("default_platforms", {"all", "host"}) == "host"
                               ? Platforms::host
                               : Platforms::all;
  tool.credentials = root.optional_choice("credentials", {"docker-config", "none"}) == "none"
                         ? CredentialsFrom::nowhere
                         : CredentialsFrom::docker_config;
  if (auto concurrency = root.optional_table("concurrency")) {
    tool.concurrency = {.as_shipped = concurrency->text("default"),
                        .matched = concurrency->optional_text("matched").value_or("")};
  } else {
    root.problem("concurrency",
                 "table `concurrency` is missing: say what the tool does at once as it ships");
  }
  tool.completion = read_completion(root);
  read_capabilities(root, tool);
  if (!tool.program.version) {
    root.problem("version", "table `version` is missing: a tool is named with its version");
  }
}

/// Renders everything with made-up values, so that a mistake shows when the file is read and not
/// in the middle of a campaign.
Result<void> try_templates(const ToolDefinition& tool, ToolContext context) {
  const ResolvedImage image{.repository = "folder/image", .tag = "1", .digest = "sha256:0"};
  if (tool.kind == ToolKind::sync) {
    auto images = place_images(tool, {.name = "example", .images = {image}}, context.prefix);
    if (!images) {
      return tl::unexpected(images.error());
    }
    context.images = *std::move(images);
  }
  for (const std::string& name : tool.program.needs) {
    context.needed.emplace(name, "/bin/needed");
  }
  auto rendered = render_tool(tool, "/bin/tool", context);
  if (!rendered) {
    return tl::unexpected(rendered.error());
  }
  if (auto sentence = render_matched(tool, 1); !sentence) {
    return tl::unexpected(sentence.error());
  }
  return {};
}

/// In every setting that a campaign can have.
Result<void> try_settings(const ToolDefinition& tool) {
  // TLS with credentials and plain http without: every flag is seen in both states.
  for (const bool tls : {true, false}) {
    for (const WorkKind work : {WorkKind::normalised, WorkKind::tool_default}) {
      for (const auto concurrency : {std::optional<std::uint32_t>(), std::optional(8U)}) {
        auto tried = try_templates(tool, {.source = "127.0.0.1:5001",
                                          .target = "127.0.0.1:5002",
                                          .tls = tls,
                                          .ca_file = tls ? "/ca.pem" : "",
                                          .credentials = tls,
                                          .prefix = "prefix",
                                          .work_dir = "/work",
                                          .state_dir = "/state",
                                          .comparability = {concurrency, work}});
        if (!tried) {
          return tried;
        }
      }
    }
  }
  return {};
}

}  // namespace

bool ExitCodes::is_ok(int code) const { return std::ranges::find(ok, code) != ok.end(); }

std::string ExitCodes::describe(int code) const {
  const auto sentence = meaning.find(code);
  return sentence == meaning.end() ? fmt::format("exit code {}", code)
                                   : fmt::format("exit code {}: {}", code, sentence->second);
}

const std::vector<std::string>& known_capabilities() {
  static const std::vector<std::string> kKnown = {"index", "referrers", "mount",
                                                  "mount-within-a-run", "skip-unchanged"};
  return kKnown;
}

Result<ToolDefinition> parse_tool(std::string_view toml, const std::string& origin) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  ToolDefinition tool;
  tool.kind = root.choice("kind", {"sync", "calibration"}) == "calibration" ? ToolKind::calibration
                                                                            : ToolKind::sync;
  tool.program = read_program(root, origin, toml);
  tool.exit_codes = read_exit_codes(root);
  if (tool.kind == ToolKind::sync) {
    read_sync(root, tool);
  }
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  if (auto tried = try_settings(tool); !tried) {
    return tl::unexpected(tried.error());
  }
  return tool;
}

}  // namespace ocibench::catalog
