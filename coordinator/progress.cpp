#include "coordinator/progress.hpp"

#include <cstdio>
#include <map>

#include <fmt/format.h>

#include "common/host.hpp"
#include "common/log.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kNamedTrials = 4;

std::string_view phase_text(const Dispatcher::TrialView& view) {
  return view.phase ? to_string(*view.phase) : "assigned";
}

std::string trial_text(const Dispatcher::TrialView& view) {
  std::string text = fmt::format("{} {}", view.trial->id.str(), phase_text(view));
  if (view.iteration > 0) {
    text += fmt::format(" {}/{}", view.iteration, view.trial->iterations);
  }
  if (view.attempt > 1) {
    text += fmt::format(" (attempt {})", view.attempt);
  }
  return text;
}

/// So many lanes that a line for each would be a wall: how many are in which phase.
std::string phases_text(const std::map<std::string_view, int>& phases) {
  std::string text;
  for (const auto& [phase, count] : phases) {
    text += fmt::format("  {} {}", count, phase);
  }
  return text;
}

}  // namespace

std::string progress_text(const std::vector<Dispatcher::TrialView>& trials,
                          std::chrono::nanoseconds elapsed, int columns) {
  std::uint32_t done = 0;
  std::uint32_t all = 0;
  bool waiting = false;
  std::string running;
  std::map<std::string_view, int> phases;
  std::size_t leased = 0;
  for (const Dispatcher::TrialView& view : trials) {
    all += view.trial->iterations;
    done += view.iterations_finished;
    waiting |= view.status == Dispatcher::TrialStatus::waiting;
    if (view.status == Dispatcher::TrialStatus::leased) {
      ++phases[phase_text(view)];
      if (++leased <= kNamedTrials) {
        running += "  " + trial_text(view);
      }
    }
  }
  if (leased > kNamedTrials) {
    running = phases_text(phases);
  }
  if (running.empty()) {
    running = waiting ? "  waiting for an agent" : "  finishing";
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(elapsed).count();
  // Trials that only observe have none.
  std::string text = all == 0 ? "" : fmt::format("{}/{} iterations  ", done, all);
  text += fmt::format("{}:{:02}{}", seconds / 60, seconds % 60, running);
  if (columns > 1 && text.size() >= static_cast<std::size_t>(columns)) {
    text.resize(static_cast<std::size_t>(columns) - 1);
  }
  return text;
}

Progress::Progress(ProgressStyle style, MonoTime started) : style_(style), started_(started) {}

Progress::~Progress() { close(); }

void Progress::update(const std::vector<Dispatcher::TrialView>& trials, MonoTime now) {
  if (!shows()) {
    return;
  }
  if (style_ == ProgressStyle::status_line) {
    const std::string text = progress_text(trials, now - started_, terminal_columns());
    if (text != shown_) {
      std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
      std::fflush(stderr);
      shown_ = text;
    }
    return;
  }
  // In a file only what changes counts: the same line without the clock.
  const std::string key = progress_text(trials, {}, 0);
  if (key != shown_) {
    shown_ = key;
    log_info(progress_text(trials, now - started_, 0));
  }
}

void Progress::notice(const Notice& notice) {
  clear_line();
  if (notice.level == Notice::Level::warning) {
    log_warning(notice.text);
  } else if (style_ != ProgressStyle::none) {
    log_info(notice.text);
  }
}

void Progress::clear_line() {
  if (style_ == ProgressStyle::status_line && !shown_.empty()) {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown_.clear();
  }
}

void Progress::close() { clear_line(); }

}  // namespace ocibench::coordinator
