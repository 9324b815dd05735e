import ArgumentParser
import ClipSampling
import Foundation

/// The options every command takes.
struct GlobalOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Only warnings and errors on standard error.")
  var quiet = false

  @Flag(name: .long, help: "Say more on standard error.")
  var verbose = false

  @Option(
    name: .long,
    help: ArgumentHelp("Worker threads (default: the processor's cores).", valueName: "n"))
  var threads: Int?

  @Option(
    name: .long, help: ArgumentHelp("Seed of everything random: same seed, same result."))
  var seed: UInt64 = 0

  func validate() throws {
    if quiet && verbose {
      throw ValidationError("--quiet and --verbose exclude each other; give one of them.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
    }
  }

  /// What `--threads` says, or the cores this process may use. Threads far beyond these only cost
  /// memory, and results are the same for any number.
  var threadCount: Int {
    let available = Processors.available
    return min(threads ?? available, max(16, 4 * available))
  }

  var console: Console {
    Console(verbosity: quiet ? .quiet : verbose ? .verbose : .normal)
  }
}

/// `--json`, for commands that have a summary to give.
struct JSONOption: ParsableArguments {
  @Flag(name: .long, help: "A machine-readable summary on standard output.")
  var json = false
}

/// The processors this process may use.
enum Processors {
  /// Cores by affinity mask, cut to the CPU quota of the container (cgroup v2); at least 1.
  static var available: Int {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8),
      let quota = quota(cpuMax: text)
    else { return cores }
    return max(1, min(cores, quota))
  }

  /// Whole processors of a `cpu.max` file (`quota period`, both in microseconds), rounded up;
  /// nil when unlimited (`max 100000`) or not understood.
  static func quota(cpuMax text: String) -> Int? {
    let fields = text.split(whereSeparator: \.isWhitespace)
    guard fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]),
      quota > 0, period > 0
    else { return nil }
    return Int(clamping: (quota / period).rounded(.up))
  }
}
