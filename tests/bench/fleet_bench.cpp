// How many agents one coordinator can serve.
//
//   fleet_bench [SECONDS [AGENTS...]]            20 s with 100, 1000 and 5000 agents
//
// A real `ocibench run` with keys, and in this process N agents that are real DEALER peers: each
// with a socket and a key pair of its own, a Hello, then a heartbeat every second and, as an agent
// in the middle of a trial, a record. A campaign gives a trial to at most kMaxBusy of them; the
// others only beat. A record counts when the coordinator has acknowledged it, which it does after
// its journal is on disk. The last line of each table row is the ceiling: the same agents, each
// sending its next record the moment the last one is acknowledged.
//
// Three columns say what the machine did meanwhile, so that its effect is not read as ours: the
// cost of this process (a bench that is busy itself measures itself), the share of the processors'
// time that the hypervisor took, and, from just before the row, how long one write of 4 KiB takes
// to be on the disk that the journal is on (99th percentile).
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <zmq.hpp>

#include "agent/sampling/host_counters.hpp"
#include "common/catalog/catalog.hpp"
#include "common/clock.hpp"
#include "common/fd.hpp"
#include "common/file.hpp"
#include "protocol/codec.hpp"
#include "protocol/key_file.hpp"
#include "tests/support/program.hpp"

namespace {

namespace fs = std::filesystem;
namespace protocol = ocibench::protocol;
using ocibench::AgentName;
using ocibench::BootId;
using ocibench::MonoTime;
using ocibench::Result;
using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kPatience{120};
constexpr nanoseconds kPeriod = seconds(1);
constexpr int kMaxSockets = 60'000;
constexpr std::uint64_t kMaxStatBytes = 1024 * 1024;
constexpr std::size_t kMaxBusy = 1'000;  // rounds of a campaign, each on a lane of its own
constexpr const char* kTool = "null";

const ocibench::SystemClock kClock;

template <class T>
T require(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(*result);
}

// ---- the agents

enum class Pace { every_second, as_fast_as_acknowledged };

/// One agent, played with its socket: what a Session in the middle of a trial says.
class PlayedAgent {
 public:
  PlayedAgent(zmq::context_t& context, const std::string& endpoint,
              const protocol::NamedKeyPair& own, const protocol::PublicKey& coordinator,
              protocol::ToolOffer offer)
      : name_(own.name),
        boot_(own.name.str()),
        offer_(std::move(offer)),
        socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::routing_id, name_.str() + "/bench");
    socket_.set(zmq::sockopt::curve_serverkey, coordinator.str());
    socket_.set(zmq::sockopt::curve_publickey, own.keys.public_key.str());
    socket_.set(zmq::sockopt::curve_secretkey, own.keys.secret_key.reveal());
    socket_.connect(endpoint);
  }

  [[nodiscard]] int fd() { return socket_.get(zmq::sockopt::fd); }
  [[nodiscard]] bool welcomed() const { return welcomed_; }
  /// Has a trial to send records of.
  [[nodiscard]] bool busy() const { return attempt_.has_value(); }

  void hello() { send(protocol::Hello{.agent = name_, .boot = boot_, .tools = {offer_}}); }
  void beat() { send(protocol::Heartbeat{.boot = boot_, .phase = Phase::measure, .iteration = 1}); }
  /// Nothing without a trial.
  void record(MonoTime now) {
    if (!attempt_) {
      return;
    }
    const ocibench::PhaseFinished phase{.id = *attempt_, .note = "one of many"};
    sent_at_.push_back(now);
    send(protocol::RecordMessage{.campaign = campaign_,
                                 .boot = boot_,
                                 .seq = acked_ + sent_at_.size() - 1,
                                 .payload = protocol::encode_record(phase)});
  }

  /// Takes everything that has come; the latencies of what was acknowledged go to `latencies`.
  void take(MonoTime now, std::vector<double>& latencies) {
    zmq::message_t part;
    while (socket_.recv(part, zmq::recv_flags::dontwait)) {
      const auto message = require(protocol::decode_coordinator_message(part.to_string_view()));
      if (const auto* welcome = std::get_if<protocol::Welcome>(&message)) {
        welcomed_ = true;
        campaign_ = welcome->campaign;
      } else if (const auto* assign = std::get_if<protocol::Assign>(&message)) {
        attempt_ = {assign->assignment.trial.id, assign->assignment.attempt};
      } else if (const auto* ack = std::get_if<protocol::Ack>(&message)) {
        for (; acked_ < ack->next_seq && !sent_at_.empty(); ++acked_) {
          latencies.push_back(duration<double>(now - sent_at_.front()).count());
          sent_at_.pop_front();
        }
      } else if (const auto* dismiss = std::get_if<protocol::Dismiss>(&message)) {
        throw std::runtime_error("dismissed: " + dismiss->reason);
      }
    }
  }
  [[nodiscard]] std::size_t under_way() const { return sent_at_.size(); }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }

 private:
  void send(const protocol::AgentMessage& message) {
    const std::string frame = protocol::encode(message);
    (void)socket_.send(zmq::buffer(frame), zmq::send_flags::dontwait);
  }

  AgentName name_;
  BootId boot_;
  protocol::ToolOffer offer_;
  ocibench::CampaignId campaign_;
  std::optional<ocibench::AttemptId> attempt_;
  zmq::socket_t socket_;
  bool welcomed_ = false;
  std::uint64_t acked_ = 0;
  std::deque<MonoTime> sent_at_;  // of records that are not acknowledged, oldest first
};

