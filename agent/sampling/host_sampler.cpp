#include "agent/sampling/host_sampler.hpp"

#include <poll.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "agent/sampling/host_counters.hpp"
#include "agent/sampling/kept_file.hpp"
#include "agent/sampling/marks.hpp"
#include "agent/sampling/net_dev.hpp"
#include "agent/sampling/samples.hpp"
#include "agent/sampling/series.hpp"
#include "agent/sampling/ticker.hpp"
#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kExpectedTicks = 6 * 3600;
constexpr std::size_t kExpectedPids = 64 * 1024;

/// Interface and tree, read together. One per thread: the descriptors' buffers are not shared.
class Reader {
 public:
  Reader(const ProcessTree& tree, const HostPaths& paths, std::string interface)
      : interface_(std::move(interface)),
        net_dev_(paths.proc / "net" / "dev"),
        meter_(make_tree_meter(tree, paths)) {}

  std::optional<InterfaceCounters> network() {
    const auto text = net_dev_.read();
    return text ? find_in_net_dev(*text, interface_) : std::nullopt;
  }
  TreeMeter& meter() { return *meter_; }

 private:
  std::string interface_;
  KeptFile net_dev_;
  std::unique_ptr<TreeMeter> meter_;
};

}  // namespace

struct HostSampler::State {
  State(SamplingPlan the_plan, const Clock& the_clock, HostSamplerOptions the_options)
      : plan(std::move(the_plan)), clock(the_clock), options(std::move(the_options)) {}

  void start_pidstat();
  void listen_to_idle_interface();
  void tick();
  void remember_members();

  [[nodiscard]] std::optional<NetworkUse> network();
  [[nodiscard]] std::string why_unmeasured() const;
  [[nodiscard]] ResourceUse resources();
  [[nodiscard]] ValidityCounters validity() const;
  void add_pidstat(WindowReport& report);
  void write_csv(WindowReport& report);
  void mark_what_moved(const ValidityCounters& moved);

  const SamplingPlan plan;
  const Clock& clock;
  const HostSamplerOptions options;
  std::vector<std::string> marks;

  // Set by prepare(), used by the calling thread.
  pid_t root = -1;
  std::optional<PidstatRun> pidstat;
  std::optional<Reader> edges;
  std::optional<HostCounters> host;
  std::optional<double> idle_tx_bytes_per_s;

  // The edges.
  Sample first;
  Sample last;
  HostTotals host_first;
  HostTotals host_last;
  std::optional<std::uint64_t> memory_peak_bytes;

  // Used by the ticker's thread until it is joined. It goes first.
  std::optional<Reader> ticks;
  std::vector<Sample> samples;
  std::vector<pid_t> pids;
  std::optional<Ticker> ticker;
};

void HostSampler::State::start_pidstat() {
  auto started = PidstatRun::start(options.pidstat, plan.artifact_directory);
  if (started) {
    pidstat.emplace(std::move(*started));
  } else {
    marks.push_back(fmt::format("pidstat unavailable: {}", started.error().message));
  }
}

void HostSampler::State::listen_to_idle_interface() {
  const auto before = edges->network();
  const MonoTime start = clock.now();
  ::poll(nullptr, 0, static_cast<int>(kIdleInterval.count()));
  const auto after = edges->network();
  const double seconds = to_seconds(clock.now() - start);
  const auto moved = before && after ? difference(*before, *after) : std::nullopt;
  if (moved && seconds > 0) {
    idle_tx_bytes_per_s = static_cast<double>(moved->tx_bytes) / seconds;
  }
}

void HostSampler::State::tick() {
  Sample sample;
  sample.at = clock.now();
  sample.network = ticks->network();
  sample.use = ticks->meter().read();
  samples.push_back(sample);
  remember_members();
}

void HostSampler::State::remember_members() {
  const std::vector<pid_t>& members = ticks->meter().members();
  if (pids.size() + members.size() > pids.capacity()) {
    std::sort(pids.begin(), pids.end());
    pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  }
  pids.insert(pids.end(), members.begin(), members.end());
}

std::optional<NetworkUse> HostSampler::State::network() {
  if (!first.network || !last.network) {
    marks.push_back(why_unmeasured());
    return std::nullopt;
  }
  const auto moved = difference(*first.network, *last.network);
  if (!moved) {
    marks.push_back(fmt::format("the counters of {} went backwards", plan.interface));
    return std::nullopt;
  }
  return NetworkUse{.interface = plan.interface,
                    .rx_bytes = moved->rx_bytes,
                    .tx_bytes = moved->tx_bytes,
                    .idle_tx_bytes_per_s = idle_tx_bytes_per_s,
                    .rx_dropped = moved->rx_dropped,
                    .tx_dropped = moved->tx_dropped};
}

std::string HostSampler::State::why_unmeasured() const {
  const auto text = read_file(options.paths.proc / "net" / "dev", KeptFile::kMaxBytes);
  const auto parsed = text ? parse_net_dev(*text) : tl::unexpected(text.error());
  return parsed ? fmt::format("no interface {} in /proc/net/dev", plan.interface)
                : parsed.error().message;
}

