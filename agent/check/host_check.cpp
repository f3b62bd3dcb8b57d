#include "agent/check/host_check.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/units.hpp"
#include "common/wrap.hpp"

namespace ocibench::agent {
namespace {

using Level = HostFinding::Level;

constexpr const char* kUnit = "run it as ocibench-agent.service, which has Delegate=yes";

HostFinding cgroups_of(const HostFacts& facts) {
  if (facts.cgroups == CgroupMode::none) {
    return {"cgroups", Level::missing,
            "none may be made here: CPU and memory of a tool would come from /proc, without what "
            "its short-lived children used",
            facts.root ? kUnit : "run the agent as root; better, " + std::string(kUnit)};
  }
  if (!facts.memory_controller) {
    return {"cgroups", Level::missing,
            "the memory controller is not handed down: peak memory would come from /proc", kUnit};
  }
  return {
      "cgroups", Level::ok,
      fmt::format("{}: CPU and memory of a tool's whole process tree", to_string(facts.cgroups)),
      ""};
}

HostFinding pidstat_of(const HostFacts& facts) {
  if (facts.pidstat) {
    return {"pidstat", Level::ok, "sampled once a second beside every run", ""};
  }
  return {"pidstat", Level::missing, "not installed: the raw series of CPU and memory would lack",
          "apt-get install sysstat"};
}

HostFinding clock_of(const HostFacts& facts) {
  const std::string remedy = "apt-get install chrony, then wait until `chronyc waitsync` returns";
  if (!facts.clock_synchronised) {
    return {"clock", Level::missing,
            "the kernel's clock is not synchronised: times of this host cannot be put beside those "
            "of others",
            remedy};
  }
  const auto error_ms = static_cast<double>(facts.clock_error_us.value_or(0)) / 1000;
  const std::string text = fmt::format("synchronised, within {:.1f} ms", error_ms);
  return facts.clock_error_us.value_or(0) > kMaxClockErrorUs
             ? HostFinding{"clock", Level::note, text, remedy}
             : HostFinding{"clock", Level::ok, text, ""};
}

HostFinding network_of(const HostFacts& facts) {
  if (facts.interface) {
    return {"network", Level::ok, fmt::format("{} carries the default route", *facts.interface),
            ""};
  }
  return {"network", Level::note,
          "no default route: bytes would be counted on the loopback interface", ""};
}

HostFinding open_files_of(const HostFacts& facts) {
  const std::string text =
      fmt::format("{} (can be raised to {})", facts.open_files_soft, facts.open_files_hard);
  if (facts.open_files_hard < kMinOpenFiles) {
    return {"open files", Level::missing, text,
            fmt::format("raise the hard limit to {} or more", kMinOpenFiles)};
  }
  return facts.open_files_soft < kMinOpenFiles
             ? HostFinding{"open files", Level::note, text,
                           fmt::format("ulimit -n {}; the unit has LimitNOFILE", kMinOpenFiles)}
             : HostFinding{"open files", Level::ok, text, ""};
}

HostFinding folder_of(const FolderFacts& folder) {
  HostFinding finding{.subject = folder.what, .text = folder.path.string()};
  if (!folder.writable) {
    finding.level = Level::missing;
    finding.text += " cannot be written to";
    finding.remedy =
        fmt::format("choose another with --{}", folder.what == "state" ? "state-dir" : folder.what);
    return finding;
  }
  if (folder.free_bytes) {
    finding.text += fmt::format(": {} free", format_bytes(*folder.free_bytes));
  }
  if (folder.free_bytes.value_or(kWantedFreeBytes) < kWantedFreeBytes) {
    finding.level = Level::missing;
    finding.remedy = fmt::format("free {} at least", format_bytes(kWantedFreeBytes));
  }
  return finding;
}

HostFinding tool_of(const protocol::ToolOffer& tool, const std::vector<std::string>& wanted) {
  if (tool.usable) {
    return {tool.name, Level::ok, tool.version.empty() ? "usable" : tool.version, ""};
  }
  const bool is_wanted = std::ranges::find(wanted, tool.name) != wanted.end();
  const std::string own = tool.name + ": ";
  const bool named = tool.reason.starts_with(own);  // the first column says that already
  return {tool.name, is_wanted ? Level::missing : Level::note,
          tool.reason.substr(named ? own.size() : 0), ""};
}

std::vector<HostFinding> tools_of(const HostFacts& facts, const std::vector<std::string>& wanted) {
  std::vector<HostFinding> findings;
  findings.reserve(facts.tools.size());
  for (const protocol::ToolOffer& tool : facts.tools) {
    findings.push_back(tool_of(tool, wanted));
  }
  for (const std::string& name : wanted) {
    if (std::ranges::find(facts.tools, name, &protocol::ToolOffer::name) == facts.tools.end()) {
      findings.push_back({name, Level::missing, "no such tool in competitors/", ""});
    }
  }
  if (std::ranges::none_of(facts.tools, &protocol::ToolOffer::usable)) {
    findings.push_back({"tools", Level::missing, "none of the catalog can be run here",
                        "ocibench tools install NAME"});
  }
  return findings;
}

}  // namespace

std::string_view to_string(HostFinding::Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::note: return "note";
    case Level::missing: return "missing";
  }
  OCIBENCH_ASSERT(false && "a Level outside its enumerators");
  return "";
}

std::vector<HostFinding> check_host(const HostFacts& facts,
                                    const std::vector<std::string>& wanted) {
  std::vector<HostFinding> findings = {cgroups_of(facts), pidstat_of(facts), clock_of(facts),
                                       network_of(facts), open_files_of(facts)};
  for (const FolderFacts& folder : facts.folders) {
    findings.push_back(folder_of(folder));
  }
  std::ranges::move(tools_of(facts, wanted), std::back_inserter(findings));
  return findings;
}

bool is_fit(const std::vector<HostFinding>& findings) {
  return std::ranges::none_of(
      findings, [](const HostFinding& finding) { return finding.level == Level::missing; });
}

std::string findings_text(const std::vector<HostFinding>& findings) {
  constexpr std::size_t kColumns = 100;
  constexpr std::size_t kIndent = 27;
  std::string text;
  for (const HostFinding& finding : findings) {
    std::string what = finding.text;
    if (!finding.remedy.empty()) {
      what += "; " + finding.remedy;
    }
    std::string begin = fmt::format("{:<18} {:<8}", finding.subject, to_string(finding.level));
    for (const std::string& line : wrap_words(what, kColumns - kIndent)) {
      text += begin + line + "\n";
      begin = std::string(kIndent, ' ');
    }
  }
  const auto lacks = std::ranges::count(findings, Level::missing, &HostFinding::level);
  return text + (lacks == 0   ? "\nThis host is fit to be an agent.\n"
                 : lacks == 1 ? "\nThis host lacks 1 thing.\n"
                              : fmt::format("\nThis host lacks {} things.\n", lacks));
}

Json findings_json(const std::vector<HostFinding>& findings) {
  Json list = Json::array();
  for (const HostFinding& finding : findings) {
    list.push_back({{"subject", finding.subject},
                    {"level", to_string(finding.level)},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
  }
  return {{"fit", is_fit(findings)}, {"findings", std::move(list)}};
}

}  // namespace ocibench::agent
