import Foundation
import Synchronization

// @unchecked: the mutable properties are read and written under `lock` only.
// @unchecked: the mutable properties are read and written under `lock` only.
/// Processes that decode what cannot be trusted: a file that makes a decoder crash, hang or swell
/// ends one of them, never the program.
///
/// Each serves one clip at a time, has its memory, open files and processor time limited, and is left
/// only the system calls that decoding needs: it can open no file (the program passes it the open
/// clip) and no socket, start no program, and signal no other process. They are started as they are needed, used
/// again for the next clip, and replaced after a while, so that no library's leak ever adds up.
///
/// A program that wants them calls `begin()` first thing; from then on every `ClipReader` uses them.
public final class DecoderProcesses: @unchecked Sendable {
  private let executable: String
  private let lock = NSLock()
  private var idle: [DecoderProcess] = []
  private var started = 0
  private var lost = 0
  private var mustBeConfined = false
  private var knownSandbox: SandboxReport?
  private var gapHandler: @Sendable (SandboxReport) -> Void = DecoderProcesses.warn

  /// What the first argument of a decoder process is.
  private static let role = "decode-worker"
  /// The second one of those that serve nothing unless they are confined.
  private static let confinedOnly = "confined-only"
  private static let shared = Mutex<DecoderProcesses?>(nil)

  /// - Parameter executable: A program that calls `begin()`; its own path for the one that runs.
  public init(executable: String = "/proc/self/exe") {
    self.executable = executable
  }

  /// The processes that every new `ClipReader` uses; nil where decoding happens in the program.
  public static var current: DecoderProcesses? {
    get { shared.withLock { $0 } }
    set { shared.withLock { $0 = newValue } }
  }

  /// To be called before anything else in `main`. In a program, has every clip decoded in processes
  /// of their own, which are further copies of that program; in such a copy, serves and never
  /// returns. Also has a broken pipe reported as an error instead of ending the program.
  ///
  /// The environment variable `VIDCLASS_ISOLATION=off` leaves decoding in the program, for systems
  /// that forbid starting processes.
  public static func begin() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments == [role] || arguments == [role, confinedOnly] {
      DecoderService.run(
        memoryBytes: DecodeLimits.standard.maxMemoryBytes,
        mustBeConfined: arguments.last == confinedOnly)
    }
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow any more is an error of `write` too.
    signal(SIGXFSZ, SIG_IGN)
    // Whoever started the program may have told it to forget its children: they must be awaited.
    signal(SIGCHLD, SIG_DFL)
    if getenv("VIDCLASS_ISOLATION").map({ String(cString: $0) }) != "off" {
      current = DecoderProcesses()
    }
  }

  /// Processes started so far.
  public var startedCount: Int { lock.withLock { started } }

  /// Processes that crashed or had to be ended.
  public var lostCount: Int { lock.withLock { lost } }

  // MARK: Confinement

  /// What to do, once, when a decoder process turns out not to be confined entirely. Without another
  /// handler it is a warning on standard error if the cage is open, and nothing if only Landlock is
  /// missing.
  public func onSandboxGap(_ handler: @escaping @Sendable (SandboxReport) -> Void) {
    lock.withLock { gapHandler = handler }
  }

  /// From now on processes that cannot be confined decode nothing.
  ///
  /// - Returns: How far the first of them is confined; nil where none starts.
  public func requireSandbox() -> SandboxReport? {
    lock.withLock {
      mustBeConfined = true
      // Those that were started before have promised nothing.
      idle = []
    }
    guard let process = start() else { return nil }
    var waitLimit = WaitLimit(betweenMessages: 60, inAll: 60)
    do throws(Wire.Failure) {
      try process.awaitReady(&waitLimit)
      give(process)
    } catch {}
    return lock.withLock { knownSandbox }
  }

  /// Notes what a process says about itself before its first clip.
  private func take(_ report: SandboxReport) {
    let handler = lock.withLock {
      let isFirst = knownSandbox == nil
      knownSandbox = report
      return isFirst && !report.missing.isEmpty ? gapHandler : nil
    }
    handler?(report)
  }

  private static func warn(_ report: SandboxReport) {
    guard !report.isClosed else { return }
    let text = "warning: \(report.warning)\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }

  // MARK: Lending

  /// Clips after which a process is replaced.
  private static let clipsEach = 1000

  /// A process that is free, or a new one.
  func take(for path: String) throws(DecodeError) -> DecoderProcess {
    while let process = lock.withLock({ idle.popLast() }) {
      if process.isAlive { return process }
    }
    guard let process = start() else {
      throw DecodeError(
        code: .io, path: path,
        message: "cannot be decoded: no decoder process starts "
          + "(\(String(cString: strerror(errno)))); VIDCLASS_ISOLATION=off does without",
        underlying: errno)
    }
    return process
  }

  private func start() -> DecoderProcess? {
    let mustBeConfined = lock.withLock { self.mustBeConfined }
    let process = DecoderProcess(
      executable: executable,
      arguments: mustBeConfined
        ? [DecoderProcesses.role, DecoderProcesses.confinedOnly] : [DecoderProcesses.role],
      mustBeConfined: mustBeConfined, onReady: { [weak self] in self?.take($0) })
    if process != nil { lock.withLock { started += 1 } }
    return process
  }

  /// Takes back a process that has closed its clip.
  func give(_ process: DecoderProcess) {
    if process.clips >= DecoderProcesses.clipsEach { return }
    lock.withLock {
      if process.mustBeConfined == mustBeConfined { idle.append(process) }
    }
  }

  /// Notes that a process was lost to its clip.
  func countLoss() { lock.withLock { lost += 1 } }
}
