#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "coordinator/dispatch/dispatcher.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {

inline const AgentName kOne("one");
inline const AgentName kTwo("two");

/// A trial for each tool, in a lane of its own.
inline Plan plan_of(const std::vector<std::string>& tools) {
  Plan plan;
  plan.scenarios = {{.name = "cold"}};
  plan.limits.campaign_deadline = std::chrono::seconds(1000);
  for (const std::string& tool : tools) {
    plan.tools.push_back({.name = tool, .definition_sha256 = tool + "-sha"});
    plan.trials.push_back({.id = TrialId("cold/" + tool + "/r1"),
                           .scenario = "cold",
                           .tool = tool,
                           .lane = static_cast<std::uint32_t>(plan.trials.size() + 1),
                           .iteration_timeout = std::chrono::seconds(20),
                           .overhead_timeout = std::chrono::seconds(30)});
  }
  return plan;
}

/// A dispatcher, its time, and what it wanted done.
class Desk {
 public:
  /// `journal` is what an earlier coordinator has left.
  explicit Desk(Plan plan, const std::vector<JournalEntry>& journal = {})
      : plan_(plan), dispatcher(CampaignId("c"), std::move(plan)) {
    for (const JournalEntry& entry : journal) {
      dispatcher.restore(entry);
    }
    keep(dispatcher.start(CampaignStarted{.campaign = CampaignId("c")}, now()));
  }

  void hello(const AgentName& agent, const std::string& boot,
             std::optional<AttemptId> running = {}) {
    hello_from("", agent, boot, std::move(running));
  }
  /// From a host of that identity; an empty one is not given.
  void hello_from(const std::string& host, const AgentName& agent, const std::string& boot,
                  std::optional<AttemptId> running = {}) {
    protocol::Hello hello{.agent = agent, .boot = BootId(boot), .running = std::move(running)};
    if (!host.empty()) {
      hello.environment.facts[kHostIdentityFact] = host;
    }
    for (const PlannedTool& tool : plan_.tools) {
      hello.tools.push_back(
          {.name = tool.name, .definition_sha256 = tool.definition_sha256, .usable = true});
    }
    send(agent, hello);
  }
  void record(const AgentName& agent, const std::string& boot, std::uint64_t seq,
              const AgentRecord& record) {
    send(agent, protocol::RecordMessage{.campaign = CampaignId("c"),
                                        .boot = BootId(boot),
                                        .seq = seq,
                                        .payload = protocol::encode_record(record)});
  }
  void beat(const AgentName& agent, const std::string& boot) {
    send(agent, protocol::Heartbeat{.boot = BootId(boot)});
  }
  void send(const AgentName& agent, const protocol::AgentMessage& message) {
    keep(dispatcher.on_message(agent, message, now()));
  }
  void pass(std::chrono::seconds time) {
    time_ += time;
    keep(dispatcher.on_tick(now()));
  }
  void keep(Actions actions) {
    last = std::move(actions);
    for (const Action& action : last) {
      all.push_back(action);
    }
  }
  [[nodiscard]] Now now() const {
    return {MonoTime(time_), WallTime(std::chrono::seconds(1'000'000))};
  }

  /// Messages of one kind in the last batch of actions.
  template <class T>
  [[nodiscard]] std::vector<std::pair<AgentName, T>> sent() const {
    std::vector<std::pair<AgentName, T>> found;
    for (const Action& action : last) {
      if (const auto* message = std::get_if<Send>(&action)) {
        if (const auto* body = std::get_if<T>(&message->message)) {
          found.emplace_back(message->to, *body);
        }
      }
    }
    return found;
  }
  [[nodiscard]] std::optional<Finish> finish() const {
    for (const Action& action : all) {
      if (const auto* finish = std::get_if<Finish>(&action)) {
        return *finish;
      }
    }
    return std::nullopt;
  }

 private:
  Plan plan_;
  std::chrono::seconds time_{100};

 public:
  Dispatcher dispatcher;
  Actions last;
  Actions all;
};

inline AttemptId attempt(const std::string& trial, std::uint32_t number) {
  return {TrialId(trial), number};
}

}  // namespace ocibench::coordinator