/// All of them, driven by one thread.
class Fleet {
 public:
  Fleet(const std::string& endpoint, const std::vector<protocol::NamedKeyPair>& keys,
        const protocol::PublicKey& coordinator, const protocol::ToolOffer& offer)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    context_.set(zmq::ctxopt::max_sockets, kMaxSockets);
    for (const protocol::NamedKeyPair& own : keys) {
      agents_.push_back(std::make_unique<PlayedAgent>(context_, endpoint, own, coordinator, offer));
      epoll_event event{.events = EPOLLIN, .data = {.u64 = agents_.size() - 1}};
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, agents_.back()->fd(), &event);
    }
  }

  /// Says Hello until everybody is welcome and as many have a trial as there are trials.
  void join() {
    const MonoTime give_up = kClock.now() + kPatience;
    const auto wanted = static_cast<std::ptrdiff_t>(std::min(agents_.size(), kMaxBusy));
    while (!std::ranges::all_of(agents_, &PlayedAgent::welcomed) ||
           std::ranges::count_if(agents_, &PlayedAgent::busy) < wanted) {
      if (kClock.now() > give_up) {
        throw std::runtime_error("not every agent was welcomed in time");
      }
      for (auto& agent : agents_) {
        if (!agent->welcomed()) {
          agent->hello();
          // Sending uses up the descriptor's signal: what it announced must be taken now, or
          // nothing is ever announced again (ZMQ_FD in zmq_getsockopt(3)).
          agent->take(kClock.now(), latencies);
        }
      }
      const MonoTime next = kClock.now() + milliseconds(500);
      while (kClock.now() < next) {
        serve(next);
      }
    }
  }

  /// Everybody at this pace, spread evenly over each second.
  void run(Pace pace, seconds time) {
    const MonoTime start = kClock.now();
    const nanoseconds step = kPeriod / static_cast<std::int64_t>(agents_.size());
    std::size_t next = 0;
    while (kClock.now() < start + time) {
      for (; start + step * static_cast<std::int64_t>(next) <= kClock.now(); ++next) {
        PlayedAgent& agent = *agents_[next % agents_.size()];
        agent.beat();
        if (pace == Pace::every_second || agent.under_way() == 0) {
          agent.record(kClock.now());
        }
        agent.take(kClock.now(), latencies);
      }
      serve(start + step * static_cast<std::int64_t>(next), pace);
    }
  }

  /// Waits until what is under way is acknowledged. Returns what is not, in the end.
  std::size_t settle() {
    const MonoTime give_up = kClock.now() + seconds(20);
    std::size_t left = 1;
    while (left > 0 && kClock.now() < give_up) {
      serve(kClock.now() + milliseconds(10));
      left = 0;
      for (auto& agent : agents_) {
        agent->take(kClock.now(), latencies);
        left += agent->under_way();
      }
    }
    return left;
  }

  std::vector<double> latencies;

 private:
  void serve(MonoTime until, Pace pace = Pace::every_second) {
    std::array<epoll_event, 512> ready{};
    const auto wait =
        std::chrono::ceil<milliseconds>(std::max(until - kClock.now(), nanoseconds(0)));
    const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                   static_cast<int>(std::min(wait, milliseconds(10)).count()));
    for (int i = 0; i < count; ++i) {
      PlayedAgent& agent = *agents_[ready[static_cast<std::size_t>(i)].data.u64];
      agent.take(kClock.now(), latencies);
      if (pace == Pace::as_fast_as_acknowledged && agent.under_way() == 0) {
        agent.record(kClock.now());
        agent.take(kClock.now(), latencies);  // as in join()
      }
    }
  }

  zmq::context_t context_;
  ocibench::Fd epoll_;
  std::vector<std::unique_ptr<PlayedAgent>> agents_;
};

