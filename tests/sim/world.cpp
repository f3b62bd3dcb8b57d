#include "tests/sim/world.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/overloaded.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "protocol/codec.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kBlobBytes = 1'000'000;
constexpr milliseconds kStep{50};
constexpr milliseconds kSlack{60'000};
constexpr milliseconds kStartPatience{30'000};

enum Trouble : int { agent_crash = 0, coordinator_crash = 1, partition = 2, interrupt = 3 };

coordinator::Plan make_plan(std::uint64_t seed) {
  coordinator::Plan plan{.campaign_name = "simulated", .seed = seed, .iterations = 3};
  plan.scenarios = {
      {.name = "cold", .steps = {.start = seed % 2 == 0 ? Start::together : Start::when_ready}}};
  plan.tools = {{.name = "alpha", .definition_sha256 = "a", .platforms = Platforms::all},
                {.name = "beta", .definition_sha256 = "b", .platforms = Platforms::all}};
  plan.lock.images = {
      {.repository = "one",
       .tag = "1",
       .digest = "sha256:m",
       .manifests = {
           {.digest = "sha256:m", .size_bytes = 10, .blobs = {{"sha256:b", kBlobBytes}}}}}};
  plan.rounds = 1 + static_cast<std::uint32_t>(seed % 3);
  for (std::uint32_t round = 1; round <= plan.rounds; ++round) {
    std::uint32_t lane = round;  // tools change lanes from round to round
    for (const auto& tool : plan.tools) {
      plan.trials.push_back({.id = TrialId(fmt::format("cold/{}/r{}", tool.name, round)),
                             .scenario = "cold",
                             .tool = tool.name,
                             .round = round,
                             .lane = lane++ % 2 + 1,
                             .iterations = plan.iterations,
                             .iteration_timeout = milliseconds(20'000),
                             .overhead_timeout = milliseconds(30'000)});
    }
  }
  plan.agents.share_host = seed % 5 == 0;
  plan.limits.agent_wait = milliseconds(20'000);
  plan.limits.agent_lost_after = milliseconds(5'000);
  plan.limits.heartbeat = milliseconds(500);
  plan.limits.campaign_deadline = milliseconds(300'000);
  return plan;
}

testing_support::FaultPlan faults_of(const Troubles& troubles) {
  return {.loss = troubles.loss,
          .duplicate = troubles.duplicate,
          .reorder = troubles.reorder,
          .min_delay = milliseconds(1),
          .max_delay = milliseconds(40)};
}

}  // namespace

Troubles draw_troubles(std::uint64_t seed) {
  std::mt19937_64 random(seed * 7919 + 1);
  const auto draw = [&](std::uint64_t below) {
    return static_cast<std::uint32_t>(random() % below);
  };
  // A third of the seeds are calm in each respect, so that faults are also met one at a time.
  const auto share = [&](double most) { return draw(3) == 0 ? 0.0 : most * draw(1000) / 1000.0; };
  return {.agents = 1 + draw(4),
          .loss = share(0.3),
          .duplicate = share(0.3),
          .reorder = share(0.3),
          .agent_crashes = draw(3) == 0 ? 0 : draw(4),
          .coordinator_crashes = draw(3) == 0 ? 0 : draw(4),
          .partitions = draw(3) == 0 ? 0 : draw(3),
          .interrupt = draw(8) == 0,
          .shared_hosts = draw(2) == 0};
}

World::World(std::uint64_t seed, const Troubles& troubles)
    : random_(seed), plan_(make_plan(seed)), network_(seed, faults_of(troubles)) {
  now_ = MonoTime(milliseconds(1'000'000));
  deadline_ = now_ + plan_.limits.campaign_deadline;
  network_.advance_to(now_);
  for (std::uint32_t i = 0; i < troubles.agents; ++i) {
    const std::uint32_t host = troubles.shared_hosts ? i / 2 : i;
    agents_.push_back({.name = AgentName(fmt::format("agent-{}", i)),
                       .environment = {{{kHostIdentityFact, fmt::format("host-{}", host)}}}});
    agents_.back().back_at = now_ + milliseconds(draw(3000));
  }
  schedule_troubles(troubles);
  start_coordinator();
}

std::string World::host_of(const AgentName& agent) const {
  const auto found = std::ranges::find(agents_, agent, &Agent::name);
  return *fact_of(found->environment, kHostIdentityFact);
}

std::uint64_t World::draw(std::uint64_t below) { return random_() % below; }

WallTime World::wall() const {
  return WallTime(std::chrono::duration_cast<milliseconds>(now_.time_since_epoch()));
}

void World::schedule_troubles(const Troubles& troubles) {
  const auto some_time = [&] { return now_ + milliseconds(draw(25'000)); };
  for (std::uint32_t i = 0; i < troubles.agent_crashes; ++i) {
    troubles_.emplace_back(some_time(), agent_crash);
  }
  for (std::uint32_t i = 0; i < troubles.coordinator_crashes; ++i) {
    troubles_.emplace_back(some_time(), coordinator_crash);
  }
  for (std::uint32_t i = 0; i < troubles.partitions; ++i) {
    troubles_.emplace_back(some_time(), partition);
  }
  if (troubles.interrupt) {
    troubles_.emplace_back(some_time(), interrupt);
  }
  std::ranges::sort(troubles_);
}

// ---------------------------------------------------------------- life

void World::run() {
  while (!over_ && now_ < deadline_ + kSlack) {
    now_ += kStep;
    network_.advance_to(now_);
    apply_troubles();
    step_coordinator();
    for (Agent& agent : agents_) {
      step_agent(agent);
    }
  }
}

void World::apply_troubles() {
  while (!troubles_.empty() && troubles_.front().first <= now_) {
    const int trouble = troubles_.front().second;
    troubles_.erase(troubles_.begin());
    Agent& victim = agents_[draw(agents_.size())];
    if (trouble == agent_crash && victim.session) {
      crash(victim);
      if (draw(4) != 0) {
        victim.back_at = now_ + milliseconds(draw(12'000));
      }
    } else if (trouble == coordinator_crash && dispatcher_) {
      crash_after_actions_ = draw(4);  // in the middle of doing what the dispatcher said
    } else if (trouble == partition) {
      network_.partition(victim.name, now_ + milliseconds(draw(15'000)));
    } else if (trouble == interrupt && dispatcher_) {
      execute(dispatcher_->on_interrupt({now_, wall()}));
    }
  }
}

void World::start_coordinator() {
  coordinator_back_at_.reset();
  dispatcher_ = std::make_unique<coordinator::Dispatcher>(CampaignId("sim"), plan_);
  for (const JournalEntry& entry : journal_) {
    dispatcher_->restore(entry);
  }
  if (dispatcher_->finished()) {
    over_ = true;
    return;
  }
  execute(dispatcher_->start(CampaignStarted{.campaign = CampaignId("sim"), .at = wall()},
                             {now_, wall()}));
}

void World::step_coordinator() {
  if (!dispatcher_) {
    if (coordinator_back_at_ && *coordinator_back_at_ <= now_) {
      start_coordinator();
    }
    return;
  }
  auto incoming = network_.server().receive(milliseconds(0), {});
  for (const protocol::Incoming& frame : *incoming) {
    auto message = protocol::decode_agent_message(frame.frame);
    if (!message) {
      violations_.push_back(message.error().message);
      continue;
    }
    execute(dispatcher_->on_message(frame.peer, *message, {now_, wall()}));
    if (!dispatcher_) {
      return;
    }
  }
  execute(dispatcher_->on_tick({now_, wall()}));
}

void World::execute(const coordinator::Actions& actions) {
  for (const coordinator::Action& action : actions) {
    if (crash_after_actions_ && (*crash_after_actions_)-- == 0) {
      crash_after_actions_.reset();
      dispatcher_.reset();
      network_.restart_server();
      over_ = false;
      coordinator_back_at_ = now_ + milliseconds(draw(8'000));
      return;
    }
    std::visit(Overloaded{[&](const coordinator::Append& append) { journal(append); },
                          [&](const coordinator::Send& send) {
                            std::ignore =
                                network_.server().send(send.to, protocol::encode(send.message));
                          },
                          [](const coordinator::Notice&) {}, [](const coordinator::Note&) {},
                          [&](const coordinator::Finish&) { over_ = true; }},
               action);
  }
}

void World::journal(const coordinator::Append& append) {
  std::uint64_t& next = journal_next_[append.stream];
  if (append.seq != next) {
    violations_.push_back(
        fmt::format("stream {}: seq {} where {} was due", append.stream, append.seq, next));
    return;
  }
  ++next;
  if (append.stream == coordinator::kCoordinatorStream) {
    auto record = protocol::decode_stored_coordinator_record(append.payload);
    journal_.push_back({.seq = append.seq, .body = *record});
    return;
  }
  auto record = protocol::decode_agent_record(append.payload);
  const auto from = coordinator::parse_agent_stream(append.stream);
  journal_.push_back(
      {.agent = from->agent, .boot = from->boot, .seq = append.seq, .body = *record});
}

// ---------------------------------------------------------------- agents

void World::boot(Agent& agent) {
  agent.back_at.reset();
  agent.client = network_.client(agent.name);
  std::vector<agent::SpooledStream> spooled;
  for (const auto& [name, spool] : agent.spools) {
    const std::size_t slash = name.find('/');
    spooled.push_back({.campaign = CampaignId(name.substr(0, slash)),
                       .boot = BootId(name.substr(slash + 1)),
                       .first = spool.first,
                       .next = spool.first + spool.second.size()});
  }
  agent::SessionConfig config{.name = agent.name,
                              .boot = BootId(fmt::format("{:012x}", 1 + agent.boots++)),
                              .tools = {{.name = "alpha", .definition_sha256 = "a", .usable = true},
                                        {.name = "beta", .definition_sha256 = "b", .usable = true}},
                              .environment = agent.environment};
  agent.session = std::make_unique<agent::Session>(std::move(config), std::move(spooled));
  execute(agent, agent.session->start(now_));
}

void World::crash(Agent& agent) {
  agent.session.reset();
  agent.client.reset();
  agent.work.clear();
  agent.working_on.reset();
  agent.ready_since.reset();
}

void World::step_agent(Agent& agent) {
  if (!agent.session) {
    if (agent.back_at && *agent.back_at <= now_) {
      boot(agent);
    }
    return;
  }
  auto incoming = agent.client->receive(milliseconds(0), {});
  for (const protocol::Incoming& frame : *incoming) {
    auto message = protocol::decode_coordinator_message(frame.frame);
    if (!message) {
      violations_.push_back(message.error().message);
      continue;
    }
    execute(agent, agent.session->on_message(*message, now_));
    if (!agent.session) {
      return;
    }
  }
  step_work(agent);
  if (agent.session) {
    execute(agent, agent.session->on_tick(now_));
  }
}

void World::step_work(Agent& agent) {
  if (agent.ready_since && now_ - *agent.ready_since >= kStartPatience) {
    agent.session->on_begun();
    begin_run(agent, now_);
  }
  while (agent.session && !agent.ready_since && !agent.work.empty() &&
         agent.work.front().at <= now_) {
    Step step = std::move(agent.work.front());
    agent.work.pop_front();
    if (step.quiet.has_value()) {
      if (*step.quiet) {
        agent.session->hold_uploads();
        get_ready(agent, step.iteration);
      } else {
        execute(agent, agent.session->release_uploads(now_));
      }
      continue;
    }
    if (std::holds_alternative<TrialFinished>(step.record)) {
      agent.working_on.reset();
    }
    execute(agent, agent.session->on_record(step.record, now_));
  }
}

void World::get_ready(Agent& agent, std::uint32_t iteration) {
  if (plan_.scenarios[0].steps.start == Start::together) {
    agent.session->on_status(Phase::measure, iteration);
    agent.ready_since = now_;
    execute(agent, agent.session->on_ready(now_));
  }
}

/// What was to come is later by as long as it waited.
void World::begin_run(Agent& agent, MonoTime at) {
  if (!agent.ready_since) {
    return;
  }
  for (Step& step : agent.work) {
    step.at += at - *agent.ready_since;
  }
  agent.ready_since.reset();
}

void World::execute(Agent& agent, const agent::Actions& actions) {
  std::size_t in_flight = 0;
  for (const agent::Action& action : actions) {
    in_flight += std::holds_alternative<agent::SendRecord>(action) ? 1U : 0U;
    execute_one(agent, action);
  }
  most_in_flight_ = std::max(most_in_flight_, in_flight);
}

void World::execute_one(Agent& agent, const agent::Action& action) {
  std::visit(
      Overloaded{[&](const agent::Spool& spool) {
                   auto& [first, payloads] = agent.spools[spool.stream];
                   if (spool.seq != first + payloads.size()) {
                     violations_.push_back(
                         fmt::format("spool {} has a hole at {}", spool.stream, spool.seq));
                   }
                   payloads.push_back(spool.payload);
                 },
                 [&](const agent::Forget& forget) {
                   auto& [first, payloads] = agent.spools[forget.stream];
                   const std::size_t slash = forget.stream.find('/');
                   const std::string stream = coordinator::agent_stream_name(
                       agent.name, BootId(forget.stream.substr(slash + 1)));
                   if (journal_next_[stream] < forget.below) {
                     violations_.push_back(fmt::format("{} forgot what the journal lacks", stream));
                   }
                   const auto count = static_cast<std::ptrdiff_t>(
                       std::min<std::uint64_t>(forget.below - first, payloads.size()));
                   payloads.erase(payloads.begin(), payloads.begin() + count);
                   first = forget.below;
                 },
                 [&](const agent::Send& send) {
                   if (agent.client) {
                     std::ignore = agent.client->send(AgentName(), protocol::encode(send.message));
                   }
                 },
                 [&](const agent::SendRecord& send) {
                   const auto& [first, payloads] = agent.spools.at(send.stream);
                   if (send.seq < first || send.seq >= first + payloads.size()) {
                     violations_.push_back(
                         fmt::format("{} sends {} which it lacks", send.stream, send.seq));
                     return;
                   }
                   std::ignore =
                       agent.client->send(AgentName(), protocol::encode(protocol::RecordMessage{
                                                           .campaign = send.campaign,
                                                           .boot = send.boot,
                                                           .seq = send.seq,
                                                           .payload = payloads[send.seq - first]}));
                 },
                 [&](const agent::StartTrial& start) { begin_work(agent, start.assignment); },
                 [&](const agent::CancelTrial&) { cancel_work(agent); },
                 [](const agent::CompareClocks&) {}, [](const agent::LimitSpool&) {},
                 [&](const agent::BeginRun& begin) {
                   const auto ahead = begin.at - wall();
                   most_together_ = std::max(most_together_, begin.together);
                   begin_run(agent, now_ + std::max<std::chrono::nanoseconds>(
                                               ahead, std::chrono::nanoseconds(0)));
                 },
                 [&](const agent::Reconnect&) { agent.client = network_.client(agent.name); },
                 [&](const agent::Exit&) {
                   if (agent.working_on) {
                     return;  // finishes its cancelled work first, as the real loop does
                   }
                   crash(agent);
                 }},
      action);
}

/// A trial as the trial runner would report it: setup, iterations with a quiet window each, end.
void World::begin_work(Agent& agent, const Assignment& assignment) {
  if (agent.working_on) {
    violations_.push_back(fmt::format("{} was given a second trial", agent.name.str()));
    return;
  }
  const AttemptId id{assignment.trial.id, assignment.attempt};
  agent.working_on = id;
  MonoTime at = now_ + milliseconds(draw(500));
  const auto emit = [&](AgentRecord record) { agent.work.push_back({at, std::move(record), {}}); };
  const Verification proof = testing_support::whole_proof(plan_, assignment.trial);
  emit(TrialStarted{.id = id, .at = wall(), .environment = agent.environment});
  emit(PhaseFinished{.id = id, .phase = Phase::setup});
  emit(PhaseFinished{.id = id, .phase = Phase::prewarm});
  for (std::uint32_t i = 1; i <= assignment.trial.iterations; ++i) {
    at += milliseconds(draw(100));
    agent.work.push_back({at, {}, true, i});
    const auto wall_time = milliseconds(50 + draw(700));
    at += wall_time;
    agent.work.push_back({at, {}, false});
    for (std::uint32_t chunk = 0; chunk < 1 + draw(20); ++chunk) {
      emit(ArtifactChunk{
          .id = id, .iteration = i, .name = "samples.csv", .offset = 4 * chunk, .bytes = "data"});
    }
    emit(IterationFinished{
        .id = id,
        .iteration = {.index = i,
                      .outcome = {.kind = OutcomeKind::complete},
                      .started_at = wall(),
                      .wall = wall_time,
                      .exit_code = 0,
                      .network = NetworkUse{.interface = "lo", .tx_bytes = 2 * kBlobBytes},
                      .verification = proof}});
  }
  emit(TrialFinished{.id = id, .at = wall(), .outcome = {.kind = OutcomeKind::complete}});
}

void World::cancel_work(Agent& agent) {
  if (!agent.working_on) {
    return;
  }
  agent.work.clear();
  if (agent.ready_since) {
    agent.session->on_begun();
    agent.ready_since.reset();
  }
  agent.work.push_back({now_, {}, false});
  agent.work.push_back(
      {now_ + milliseconds(50),
       TrialFinished{.id = *agent.working_on,
                     .at = wall(),
                     .outcome = {.kind = OutcomeKind::not_run, .cause = "cancelled"}},
       {}});
}

}  // namespace ocibench::sim
