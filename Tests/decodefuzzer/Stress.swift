import DecodeTrials
import Foundation

/// Cuts small videos off at every byte, changes bytes of them ten thousand times, and reads each
/// result: an answer or an error, within the limits of time and memory.
struct Stress {
  /// Changed copies of each video.
  private static let flips = 10_000
  /// Seconds of processor time (others may keep it busy) that a file may take beyond the limit of
  /// the trial, which is looked at between frames.
  private static let slack = 2.0
  /// Resident bytes at the worst: FFmpeg's buffers for pictures as large as the trial allows.
  private static let mostMemory = 400 << 20

  /// Of the folder of `make-videos.sh`.
  private static let names = [
    "plain.mp4", "fragmented.mp4", "nopts.mkv", "offset.ts", "bframes.avi", "palette.gif",
    "raw.h264", "vp8.webm", "vp9.webm", "hdr.mp4", "alpha.mov", "interlaced.mpg", "images",
    "mixed",
  ]

  let videos: String
  /// For what is being read; after a crash it is still there.
  let folder: String

  /// - Returns: Whether all files kept within the limits.
  func run() -> Bool {
    var table = Table()
    for name in Stress.names {
      let (kind, sound) = load(name)
      let trial = Trial(kind, folder: folder)
      var damage = Damage(sound, seed: UInt64(sound.count))
      table.measure("\(name) whole") { time in time { trial.run(sound) } }
      table.measure("\(name) cut") { time in
        for length in 0..<sound.count { time { trial.run(Array(sound.prefix(length))) } }
      }
      table.measure("\(name) flipped") { time in
        for _ in 0..<Stress.flips {
          let bytes = damage.flipped()
          time { trial.run(bytes) }
        }
      }
    }
    let peak = Table.peakMemory
    Table.say("peak resident memory \(peak >> 20) MB, at most \(Stress.mostMemory >> 20)")
    let limit = Trial.limits.secondsPerFile + Stress.slack
    Table.say(String(format: "slowest %.2f s, at most %.0f", table.slowest, limit))
    return peak <= Stress.mostMemory && table.slowest <= limit
  }

  /// A file, or the images of a folder as one input.
  private func load(_ name: String) -> (Trial.Kind, [UInt8]) {
    let path = videos + "/" + name
    if let bytes = FileManager.default.contents(atPath: path) { return (.movies, [UInt8](bytes)) }
    let images = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    guard !images.isEmpty else {
      DecodeFuzzer.fail("\(path) cannot be read; let make-videos.sh make it", code: 66)
    }
    let contents = images.prefix(4).compactMap {
      FileManager.default.contents(atPath: path + "/" + $0).map { [UInt8]($0) }
    }
    return (.images, Array(contents.joined(separator: Trial.separator)))
  }
}

/// What was counted and timed, one line for each kind of damage.
private struct Table {
  private(set) var slowest = 0.0

  init() {
    Table.say("                              files  complete  partial  error   mean ms   max ms")
  }

  /// - Parameter body: Calls what it is given with each reading.
  mutating func measure(_ title: String, _ body: ((() -> Trial.Outcome) -> Void) -> Void) {
    var counts = (complete: 0, partial: 0, refused: 0)
    var total = 0.0
    var longest = 0.0
    body { reading in
      let started = Table.processorSeconds
      let outcome = reading()
      let seconds = Table.processorSeconds - started
      switch outcome {
      case .complete: counts.complete += 1
      case .partial: counts.partial += 1
      case .refused: counts.refused += 1
      }
      total += seconds
      longest = max(longest, seconds)
    }
    slowest = max(slowest, longest)
    let files = counts.complete + counts.partial + counts.refused
    Table.say(
      title.padding(toLength: 28, withPad: " ", startingAt: 0)
        + String(
          format: "%7d  %8d  %7d  %5d  %8.2f  %7.1f", files, counts.complete, counts.partial,
          counts.refused, total / Double(max(1, files)) * 1000, longest * 1000))
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// At once, even into a pipe: after a crash the last line tells how far it came.
  static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  /// Bytes that were resident at most.
  static var peakMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap {
      Int($0)
    }
    return (kilobytes ?? .max >> 10) << 10
  }
}