ResourceUse HostSampler::State::resources() {
  ResourceUse use;
  use.source = edges->meter().source();
  use.cpu_user_us = growth(first.use.cpu_user_us, last.use.cpu_user_us);
  use.cpu_system_us = growth(first.use.cpu_system_us, last.use.cpu_system_us);
  use.memory_peak_bytes = memory_peak_bytes;
  use.cpu_percent = spread_of(cpu_percent_steps(samples));
  use.rss_bytes = spread_of(rss_values(samples));
  return use;
}

ValidityCounters HostSampler::State::validity() const {
  ValidityCounters moved = difference(host_first, host_last);
  const auto network_moved =
      first.network && last.network ? difference(*first.network, *last.network) : std::nullopt;
  if (network_moved) {
    moved.nic_dropped_packets = network_moved->rx_dropped + network_moved->tx_dropped;
  }
  moved.clock_offset_s = read_chrony_offset_s(clock);
  return moved;
}

void HostSampler::State::mark_what_moved(const ValidityCounters& moved) {
  const auto network =
      first.network && last.network ? difference(*first.network, *last.network) : std::nullopt;
  const std::vector<std::string> more = marks_of(
      {.window = last.at - first.at,
       .counters = moved,
       .tcp_sent_segments = growth(host_first.tcp_sent_segments, host_last.tcp_sent_segments),
       .packets =
           network ? std::optional(network->rx_packets + network->tx_packets) : std::nullopt});
  marks.insert(marks.end(), more.begin(), more.end());
}

void HostSampler::State::write_csv(WindowReport& report) {
  std::vector<Sample> rows = samples;
  rows.push_back(last);
  const auto path = plan.artifact_directory / "samples.csv";
  if (const auto written = write_samples_csv(path, rows)) {
    report.artifacts.push_back(path);
  } else {
    marks.push_back(written.error().message);
  }
}

void HostSampler::State::add_pidstat(WindowReport& report) {
  if (!pidstat) {
    return;
  }
  std::set<pid_t> tree(pids.begin(), pids.end());
  tree.insert(root);
  const auto log = plan.artifact_directory / "pidstat.log";
  const auto summary = pidstat->finish(tree, log);
  if (!summary) {
    marks.push_back(summary.error().message);
    return;
  }
  report.artifacts.push_back(log);
  report.resources.pidstat_cpu_percent = summary->cpu_percent;
  report.resources.pidstat_rss_bytes = summary->rss_bytes;
  report.cost.cpu_us += static_cast<std::uint64_t>(summary->cost.count());
}

HostSampler::HostSampler(SamplingPlan plan, const Clock& clock, HostSamplerOptions options)
    : state_(std::make_unique<State>(std::move(plan), clock, std::move(options))) {}

HostSampler::~HostSampler() = default;

void HostSampler::prepare(const ProcessTree& tree) {
  State& state = *state_;
  state.root = tree.pid;
  state.start_pidstat();  // before the readers: they take our children of now for not the tool's
  const HostPaths& paths = state.options.paths;
  state.edges.emplace(tree, paths, state.plan.interface);
  state.ticks.emplace(tree, paths, state.plan.interface);
  state.host.emplace(paths, state.plan.interface);
  state.samples.reserve(kExpectedTicks);
  state.pids.reserve(kExpectedPids);
  state.ticker.emplace([&state] { state.tick(); });
  state.listen_to_idle_interface();
}

void HostSampler::opened() {
  State& state = *state_;
  // What matters most is read closest to the tool: the interface.
  state.host_first = state.host->read();
  state.first.use = state.edges->meter().read();
  state.first.network = state.edges->network();
  state.first.at = state.clock.now();
  state.samples.push_back(state.first);
  state.ticker->arm();
}

void HostSampler::closed() {
  State& state = *state_;
  state.last.at = state.clock.now();
  state.last.network = state.edges->network();
  state.last.use = state.edges->meter().read();
  state.ticker->disarm();
  state.memory_peak_bytes = state.edges->meter().memory_peak_bytes();
  state.host_last = state.host->read();
  if (state.pidstat) {
    state.pidstat->stop();
  }
}

WindowReport HostSampler::finish() {
  State& state = *state_;
  OCIBENCH_ASSERT(state.ticker.has_value());
  const Ticker::Cost cost = state.ticker->join();
  // A tick that had begun when the window closed.
  std::erase_if(state.samples, [&](const Sample& sample) { return sample.at > state.last.at; });
  WindowReport report;
  report.cost = {.ticks = cost.ticks,
                 .missed_ticks = cost.missed,
                 .cpu_us = static_cast<std::uint64_t>(cost.cpu.count())};
  report.network = state.network();
  report.resources = state.resources();
  report.validity = state.validity();
  state.mark_what_moved(report.validity);
  state.write_csv(report);
  state.add_pidstat(report);
  report.marks = state.marks;
  return report;
}

}  // namespace ocibench::agent