// ---- the coordinator

/// user and system time of a process, in seconds; proc(5), fields 14 and 15 of stat.
double cpu_s(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) {
    rest >> skipped;
  }
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_cpu_s() { return cpu_s(::getpid()); }

/// A round for each agent, on a lane of its own; no trial ever ends, so that it lasts.
void write_campaign(const fs::path& file, std::size_t agents) {
  std::ofstream(file) << fmt::format(
      "schema = 1\nname = \"fleet-bench\"\nscenarios = [\"cold\"]\ntools = [\"{0}\"]\n"
      "corpus = \"tiny\"\niterations = 3\nrotation = \"latin-square\"\nrounds = {1}\n"
      "lanes = {1}\n\n[agents]\nexpected = {1}\n\n[limits]\nagent_wait_s = 300\n"
      "agent_lost_after_s = 30\n",
      kTool, std::min(agents, kMaxBusy));
}

/// What an agent of this version says of the tool.
protocol::ToolOffer offer_of_tool() {
  const auto catalog = require(ocibench::catalog::Catalog::load(OCIBENCH_SOURCE_DIR));
  return {.name = kTool,
          .definition_sha256 = require(catalog.tool(kTool))->program.definition_sha256,
          .usable = true};
}

class Coordinator {
 public:
  Coordinator(const fs::path& folder, const fs::path& agents, std::size_t count) {
    write_campaign(folder / "campaign.toml", count);
    program_ = std::make_unique<ocibench::testing_support::Program>(
        folder, "coordinator",
        std::vector<std::string>{
            std::string(OCIBENCH_BINARY_DIR) + "/ocibench", "run",
            (folder / "campaign.toml").string(), "--listen", "tcp://127.0.0.1:0", "--key",
            (folder / "coordinator.key").string(), "--agents", agents.string(), "--results",
            (folder / "results").string(), "--data", OCIBENCH_SOURCE_DIR, "--cache",
            (folder / "cache").string(), "--quiet"});
    if (!program_->wait_for_err("waiting at", kPatience)) {
      throw std::runtime_error(program_->err());
    }
    std::smatch match;
    const std::string err = program_->err();
    std::regex_search(err, match, std::regex("waiting at (tcp://[0-9.:]+)"));
    endpoint_ = match[1];
  }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] pid_t pid() const { return program_->pid(); }
  [[nodiscard]] double resident_mib() const { return program_->resident_mib(); }

 private:
  std::unique_ptr<ocibench::testing_support::Program> program_;
  std::string endpoint_;
};

// ---- the figures

