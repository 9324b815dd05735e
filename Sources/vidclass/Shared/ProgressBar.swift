import ClipSampling
import Foundation
import Synchronization

/// How far a loop has come: a bar with rate and remaining time on a terminal, an occasional plain
/// line otherwise, nothing with `--quiet`. Safe to use from any thread.
final class ProgressBar: Sendable {
  private struct State {
    var completed = 0
    var note = ""
    var lastShown: Duration
    var finished = false
  }

  private let title: String
  private let total: Int?
  private let unit: String
  private let console: Console
  private let alreadyDone: Int
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant
  private let state: Mutex<State>

  /// Between two drawings on a terminal, and between two plain lines.
  private static let redraw = Duration.milliseconds(100)
  private static let plainLine = Duration.seconds(10)

  /// - Parameters:
  ///   - total: nil when unknown: then no percentage and no remaining time.
  ///   - completed: what earlier runs have done; does not count for the rate.
  init(_ title: String, total: Int?, completed: Int = 0, unit: String, console: Console) {
    self.title = title
    self.total = total
    self.unit = unit
    self.console = console
    alreadyDone = completed
    started = clock.now
    state = Mutex(State(completed: completed, lastShown: .zero))
  }

  /// `count` more are done; `note` (for example the loss) stands behind the rate.
  func advance(by count: Int = 1, note: String? = nil) {
    show(note: note) { $0 + count }
  }

  /// `completed` of the total are done.
  func update(completed: Int, note: String? = nil) {
    show(note: note) { _ in completed }
  }

  /// Removes the bar; `message`, if given, stays as a line.
  func finish(_ message: String? = nil) {
    let first = state.withLock { state in
      defer { state.finished = true }
      return !state.finished
    }
    guard first else { return }
    if console.verbosity > .quiet { StatusLine.clear() }
    if let message { console.note(message) }
  }

  private func show(note: String?, _ count: (Int) -> Int) {
    let elapsed = clock.now - started
    let line: String? = state.withLock { state in
      state.completed = count(state.completed)
      if let note { state.note = note }
      let pause = StatusLine.isTerminal ? ProgressBar.redraw : ProgressBar.plainLine
      guard !state.finished, console.verbosity > .quiet, elapsed - state.lastShown >= pause
      else { return nil }
      state.lastShown = elapsed
      return ProgressText(
        title: title, completed: state.completed, total: total, unit: unit,
        perSecond: Double(state.completed - alreadyDone) / elapsed.inSeconds, note: state.note
      ).line(barWidth: StatusLine.isTerminal ? 24 : 0)
    }
    guard let line else { return }
    if StatusLine.isTerminal { StatusLine.show(line) } else { Console.writeLine(line) }
  }
}

/// The text of one state of a progress bar.
struct ProgressText {
  var title: String
  var completed: Int
  var total: Int?
  var unit: String
  var perSecond: Double
  var note = ""

  /// `title [███░░░] 45 % 54/120 clips, 8.3 clips/s, 0:08 left, loss 1.2`
  func line(barWidth: Int) -> String {
    var parts: [String] = []
    if let total {
      let fraction = total > 0 ? min(1, max(0, Double(completed) / Double(total))) : 1
      let full = Int(clamping: (fraction * Double(barWidth)).rounded())
      let bar =
        barWidth > 0
        ? "[" + String(repeating: "█", count: full)
          + String(repeating: "░", count: barWidth - full) + "] " : ""
      let percent = Int(clamping: fraction * 100)
      parts.append("\(title) \(bar)\(percent) % \(completed)/\(total) \(unit)")
    } else {
      parts.append("\(title) \(completed) \(unit)")
    }
    if perSecond > 0, perSecond.isFinite {
      let digits = perSecond < 10 ? 2 : perSecond < 100 ? 1 : 0
      parts.append(String(format: "%.\(digits)f", perSecond) + " \(unit)/s")
      if let total, completed < total {
        parts.append(ProgressText.clock(Double(total - completed) / perSecond) + " left")
      }
    }
    if !note.isEmpty { parts.append(note) }
    return parts.joined(separator: ", ")
  }

  /// `0:08`, `12:34`, `1:02:03`.
  static func clock(_ seconds: Double) -> String {
    let all = Int(clamping: min(max(0, seconds), 360_000_000).rounded(.up))
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60)
    let padded = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0
      ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
  }
}

extension Duration {
  /// Seconds with fraction.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
