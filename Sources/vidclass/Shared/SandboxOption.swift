import ArgumentParser
import VideoDecoding

/// What to do where decoder processes cannot be confined.
struct SandboxOption: ParsableArguments {
  @Flag(
    name: .long,
    help: "Refuse to decode where the system cannot confine decoder processes (default: warn).")
  var requireSandbox = false

  /// To be called before the first movie is opened: a gap in the sandbox is told of once, when the
  /// first decoder process finds it, or is the end with `--require-sandbox`.
  func prepare(_ console: Console) throws {
    guard let processes = DecoderProcesses.current else {
      if requireSandbox { throw NoSandbox("VIDCLASS_ISOLATION=off decodes in the program itself") }
      return
    }
    let isRequired = requireSandbox
    processes.onSandboxGap { report in
      // What the filter forbids, Landlock only forbids again; and whoever requires it is told below.
      if report.isClosed {
        console.detail(report.warning)
      } else if !isRequired {
        console.warn(report.warning)
      }
    }
    guard requireSandbox else { return }
    guard let report = processes.requireSandbox() else {
      throw NoSandbox("no decoder process starts")
    }
    guard report.isClosed else {
      throw NoSandbox("this system lacks " + report.missing.joined(separator: " and "))
    }
  }
}

/// Why `--require-sandbox` refuses to go on.
struct NoSandbox: Error, CustomStringConvertible {
  private let reason: String

  init(_ reason: String) { self.reason = reason }

  var description: String { "--require-sandbox: \(reason); nothing was decoded" }
}
