#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "agent/session.hpp"
#include "coordinator/dispatch/dispatcher.hpp"
#include "tests/support/simulated_network.hpp"

namespace ocibench::sim {

/// What goes wrong in one run; drawn from the seed.
struct Troubles {
  std::uint32_t agents = 1;
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;
  std::uint32_t agent_crashes = 0;        ///< each followed by a restart or none, by the seed
  std::uint32_t coordinator_crashes = 0;  ///< each followed by a restart
  std::uint32_t partitions = 0;
  bool interrupt = false;
  bool shared_hosts = false;  ///< two agents on each host
};

Troubles draw_troubles(std::uint64_t seed);

/// A coordinator and some agents in one thread on simulated time: the production cores with an
/// in-memory journal and spools that survive crashes. Stops the test with the seed in the message
/// as soon as an invariant breaks.
class World {
 public:
  World(std::uint64_t seed, const Troubles& troubles);

  /// Runs until the campaign is over, or the deadline and its slack have passed.
  void run();

  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] const std::vector<JournalEntry>& journal() const { return journal_; }
  [[nodiscard]] const coordinator::Plan& plan() const { return plan_; }
  [[nodiscard]] MonoTime now() const { return now_; }
  [[nodiscard]] MonoTime deadline() const { return deadline_; }
  [[nodiscard]] std::size_t most_in_flight() const { return most_in_flight_; }
  /// How many trials have started an iteration at one moment.
  [[nodiscard]] std::uint32_t most_together() const { return most_together_; }
  [[nodiscard]] std::string host_of(const AgentName& agent) const;
  [[nodiscard]] const coordinator::Dispatcher& dispatcher() const { return *dispatcher_; }
  /// Records that an agent had acknowledged and could not find in the journal: must stay empty.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  using Spools = std::map<std::string, std::pair<std::uint64_t, std::vector<std::string>>>;

  /// The work of one trial, as a list of records with the times at which they appear.
  struct Step {
    MonoTime at;
    AgentRecord record;
    std::optional<bool> quiet;    // a window opens or closes instead of a record
    std::uint32_t iteration = 0;  // whose window opens
  };
  struct Agent {
    AgentName name;
    Environment environment;
    std::unique_ptr<agent::Session> session;  // null while down
    std::unique_ptr<protocol::Transport> client;
    Spools spools;  // survives: stream -> (first kept, payloads)
    std::deque<Step> work;
    std::optional<AttemptId> working_on;
    std::optional<MonoTime> ready_since;  // waits for the others of its round
    std::optional<MonoTime> back_at;
    std::uint32_t boots = 0;
  };

  void schedule_troubles(const Troubles& troubles);
  void boot(Agent& agent);
  static void crash(Agent& agent);
  void start_coordinator();
  void step_agent(Agent& agent);
  void step_work(Agent& agent);
  void get_ready(Agent& agent, std::uint32_t iteration);
  static void begin_run(Agent& agent, MonoTime at);
  void step_coordinator();
  void execute(Agent& agent, const agent::Actions& actions);
  void execute_one(Agent& agent, const agent::Action& action);
  void execute(const coordinator::Actions& actions);
  void begin_work(Agent& agent, const Assignment& assignment);
  void cancel_work(Agent& agent);
  void journal(const coordinator::Append& append);
  void apply_troubles();
  std::uint64_t draw(std::uint64_t below);
  WallTime wall() const;

  std::mt19937_64 random_;
  coordinator::Plan plan_;
  testing_support::SimulatedNetwork network_;
  std::vector<Agent> agents_;
  std::unique_ptr<coordinator::Dispatcher> dispatcher_;  // null while down
  std::optional<MonoTime> coordinator_back_at_;
  std::vector<JournalEntry> journal_;
  std::map<std::string, std::uint64_t> journal_next_;
  std::vector<std::pair<MonoTime, int>> troubles_;
  std::optional<std::size_t> crash_after_actions_;
  MonoTime now_{};
  MonoTime deadline_{};
  bool over_ = false;
  std::size_t most_in_flight_ = 0;
  std::uint32_t most_together_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace ocibench::sim
