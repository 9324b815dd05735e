import Foundation
import Synchronization

/// How long a pass over a file may still take.
struct Deadline {
  private let secondsPerFile: Double
  private let secondsWithoutFrame: Double
  private var started: Double
  private var progressed: Double

  /// - Parameter bytes: Size of the file.
  init(limits: DecodeLimits, bytes: Int64) {
    secondsPerFile = limits.seconds(forBytes: bytes)
    secondsWithoutFrame = limits.secondsWithoutFrame
    started = Deadline.now()
    progressed = started
  }

  /// A frame came out, or the file is open.
  mutating func progress() {
    progressed = Deadline.now()
    Deadline.steps.add(1, ordering: .relaxed)
  }

  /// Counts the progress of all files in this process: a decoder process shows by it that it lives.
  static let steps = Atomic<Int>(0)

  /// Time that the caller spent does not count.
  mutating func extend(bySeconds seconds: Double) {
    started += seconds
    progressed += seconds
  }

  var isOver: Bool {
    let now = Deadline.now()
    return now - progressed > secondsWithoutFrame || now - started > secondsPerFile
  }

  /// Seconds of a clock that never jumps.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
