#include "coordinator/tool_status.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/wrap.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kTableWidth = 80;

/// What a tool would be told, with words for what differs from run to run.
Result<catalog::RenderedCommand> example_of(const catalog::ToolDefinition& tool,
                                            const catalog::FoundProgram& found) {
  catalog::ToolContext context{.source = "127.0.0.1:5001",
                               .target = "127.0.0.1:5002",
                               .tls = tool.needs_tls,
                               .ca_file = tool.needs_tls ? "CA" : "",
                               .prefix = "bench/r1-i1",
                               .work_dir = "WORK",
                               .state_dir = "STATE",
                               .needed = found.needed};
  if (tool.kind == catalog::ToolKind::sync) {
    const ResolvedCorpus corpus{.name = "example",
                                .images = {{.repository = "example/app", .tag = "1"},
                                           {.repository = "example/base", .tag = "1"}}};
    auto images = catalog::place_images(tool, corpus, context.prefix);
    if (!images) {
      return tl::unexpected(images.error());
    }
    context.images = *std::move(images);
  }
  return catalog::render_tool(tool, found.binary.string(), context);
}

ToolStatus status_of(const catalog::Catalog& catalog, const catalog::SubjectFinder& finder,
                     const catalog::ToolDefinition& tool) {
  ToolStatus status{.program = &tool.program,
                    .tool = &tool,
                    .kind = tool.kind == catalog::ToolKind::sync ? "sync" : "calibration"};
  const auto found = finder.find(catalog, tool);
  const auto example = found.and_then(
      [&](const catalog::FoundProgram& program) { return example_of(tool, program); });
  if (!example) {
    status.reason = example.error().message;
    return status;
  }
  status.usable = true;
  status.identity = catalog::with_command(found->identity, *example);
  status.example = *example;
  return status;
}

ToolStatus status_of(const catalog::SubjectFinder& finder,
                     const catalog::RegistryDefinition& registry) {
  ToolStatus status{.program = &registry.program, .kind = "registry"};
  auto found = finder.find(registry.program);
  if (!found) {
    status.reason = found.error().message;
    return status;
  }
  status.usable = true;
  status.identity = std::move(found->identity);
  return status;
}

std::string paragraph(std::string_view name, std::string_view text) {
  constexpr std::size_t kIndent = 14;
  std::string result;
  for (const std::string& line : wrap_words(text, kTableWidth - kIndent)) {
    result += fmt::format("  {:<12}{}\n", result.empty() ? name : "", line);
  }
  return result;
}

std::string paragraphs(std::string_view name, const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) {
    result += paragraph(name, text);
  }
  return result;
}

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    result += fmt::format("    {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string example_text(const ToolStatus& status) {
  std::string text = paragraph("command", status.identity.command);
  text += "  environment, and nothing else\n";
  for (const auto& [name, value] : status.example.environment) {
    text += fmt::format("    {}={}\n", name, value);
  }
  for (const auto& [name, content] : status.example.files) {
    text += fmt::format("  {}\n{}", name, indented(content));
  }
  return text;
}

}  // namespace

Result<std::vector<ToolStatus>> tool_statuses(const catalog::Catalog& catalog,
                                              const catalog::SubjectFinder& finder,
                                              const std::vector<std::string>& names) {
  std::vector<ToolStatus> statuses;
  for (const std::string& name : names) {
    const auto tool = catalog.tool(name);
    const auto registry = catalog.registries().find(name);
    if (!tool && registry == catalog.registries().end()) {
      return tl::unexpected(tool.error());
    }
    statuses.push_back(tool ? status_of(catalog, finder, **tool)
                            : status_of(finder, registry->second));
  }
  if (!names.empty()) {
    return statuses;
  }
  for (const auto& [name, tool] : catalog.tools()) {
    statuses.push_back(status_of(catalog, finder, tool));
  }
  for (const auto& [name, registry] : catalog.registries()) {
    statuses.push_back(status_of(finder, registry));
  }
  return statuses;
}

std::string list_text(const std::vector<ToolStatus>& statuses) {
  constexpr std::string_view kRow = "{:<16}{:<13}{}\n";
  constexpr std::size_t kLastColumn = 29;
  std::string text = fmt::format(kRow, "NAME", "KIND", "HERE, OR WHY NOT");
  for (const ToolStatus& status : statuses) {
    std::string here = status.usable ? status.identity.label : status.reason;
    if (const std::string name = status.program->name + ": "; here.starts_with(name)) {
      here.erase(0, name.size());
    }
    bool first = true;
    for (const std::string& line : wrap_words(here, kTableWidth - kLastColumn)) {
      text += fmt::format(kRow, first ? status.program->name : "", first ? status.kind : "", line);
      first = false;
    }
  }
  return text;
}

std::string check_text(const ToolStatus& status) {
  const catalog::Program& program = *status.program;
  std::string text = fmt::format("{} ({}): {}\n", program.name, status.kind,
                                 status.usable ? "usable" : "not usable");
  if (!status.usable) {
    text += paragraph("why", status.reason);
  }
  text += paragraph("label", status.identity.label);
  for (const BinaryIdentity& binary : status.identity.binaries) {
    text += paragraph("program", binary.path);
    text += paragraph("sha256", binary.sha256);
  }
  text += paragraph("definition", program.origin);
  text += paragraph("install", catalog::install_line(program.installation));
  if (status.tool != nullptr && status.tool->kind == catalog::ToolKind::sync) {
    const catalog::Concurrency& concurrency = status.tool->concurrency;
    const auto matched = catalog::render_matched(*status.tool, 8);
    text += paragraph("at once", concurrency.as_shipped);
    text += paragraph("told 8", matched.value_or("").empty() ? "it cannot be told" : *matched);
  }
  text += paragraphs("caveat", program.caveats);
  text += paragraphs("note", program.notes);
  return status.usable && status.tool != nullptr ? text + example_text(status) : text;
}

Json status_json(const ToolStatus& status) {
  Json binaries = Json::array();
  for (const BinaryIdentity& binary : status.identity.binaries) {
    binaries.push_back(
        {{"path", binary.path}, {"sha256", binary.sha256}, {"size_bytes", binary.size_bytes}});
  }
  return {{"name", status.program->name},
          {"kind", status.kind},
          {"usable", status.usable},
          {"reason", status.reason},
          {"label", status.identity.label},
          {"version", status.identity.version},
          {"binaries", std::move(binaries)},
          {"install", catalog::install_line(status.program->installation)},
          {"caveats", status.program->caveats},
          {"notes", status.program->notes},
          {"command", status.identity.command},
          {"environment", Json(status.example.environment)},
          {"files", Json(status.example.files)}};
}

}  // namespace ocibench::coordinator
