#include "agent/sampling/samples.hpp"

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

using Number = std::optional<std::uint64_t>;

Number cpu_us(const TreeUse& use) {
  return use.cpu_user_us && use.cpu_system_us ? Number(*use.cpu_user_us + *use.cpu_system_us)
                                              : std::nullopt;
}

std::string cell(const Number& number) { return number ? fmt::format("{}", *number) : ""; }

Number bytes(const Sample& sample, std::uint64_t InterfaceCounters::*counter) {
  return sample.network ? Number(*sample.network.*counter) : std::nullopt;
}

}  // namespace

Number growth(const Number& start, const Number& end) {
  return start && end && *end >= *start ? Number(*end - *start) : std::nullopt;
}

std::vector<double> cpu_percent_steps(const std::vector<Sample>& samples) {
  std::vector<double> percents;
  for (std::size_t index = 1; index < samples.size(); ++index) {
    const Sample& before = samples[index - 1];
    const Sample& after = samples[index];
    const Number used = growth(cpu_us(before.use), cpu_us(after.use));
    const double seconds = to_seconds(after.at - before.at);
    if (used && seconds > 0) {
      percents.push_back(100.0 * static_cast<double>(*used) / 1e6 / seconds);
    }
  }
  return percents;
}

std::vector<double> rss_values(const std::vector<Sample>& samples) {
  std::vector<double> values;
  for (std::size_t index = 1; index < samples.size(); ++index) {
    if (const auto& rss = samples[index].use.rss_bytes) {
      values.push_back(static_cast<double>(*rss));
    }
  }
  return values;
}

Result<void> write_samples_csv(const std::filesystem::path& path,
                               const std::vector<Sample>& samples) {
  std::string text = "t_s,tx_bytes,rx_bytes,cpu_user_us,cpu_system_us,rss_bytes,processes\n";
  const Sample& start = samples.front();
  const auto moved = [&start](const Sample& sample, std::uint64_t InterfaceCounters::*counter) {
    return cell(growth(bytes(start, counter), bytes(sample, counter)));
  };
  for (const Sample& sample : samples) {
    text += fmt::format("{:.3f},{},{},{},{},{},{}\n", to_seconds(sample.at - start.at),
                        moved(sample, &InterfaceCounters::tx_bytes),
                        moved(sample, &InterfaceCounters::rx_bytes),
                        cell(growth(start.use.cpu_user_us, sample.use.cpu_user_us)),
                        cell(growth(start.use.cpu_system_us, sample.use.cpu_system_us)),
                        cell(sample.use.rss_bytes), sample.use.processes);
  }
  return write_file_atomically(path, text);
}

}  // namespace ocibench::agent
