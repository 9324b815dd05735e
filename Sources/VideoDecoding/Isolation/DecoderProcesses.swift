import Foundation
import Synchronization

// @unchecked: the mutable properties are read and written under `lock` only.
/// Processes that decode what cannot be trusted: a file that makes a decoder crash, hang or swell
/// ends one of them, never the program.
///
/// Each serves one clip at a time, has its memory, open files and processor time limited, and can
/// open no socket, start no program and write no file. They are started as they are needed, used
/// again for the next clip, and replaced after a while, so that no library's leak ever adds up.
///
/// A program that wants them calls `begin()` first thing; from then on every `ClipReader` uses them.
public final class DecoderProcesses: @unchecked Sendable {
  private let executable: String
  private let arguments: [String]
  private let lock = NSLock()
  private var idle: [DecoderProcess] = []
  private var started = 0
  private var lost = 0

  /// What the first argument of a decoder process is.
  private static let role = "decode-worker"
  private static let shared = Mutex<DecoderProcesses?>(nil)

  /// - Parameter executable: A program that calls `begin()`; its own path for the one that runs.
  public init(executable: String = "/proc/self/exe") {
    self.executable = executable
    arguments = [DecoderProcesses.role]
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
    if CommandLine.arguments.count == 2, CommandLine.arguments[1] == role {
      DecoderService.run(memoryBytes: DecodeLimits.standard.maxMemoryBytes)
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

  // MARK: Lending

  /// Clips after which a process is replaced.
  private static let clipsEach = 1000

  /// A process that is free, or a new one.
  func take(for path: String) throws(DecodeError) -> DecoderProcess {
    while let process = lock.withLock({ idle.popLast() }) {
      if process.isAlive { return process }
    }
    guard let process = DecoderProcess(executable: executable, arguments: arguments) else {
      throw DecodeError(
        code: .io, path: path,
        message: "cannot be decoded: no decoder process starts "
          + "(\(String(cString: strerror(errno)))); VIDCLASS_ISOLATION=off does without",
        underlying: errno)
    }
    lock.withLock { started += 1 }
    return process
  }

  /// Takes back a process that has closed its clip.
  func give(_ process: DecoderProcess) {
    if process.clips >= DecoderProcesses.clipsEach { return }
    lock.withLock { idle.append(process) }
  }

  /// Notes that a process was lost to its clip.
  func countLoss() { lock.withLock { lost += 1 } }
}