double quantile(std::vector<double>& sorted, double q) {
  return sorted.empty()
             ? 0
             : sorted[std::min(sorted.size() - 1,
                               static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

double sync_p99_s(const fs::path& folder) {
  constexpr int kWrites = 200;
  constexpr off_t kBlock = 4096;
  const ocibench::Fd file(
      ::open((folder / "probe").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  const std::string block(kBlock, 'x');
  std::vector<double> took;
  for (off_t i = 0; i < kWrites; ++i) {
    const MonoTime start = kClock.now();
    if (::pwrite(file.get(), block.data(), block.size(), i * kBlock) < 0 ||
        ::fdatasync(file.get()) != 0) {
      throw std::runtime_error("cannot write to " + folder.string());
    }
    took.push_back(duration<double>(kClock.now() - start).count());
  }
  std::ranges::sort(took);
  return quantile(took, 0.99);
}

/// What the hypervisor took of all processors since boot.
double stolen_s() {
  const auto stat = require(ocibench::read_file("/proc/stat", kMaxStatBytes));
  return static_cast<double>(ocibench::agent::parse_steal_ticks(stat).value_or(0)) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct Bench {
  Fleet& fleet;
  const Coordinator& coordinator;
  const fs::path& folder;
  std::size_t agents;
};

void measure(const Bench& bench, const char* name, Pace pace, seconds time) {
  auto& [fleet, coordinator, folder, agents] = bench;
  const double sync_s = sync_p99_s(folder);
  fleet.latencies.clear();
  const double stolen_before = stolen_s();
  const double before = cpu_s(coordinator.pid());
  const double own_before = own_cpu_s();
  const MonoTime start = kClock.now();
  fleet.run(pace, time);
  const double took = duration<double>(kClock.now() - start).count();
  const double cores = (cpu_s(coordinator.pid()) - before) / took;
  const double own_cores = (own_cpu_s() - own_before) / took;
  const double stolen =
      (stolen_s() - stolen_before) / took / static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  const std::size_t lost = fleet.settle();
  std::ranges::sort(fleet.latencies);
  const double rss = coordinator.resident_mib();
  fmt::print(
      "{:<9} {:>7} {:>10.0f} {:>8} {:>9.1f} {:>9.1f} {:>11.2f} {:>9.1f} {:>11.1f} {:>9.2f} "
      "{:>7.0f} {:>8.1f}\n",
      name, agents, static_cast<double>(fleet.latencies.size()) / took, lost,
      quantile(fleet.latencies, 0.5) * 1e3, quantile(fleet.latencies, 0.99) * 1e3, cores, rss,
      rss * 1024 / static_cast<double>(agents), own_cores, stolen * 100, sync_s * 1e3);
  std::fflush(stdout);
}

std::vector<protocol::NamedKeyPair> make_keys(const fs::path& folder, std::size_t count) {
  std::vector<protocol::NamedKeyPair> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back({AgentName(fmt::format("agent-{}", i)), require(protocol::generate_key_pair())});
    require(protocol::write_key_files(folder, keys.back().name, keys.back().keys));
  }
  return keys;
}

void run_with(std::size_t agents, seconds time) {
  const auto folder = require(ocibench::TemporaryDirectory::create("/var/tmp", "fleet-bench-"));
  const auto own = require(protocol::generate_key_pair());
  require(protocol::write_key_files(folder.path(), AgentName("coordinator"), own));
  const auto keys = make_keys(folder.path() / "agents", agents);
  const Coordinator coordinator(folder.path(), folder.path() / "agents", agents);
  Fleet fleet(coordinator.endpoint(), keys, own.public_key, offer_of_tool());
  const MonoTime start = kClock.now();
  fleet.join();
  fmt::print(stderr, "{} agents welcomed in {:.1f} s\n", agents,
             duration<double>(kClock.now() - start).count());
  const Bench bench{fleet, coordinator, folder.path(), agents};
  measure(bench, "1 Hz", Pace::every_second, time);
  measure(bench, "ceiling", Pace::as_fast_as_acknowledged, time);
}

void raise_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> numbers;
  try {
    for (int i = 1; i < argc; ++i) {
      numbers.push_back(std::stoul(argv[i]));
    }
    const seconds time(numbers.empty() ? 20 : numbers.front());
    std::vector<std::size_t> fleets(numbers.begin() + (numbers.empty() ? 0 : 1), numbers.end());
    if (fleets.empty()) {
      fleets = {100, 1'000, 5'000};
    }
    raise_open_files();
    fmt::print("{:<9} {:>7} {:>10} {:>8} {:>9} {:>9} {:>11} {:>9} {:>11} {:>9} {:>7} {:>8}\n",
               "pace", "agents", "acked/s", "unacked", "p50 ms", "p99 ms", "coord cores", "RSS MiB",
               "KiB/agent", "own cores", "steal %", "sync ms");
    for (const std::size_t agents : fleets) {
      run_with(agents, time);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fleet_bench: {}\n", error.what());
    return 1;
  }
}
