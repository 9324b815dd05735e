import Foundation

// @unchecked: every mutable field is touched under `condition` only.
/// Runs commands one after the other beside the labelling, none longer than it may.
public final class ActionRunner: @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [[String]] = []
  private var isBusy = false
  private var isClosed = false
  private let program: String
  private let secondsEach: Double
  private let warn: @Sendable (String) -> Void

  /// Commands that wait for others at most; further ones are left out, and that is said.
  private static let mostWaiting = 16

  /// - Parameters:
  ///   - searchPath: where programs are looked for, folders separated by colons.
  ///   - secondsEach: then a command is ended.
  ///   - warn: told of commands that fail; from another thread.
  /// - Throws: `LabelError` with code `usage` when there is no such program.
  public init(
    _ template: ActionTemplate, searchPath: String?, secondsEach: Double,
    warn: @escaping @Sendable (String) -> Void
  ) throws(LabelError) {
    guard let program = ProgramSearch.find(template.words[0], in: searchPath) else {
      throw LabelError(
        .usage, "--exec: there is no program \"\(template.words[0])\"; give its path")
    }
    self.program = program
    self.secondsEach = secondsEach
    self.warn = warn
    let thread = Thread { [self] in work() }
    thread.start()
  }

  /// Has a command run as soon as those before it are done; does not wait.
  ///
  /// - Parameter arguments: the program's name first.
  public func run(_ arguments: [String]) {
    let isLeftOut = condition.withLock {
      if waiting.count >= ActionRunner.mostWaiting { return true }
      waiting.append(arguments)
      condition.broadcast()
      return false
    }
    if isLeftOut { warn("--exec: \(ActionRunner.mostWaiting) commands wait; this one is left out") }
  }

  /// Waits for what was asked for, as long as one command may take.
  public func finish() {
    let until = Date(timeIntervalSinceNow: secondsEach + 3)
    let left = condition.withLock {
      isClosed = true
      condition.broadcast()
      while (isBusy || !waiting.isEmpty) && condition.wait(until: until) {}
      return waiting.count
    }
    if left > 0 { warn("--exec: \(left) commands were left out at the end") }
  }

  private func work() {
    while true {
      condition.lock()
      isBusy = false
      condition.broadcast()
      while waiting.isEmpty && !isClosed { condition.wait() }
      guard !waiting.isEmpty else {
        condition.unlock()
        return
      }
      isBusy = true
      let arguments = waiting.removeFirst()
      condition.unlock()
      execute(arguments)
    }
  }

  private func execute(_ arguments: [String]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = Array(arguments.dropFirst())
    process.standardInput = FileHandle.nullDevice
    // Standard output is for events alone.
    process.standardOutput = FileHandle.standardError
    do { try process.run() } catch {
      return warn("--exec: \(program) does not start: \(error.localizedDescription)")
    }
    let until = LiveClock.now() + secondsEach
    while process.isRunning && LiveClock.now() < until { usleep(10_000) }
    if process.isRunning {
      process.endWithChildren(patience: 1)
      return warn(
        "--exec: \(program) took longer than \(Decimal.fixed(secondsEach, 0)) s and was ended")
    }
    if process.terminationStatus != 0 {
      let how = process.terminationReason == .exit ? "exit code" : "signal"
      warn("--exec: \(program) failed with \(how) \(process.terminationStatus)")
    }
  }
}

extension Process {
  /// Ends it and what it has started: asks, and after so many seconds does not ask any more.
  func endWithChildren(patience: Double) {
    let group = getpgid(processIdentifier) == processIdentifier
    let target = group ? -processIdentifier : processIdentifier
    kill(target, SIGTERM)
    let until = LiveClock.now() + patience
    while isRunning && LiveClock.now() < until { usleep(10_000) }
    if isRunning || group { kill(target, SIGKILL) }
  }
}
