#include "coordinator/report/iterations_csv.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "coordinator/analysis/aggregate.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/iteration_rows.hpp"

namespace ocibench::coordinator {
namespace {

template <class Value>
std::string number(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "; "));
}

template <auto Member>
std::string validity(const IterationRow& row) {
  const auto& counters = row.iteration->validity;
  return counters ? number((*counters).*Member) : std::string();
}

struct Column {
  std::string_view name;
  std::string (*text)(const IterationRow&);
};

using Counters = ValidityCounters;

constexpr std::array kLeading = {
    Column{"trial", [](const IterationRow& row) { return row.trial->trial.id.str(); }},
    Column{"scenario", [](const IterationRow& row) { return row.trial->trial.scenario; }},
    Column{"tool", [](const IterationRow& row) { return row.trial->trial.tool; }},
    Column{"round", [](const IterationRow& row) { return std::to_string(row.trial->trial.round); }},
    Column{"iteration",
           [](const IterationRow& row) { return std::to_string(row.iteration->index); }},
    Column{"attempt",
           [](const IterationRow& row) {
             return row.attempt == nullptr ? "" : std::to_string(row.attempt->id.attempt);
           }},
    Column{"agent",
           [](const IterationRow& row) {
             return row.attempt == nullptr ? "" : row.attempt->agent.str();
           }},
    Column{"boot",
           [](const IterationRow& row) {
             return row.attempt == nullptr ? "" : row.attempt->boot.str();
           }},
    Column{"standing",
           [](const IterationRow& row) { return std::string(to_string(row.standing)); }},
    Column{"status",
           [](const IterationRow& row) {
             return std::string(to_string(row.iteration->outcome.kind));
           }},
    Column{"cause", [](const IterationRow& row) { return row.iteration->outcome.cause; }},
    Column{"evidence",
           [](const IterationRow& row) {
             return row.attempt == nullptr ? "" : evidence_path(row.attempt->id, *row.iteration);
           }},
    Column{"started_at",
           [](const IterationRow& row) {
             return row.standing == Standing::missing ? ""
                                                      : format_rfc3339(row.iteration->started_at);
           }},
    Column{"exit_code", [](const IterationRow& row) { return number(row.iteration->exit_code); }},
    Column{"signal", [](const IterationRow& row) { return number(row.iteration->signal); }},
    Column{"interface",
           [](const IterationRow& row) {
             return row.iteration->network ? row.iteration->network->interface : "";
           }},
};

constexpr std::array kTrailing = {
    Column{"steal_us", validity<&Counters::steal_us>},
    Column{"psi_cpu_some_us", validity<&Counters::psi_cpu_some_us>},
    Column{"psi_io_some_us", validity<&Counters::psi_io_some_us>},
    Column{"psi_memory_some_us", validity<&Counters::psi_memory_some_us>},
    Column{"tcp_retransmitted_segments", validity<&Counters::tcp_retransmitted_segments>},
    Column{"nic_dropped_packets", validity<&Counters::nic_dropped_packets>},
    Column{"ena_allowance_exceeded", validity<&Counters::ena_allowance_exceeded>},
    Column{"clock_offset_s", validity<&Counters::clock_offset_s>},
    Column{"marks", [](const IterationRow& row) { return joined(row.iteration->marks); }},
    // At the end: readers that name columns by their place go on reading.
    Column{"images",
           [](const IterationRow& row) {
             const std::uint32_t images = row.trial->trial.images;
             return images == 0 ? std::string() : std::to_string(images);
           }},
};

/// RFC 4180, section 2: fields with a comma, a quote or a line break are quoted, quotes doubled.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    return field;
  }
  std::string result = "\"";
  for (const char c : field) {
    result.append(c == '"' ? 2 : 1, c);
  }
  return result + '"';
}

std::string record(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != fields.data()) {
      line += ',';
    }
    line += quoted(field);
  }
  return line + "\r\n";
}

}  // namespace

std::string iterations_csv(const CampaignState& state) {
  std::vector<std::string> names;
  for (const Column& column : kLeading) {
    names.emplace_back(column.name);
  }
  for (const Metric& metric : all_metrics()) {
    names.emplace_back(metric.key);
  }
  for (const Column& column : kTrailing) {
    names.emplace_back(column.name);
  }
  std::string csv = record(names);
  for (const IterationRow& row : iteration_rows(state)) {
    std::vector<std::string> fields;
    for (const Column& column : kLeading) {
      fields.push_back(column.text(row));
    }
    for (const Metric& metric : all_metrics()) {
      fields.push_back(number(metric.value(*row.iteration)));
    }
    for (const Column& column : kTrailing) {
      fields.push_back(column.text(row));
    }
    csv += record(fields);
  }
  return csv;
}

}  // namespace ocibench::coordinator
