#include "common/catalog/tool.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"

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

/// Renders everything once with made-up values, so that a mistake shows when the file is read and
/// not in the middle of a campaign.
Result<void> try_templates(const ToolDefinition& tool) {
  ToolContext context{.source = "127.0.0.1:5001",
                      .target = "127.0.0.1:5002",
                      .tls = true,
                      .ca_file = "/ca.pem",
                      .prefix = "prefix",
                      .work_dir = "/work",
                      .state_dir = "/state"};
  const ResolvedImage image{.repository = "folder/image", .tag = "1", .digest = "sha256:0"};
  if (tool.kind == ToolKind::sync) {
    auto images = place_images(tool, {.name = "example", .images = {image}}, context.prefix);
    if (!images) {
      return tl::unexpected(images.error());
    }
    context.images = *std::move(images);
  }
  auto rendered = render_tool(tool, "/bin/tool", context);
  if (!rendered) {
    return tl::unexpected(rendered.error());
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
  if (tool.kind == ToolKind::sync) {
    root.choice("per", {"corpus"});
    tool.destination = root.text("destination");
    if (!tool.program.version) {
      root.problem("version", "table `version` is missing: a tool is named with its version");
    }
  }
  tool.exit_codes = read_exit_codes(root);
  tool.capabilities = root.optional_texts("capabilities");
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  if (auto tried = try_templates(tool); !tried) {
    return tl::unexpected(tried.error());
  }
  return tool;
}

}  // namespace ocibench::catalog
