#pragma once

#include <chrono>

namespace ocibench {

// What has to have moved during an iteration to be worth a mark. A mark that every iteration has
// tells nothing, so each limit lies above what a sound host does all the time; the counters
// themselves are recorded whatever they are. docs/reference/metrics.md lists them.

/// Time that the hypervisor gave to others, as a share of one core over the window: less than a
/// hundredth drowns in what iterations differ by anyway.
inline constexpr double kMarkedStealShare = 0.01;
/// The kernel counts it in ticks of 10 ms: one of them is a rounding.
inline constexpr std::chrono::milliseconds kMarkedSteal{10};

/// Share of the window in which something waited for memory: another program holds what the tool
/// would have. (That something waits for a CPU or a disk is what copying does by itself.)
inline constexpr double kMarkedMemoryPressureShare = 0.01;

/// Segments that TCP sent again, as a share of those that it sent. On `lo` a few in a thousand are
/// usual, since a receiver that is busy answers late; with a hundredth lost a connection moves no
/// more than twelve segments in a round trip (Mathis and others, 1997: 1.22 over the root of it).
inline constexpr double kMarkedResentShare = 0.01;

/// Packets that the interface dropped, as a share of those that it moved. Every host drops a few:
/// those of protocols that it does not speak count.
inline constexpr double kMarkedDroppedShare = 0.01;

/// Of samples that should have been taken. p95 of a series holds as long as no more than one in
/// twenty of its values is missing.
inline constexpr double kMarkedMissedTickShare = 0.05;

/// How far the clock was off. What is off is corrected by letting the clock run faster or slower,
/// which makes a duration wrong by at most that much.
inline constexpr std::chrono::milliseconds kMarkedClockOffset{10};

}  // namespace ocibench
