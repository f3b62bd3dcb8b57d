#include "tests/fault/fleet_run.hpp"

#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "common/durable/record_log.hpp"
#include "common/file.hpp"

namespace ocibench::fault {

using testing_support::Program;
using testing_support::run_program;

constexpr std::uint64_t kMaxCommandLine = 4 * 1024 * 1024;

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

void FleetRun::TearDown() {
  agents_.clear();
  coordinator_.reset();
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    const auto words = read_file(entry.path() / "cmdline", kMaxCommandLine);
    if (pid.find_first_not_of("0123456789") == std::string::npos && words &&
        words->find(directory_.path().string() + "/") != std::string::npos) {
      ::kill(std::stoi(pid), SIGKILL);
    }
  }
}

std::string FleetRun::write_rotated_campaign(const std::string& more_limits) {
  const std::filesystem::path file = path("campaign.toml");
  std::ofstream(file) << "schema = 1\nname = \"fleet\"\nscenarios = [\"cold\"]\n"
                         "tools = [\"skopeo\", \"sleep\", \"null\"]\ncorpus = \"tiny\"\n"
                         "rounds = 3\niterations = 3\nseed = 7\nrotation = \"latin-square\"\n"
                         "lanes = 3\n\n[agents]\nexpected = 3\nshare_host = true\n\n[limits]\n"
                         "heartbeat_s = 0.3\n"
                         "agent_wait_s = 20\n"
                      << with_lost_after(3, more_limits);
  return file.string();
}

void FleetRun::revoke(const std::string& name) {
  std::filesystem::remove(path("agents") / (name + ".pub"));
}

Program& FleetRun::start_coordinator(const std::string& campaign, const std::string& address,
                                     const std::vector<std::string>& in) {
  if (!std::filesystem::exists(key("coordinator.key"))) {
    admit("coordinator");
  }
  std::filesystem::create_directories(path("agents"));
  std::vector<std::string> words = in;
  const auto command = run_listening(campaign, "tcp://" + address + ":0");
  words.insert(words.end(), command.begin(), command.end());
  coordinator_ = std::make_unique<Program>(directory_.path(), "coordinator", words);
  endpoint_ = endpoint_of(*coordinator_);
  if (endpoint_.empty()) {
    throw std::runtime_error("the coordinator did not listen: " + coordinator_->err());
  }
  return *coordinator_;
}

void FleetRun::resume_coordinator() {
  coordinator_ = std::make_unique<Program>(directory_.path(), "coordinator", resume());
}

std::vector<std::string> FleetRun::agent_command(const std::string& name,
                                                 const std::filesystem::path& state) const {
  return CampaignRun::agent_command(endpoint_, name, state);
}

Program& FleetRun::start_agent(const std::string& name, const std::vector<std::string>& in) {
  if (!std::filesystem::exists(key(name + ".key"))) {
    admit(name);
  }
  std::vector<std::string> words = in;
  const auto command = agent_command(name, path("state-" + name));
  words.insert(words.end(), command.begin(), command.end());
  agents_[name] = std::make_unique<Program>(directory_.path(), name, words);
  return *agents_[name];
}

bool FleetRun::nothing_acknowledged_is_lost() const {
  auto journal = durable::RecordLog::open_read_only(bundle() / "journal.sqlite");
  EXPECT_TRUE(journal.has_value());
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    const std::string folder = entry.path().filename().string();
    if (!folder.starts_with("state-")) {
      continue;
    }
    auto spool = durable::RecordLog::open_read_only(entry.path() / "spool.sqlite");
    EXPECT_TRUE(spool.has_value()) << folder;
    const std::vector<durable::StreamExtent> streams = spool->streams().value();
    for (const durable::StreamExtent& extent : streams) {
      const std::string boot = extent.stream.substr(extent.stream.find('/') + 1);
      const std::string stream = "agent/" + folder.substr(6) + "/" + boot;
      if (journal->next_seq(stream).value() < extent.first) {
        ADD_FAILURE() << stream << ": the spool has forgotten records that the journal lacks";
        return false;
      }
    }
  }
  return true;
}

}  // namespace ocibench::fault
