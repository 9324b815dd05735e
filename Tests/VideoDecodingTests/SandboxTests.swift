import Foundation
import TestSupport
import Testing
import VideoDecoding

/// What a decoder process can no longer do, tried by `cageprobe` in a process that has confined
/// itself as a decoder process does; and what it can still do.
@Suite struct SandboxTests {
  private let scratch = ScratchFolder()

  init() throws {
    signal(SIGPIPE, SIG_IGN)
    try Data("kept".utf8).write(to: URL(fileURLWithPath: scratch("kept")))
  }

  /// Error numbers by thread and by the name of the attempt; 0 where it succeeded.
  private func outcomes(_ mode: String, withoutLandlock: Bool = false) throws
    -> [String: [String: Int32]]
  {
    let probe = ProgramRun.path(of: "cageprobe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: probe)
    process.arguments =
      (withoutLandlock ? ["without", "landlock", probe] : []) + [mode, scratch("")]
    process.standardInput = FileHandle.nullDevice
    // Nothing confined writes to files.
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationReason == .exit && process.terminationStatus == 0)
    var outcomes: [String: [String: Int32]] = [:]
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      let error: Int32 = try #require(Int32(fields[2]))
      outcomes[fields[0], default: [:]][fields[1]] = error
    }
    return outcomes
  }

  /// The first thread has closed the cage; the second was there before, the third came later. The
  /// filter of system calls alone must do.
  @Test(arguments: [false, true])
  func allThreadsOnlyReadAndCompute(withoutLandlock: Bool) throws {
    var outcomes = try outcomes("confined", withoutLandlock: withoutLandlock)
    #expect(outcomes["third"]?.removeValue(forKey: "read an open file") == 0)
    #expect(outcomes["third"]?.removeValue(forKey: "start a thread") == 0)
    let names = try #require(outcomes["first"]).keys
    #expect(names.count > 160)
    for thread in ["first", "second", "third"] {
      let refused = try #require(outcomes[thread])
      for name in names {
        let expected =
          switch name {
          // The C library shall believe that it is missing, and start threads the older way.
          case "clone3": ENOSYS
          // The call is allowed, for the pipe to the program.
          case "grow a file": EFBIG
          default: EPERM
          }
        #expect(refused[name] == expected, "\(thread) thread: \(name)")
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("")) == ["kept"])
    #expect(FileManager.default.contents(atPath: scratch("kept")) == Data("kept".utf8))
  }

  static let movies = Set(PropertyTests.movies + ExactnessTests.cases.map(\.name)).sorted()

  /// No container, codec or thread needs a call that is not on the list.
  @Test(arguments: movies)
  func decodingNeedsNoMore(_ name: String) throws {
    let processes = DecoderProcesses(executable: ProgramRun.path(of: "cageprobe"))
    let report = try #require(processes.requireSandbox())
    try #require(report.isClosed, "\(report.missing)")
    for threads in [1, 4] {
      let (near, far) = (
        try frames(of: name, threads, nil), try frames(of: name, threads, processes)
      )
      #expect(near.pixels == far.pixels && !near.pixels.isEmpty)
      #expect(near.warnings == far.warnings)
    }
    #expect(processes.startedCount == 1 && processes.lostCount == 0)
  }

  private func frames(
    of name: String, _ threads: Int, _ processes: DecoderProcesses?
  ) throws -> (pixels: [UInt8], warnings: [String]) {
    let reader = try ClipReader(
      path: Fixtures.path(name), threads: threads, processes: processes)
    var pixels: [UInt8] = []
    let summary = try reader.forEachFrame(
      size: FrameSize(width: 24, height: 16), layout: .rgb
    ) {
      pixels += $0.pixels
      return true
    }
    return (pixels, summary.warnings)
  }

  /// Without the cage the attempts do not fail, or not for lack of permission: it is the cage that
  /// was tried above.
  @Test func theAttemptsAreInEarnest() throws {
    let free = try #require(try outcomes("free")["first"])
    for name in [
      "open for reading", "open for writing", "open /etc/passwd", "create", "stat", "mkdir", "link",
      "unlink", "rename", "truncate", "chmod", "socket, local", "socketpair", "fork", "posix_spawn",
      "kill the program", "map memory for code", "make memory code", "pipe", "dup", "eventfd2",
      "become dumpable", "grow a file", "sched_setaffinity",
    ] { #expect(free[name] == 0, "\(name)") }
    // Some are the superuser's, and containers forbid some.
    #expect(free.values.count { $0 == EPERM } < free.count / 3)
  }
}
