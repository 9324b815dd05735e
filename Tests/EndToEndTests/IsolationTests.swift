import Foundation
import TestSupport
import Testing
import VideoDecoding

/// Clips decoded in processes of their own: the same answers, and no harm when one is lost.
@Suite(.waitsForPrograms) struct IsolationTests {
  private let processes: DecoderProcesses
  private let scratch = ScratchFolder()
  private let clip = Repository.path + "/clips/left/scene01_left_01.mp4"

  init() {
    signal(SIGPIPE, SIG_IGN)
    processes = DecoderProcesses(executable: ProgramRun.path(of: "vidclass"))
  }

  private func frames(
    of reader: ClipReader, size: FrameSize? = nil, interval: Double? = nil,
    stopAfter: Int = .max
  ) throws -> (pixels: [UInt8], times: [Double], summary: StreamSummary) {
    var pixels: [UInt8] = []
    var times: [Double] = []
    let summary = try reader.forEachFrame(size: size, layout: .rgb, minimumInterval: interval) {
      pixels += $0.pixels
      times.append($0.time)
      return times.count < stopAfter
    }
    return (pixels, times, summary)
  }

  @Test func givesTheSameAsDecodingInTheProgram() throws {
    let near = try ClipReader(path: clip, processes: nil)
    let far = try ClipReader(path: clip, processes: processes)
    #expect(near.info == far.info)
    let size = FrameSize(width: 37, height: 29)
    // Twice, stopped early and not: the process must be ready again each time.
    for stopAfter in [3, .max, 3, .max] {
      let (here, there) = (
        try frames(of: near, size: size, stopAfter: stopAfter),
        try frames(of: far, size: size, stopAfter: stopAfter)
      )
      #expect(here.pixels == there.pixels && !here.pixels.isEmpty)
      #expect(here.times == there.times)
      #expect(here.summary.totalFrames == there.summary.totalFrames)
      #expect(here.summary.duration == there.summary.duration)
    }
    #expect(try near.frameTimes() == far.frameTimes())
    let (here, there) = (
      try near.evenFrames(limit: 5, size: size, layout: .gray),
      try far.evenFrames(limit: 5, size: size, layout: .gray)
    )
    #expect(here.stack == there.stack && here.indices == there.indices)
    let chosen = [0, 3, 3, 20]
    #expect(
      try near.frames(at: chosen, size: nil, layout: .rgb).stack
        == far.frames(at: chosen, size: nil, layout: .rgb).stack)
    #expect(
      try near.pacedFrames(rate: 4, size: size, layout: .rgb).stack
        == far.pacedFrames(rate: 4, size: size, layout: .rgb).stack)
    var (listed, told): ([FrameRecord], [FrameRecord]) = ([], [])
    _ = try near.forEachRecord {
      listed.append($0)
      return true
    }
    _ = try far.forEachRecord {
      told.append($0)
      return true
    }
    #expect(listed == told && listed.count == near.info.frameCount)
    #expect(near.info == far.info)
    #expect(processes.startedCount == 1 && processes.lostCount == 0)
  }

  /// Numbered copies of pictures, more than are lent at a time.
  private func imageFolder(count: Int) throws -> String {
    let folder = scratch("images")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let sheet = scratch("sheet")
    for number in 1...count {
      let path = "\(folder)/f\(number).png"
      if number <= 3 {
        let run = try ProgramRun(
          "vidclass",
          ["frames", clip, "--frames", "\(number)", "--size", "24", "-o", sheet + ".png"])
        try #require(run.exitCode == 0, "\(run.errors)")
        try FileManager.default.copyItem(atPath: sheet + ".png", toPath: path)
      } else {
        try FileManager.default.copyItem(
          atPath: "\(folder)/f\(number % 3 + 1).png", toPath: path)
      }
    }
    return folder
  }

  @Test func imagesOfAFolderAreTheSame() throws {
    let folder = try imageFolder(count: 40)
    let near = try ClipReader(path: folder, processes: nil)
    let far = try ClipReader(path: folder, processes: processes)
    #expect(near.info == far.info && near.info.isImageFolder)
    let size = FrameSize(width: 30, height: 20)
    for stopAfter in [1, 5, .max, 17, .max] {
      let (here, there) = (
        try frames(of: near, size: size, stopAfter: stopAfter),
        try frames(of: far, size: size, stopAfter: stopAfter)
      )
      #expect(here.pixels == there.pixels && !here.pixels.isEmpty)
      #expect(here.times == there.times && here.times.count == min(stopAfter, 40))
    }
    let chosen = [0, 3, 3, 20, 39]
    #expect(
      try near.frames(at: chosen, size: size, layout: .rgb).stack
        == far.frames(at: chosen, size: size, layout: .rgb).stack)
    #expect(try near.frameTimes() == far.frameTimes())
    #expect(processes.startedCount == 1 && processes.lostCount == 0)
  }

  @Test(arguments: [false, true])
  func aFolderThatChangesIsTheSameError(isRemoved: Bool) throws {
    let folder = try imageFolder(count: 40)
    let readers = [
      try ClipReader(path: folder, processes: nil),
      try ClipReader(path: folder, processes: processes),
    ]
    if isRemoved {
      unlink(folder + "/f30.png")
    } else {
      try FileManager.default.copyItem(atPath: folder + "/f1.png", toPath: folder + "/f41.png")
    }
    let errors = readers.map { reader in
      #expect(throws: DecodeError.self) { try frames(of: reader) }
    }
    #expect(errors[0]?.code == .changed && errors[1]?.code == .changed)
    #expect(errors[0]?.message == errors[1]?.message)
    #expect(processes.lostCount == 0)
  }

  /// A process that a file took over may ask for what it likes: the images of its folder are lent,
  /// and no question brings the program down.
  @Test(arguments: [
    (true, #"\017\0\0\0\020\0\0\0\0\0\0\0\0\0\0\0{"numbers":[40]}"#),
    (true, #"\017\0\0\0\020\0\0\0\0\0\0\0\0\0\0\0{"numbers":[-1]}"#),
    (true, #"\017\0\0\0\016\0\0\0\0\0\0\0\0\0\0\0{"numbers":[0]"#),
    (false, #"\017\0\0\0\017\0\0\0\0\0\0\0\0\0\0\0{"numbers":[0]}"#),
    (false, #"\020\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"#),
  ])
  func onlyImagesOfTheFolderAreLent(isFolder: Bool, question: String) throws {
    // 15 and 16 are the numbers of `lend` and `compare`.
    let impostor = try impostor(printing: question)
    let path = isFolder ? try imageFolder(count: 3) : clip
    let error = #expect(throws: DecodeError.self) {
      try ClipReader(path: path, processes: DecoderProcesses(executable: impostor))
    }
    #expect(error?.code == .codec && error?.message.hasPrefix(path + ": ") == true)
  }

  @Test func errorsAreTheSame() throws {
    let text = scratch("text.mp4")
    try "no movie".write(toFile: text, atomically: true, encoding: .utf8)
    for path in [text, scratch("missing.mp4"), scratch(""), "/dev/null"] {
      let here = #expect(throws: DecodeError.self) { try ClipReader(path: path, processes: nil) }
      let there = #expect(throws: DecodeError.self) {
        try ClipReader(path: path, processes: processes)
      }
      #expect(here?.code == there?.code)
      #expect(here?.message == there?.message)
    }
    // A refused file costs no process.
    #expect(processes.startedCount == 1 && processes.lostCount == 0)
  }

  @Test func theCallersErrorComesThrough() throws {
    struct Enough: Error {}
    let reader = try ClipReader(path: clip, processes: processes)
    #expect(throws: Enough.self) {
      _ = try reader.forEachFrame(size: nil, layout: .rgb) { _ in throw Enough() }
    }
    #expect(try reader.frameTimes().count > 1)
    #expect(processes.lostCount == 0)
  }

  struct Accident: Sendable, CustomTestStringConvertible {
    let signal: Int32
    let code: DecodeError.Code

    var testDescription: String { "signal \(signal)" }
  }

  @Test(arguments: [
    Accident(signal: SIGSEGV, code: .codec),
    Accident(signal: SIGKILL, code: .io),
    Accident(signal: SIGXCPU, code: .timeout),
    // Stopped, it looks like one that loops for ever.
    Accident(signal: SIGSTOP, code: .timeout),
  ])
  func aLostProcessIsOneError(_ accident: Accident) throws {
    let path = scratch("clip.mp4")
    try FileManager.default.copyItem(atPath: clip, toPath: path)
    var limits = DecodeLimits()
    limits.secondsWithoutFrame = 0.5
    let reader = try ClipReader(path: path, limits: limits, processes: processes)
    let process = try #require(DecoderChild.all.first { $0.hasOpen(path) })
    var seen = 0
    // Frames so large that most of them cannot have been sent yet.
    let size = FrameSize(width: 800, height: 600)
    let error = #expect(throws: DecodeError.self) {
      _ = try reader.forEachFrame(size: size, layout: .rgb) { _ in
        seen += 1
        if seen == 1 { kill(process.identifier, accident.signal) }
        return true
      }
    }
    #expect(error?.code == accident.code, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(path + ": ") == true)
    #expect(seen < 40)
    // It stays lost; others do not notice.
    #expect(throws: DecodeError.self) { try reader.frameTimes() }
    #expect(try ClipReader(path: path, processes: processes).frameTimes().count == 43)
    #expect(processes.lostCount == 1)
    #expect(!process.exists, "it must not stay behind, not even as a zombie")
  }

  @Test func oneThatDiedUnusedIsReplaced() throws {
    let path = scratch("clip.mp4")
    try FileManager.default.copyItem(atPath: clip, toPath: path)
    var reader: ClipReader? = try ClipReader(path: path, processes: processes)
    let process = try #require(DecoderChild.all.first { $0.hasOpen(path) })
    _ = consume reader
    reader = nil
    kill(process.identifier, SIGKILL)
    usleep(100_000)
    #expect(try ClipReader(path: path, processes: processes).frameTimes().count == 43)
    #expect(processes.startedCount == 2 && processes.lostCount == 0)
  }

  /// A decoder that a file took over may announce what it likes: nothing is set aside for it.
  @Test(arguments: [
    #"\377\377\377\377\0\0\0\0\0\0\0\0"#,  // 4 GB of description
    #"\0\0\0\020\0\0\0\0\0\0\0\0"#,  // 256 MB of it, which are not sent
    #"\0\0\0\0\377\377\377\377\377\377\377\377"#,  // a payload without end
  ])
  func announcedSizesAreNotBelieved(sizes: String) throws {
    // 7 is the number of `opened`.
    let impostor = try impostor(printing: #"\007\0\0\0"# + sizes)
    let before = Self.peakMemory
    let error = #expect(throws: DecodeError.self) {
      try ClipReader(path: clip, processes: DecoderProcesses(executable: impostor))
    }
    #expect(error?.code == .codec && error?.message.hasPrefix(clip + ": ") == true)
    #expect(Self.peakMemory - before < 128 << 10)
  }

  private func impostor(printing bytes: String) throws -> String {
    let path = scratch("impostor")
    try "#!/bin/sh\nprintf '\(bytes)'\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// Most kilobytes this process ever had resident.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }

  @Test func processesAreConfined() throws {
    let path = scratch("clip.mp4")
    try FileManager.default.copyItem(atPath: clip, toPath: path)
    let reader = try ClipReader(path: path, processes: processes)
    let process = try #require(DecoderChild.all.first { $0.hasOpen(path) })
    let status = process.text("status")
    #expect(status.contains("Seccomp:\t2"))
    #expect(status.contains("NoNewPrivs:\t1"))
    // No library has started a thread before the filter was there: one serves, one shows life.
    let threads = process.names("task")
    #expect(threads.count == 2)
    for thread in threads {
      #expect(process.text("task/\(thread)/status").contains("Seccomp:\t2"))
    }
    // Behind the name, in parentheses: state, parent, group, session, terminal.
    let fields = process.text("stat").split(separator: ")").last?.split(separator: " ") ?? []
    #expect(fields[3] == "\(process.identifier)" && fields[4] == "0")
    #expect(process.link("cwd") == "/")
    // The socket twice, the pipe, /dev/null twice, and the one file.
    #expect(process.names("fd").count == 6)
    let limits = process.text("limits").split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(limits.contains { $0.hasPrefix("Max open files 64 64") })
    #expect(limits.contains { $0.hasPrefix("Max core file size 0 0") })
    #expect(limits.contains { $0.hasPrefix("Max file size 0 0") })
    #expect(limits.contains { $0.hasPrefix("Max data size \(2 << 30) \(2 << 30)") })
    let seconds = limits.first { $0.hasPrefix("Max cpu time") }?.split(separator: " ")[3]
    #expect((60...1000).contains(seconds.flatMap { Int($0) } ?? 0))
    _ = try reader.frameTimes()
  }

  @Test func processesEndWithTheProgram() throws {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    program.arguments = [
      "nice", "-n", "5", ProgramRun.path(of: "vidclass"), "frames", clip, "--all", "--size",
      "2000x2000", "-o", "-",
    ]
    let output = Pipe()
    program.standardOutput = output
    program.standardError = FileHandle.nullDevice
    try program.run()
    // Its output is not read: it and its decoder are now waiting.
    var child: DecoderChild?
    for _ in 0..<200 {
      child = DecoderChild.all(of: program.processIdentifier).first { $0.hasOpen(clip) }
      if child != nil { break }
      usleep(20_000)
    }
    let process = try #require(child)
    // A session of its own does not make it less nice, where the kernel looks at sessions.
    let share = process.text("autogroup")
    #expect(share.isEmpty || share.hasSuffix(" nice 5\n"), "\(share)")
    kill(program.processIdentifier, SIGKILL)
    program.waitUntilExit()
    for _ in 0..<200 where process.exists { usleep(20_000) }
    #expect(!process.exists)
  }
}

/// A decoder process as the system shows it.
private struct DecoderChild {
  let identifier: pid_t

  /// Those that the tests have started.
  static var all: [DecoderChild] { all(of: getpid()) }

  static func all(of parent: pid_t) -> [DecoderChild] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.map(DecoderChild.init).filter {
      $0.text("status").contains("PPid:\t\(parent)\n") && $0.text("cmdline").contains("decode-")
    }
  }

  var exists: Bool { kill(identifier, 0) == 0 }

  func text(_ name: String) -> String {
    let data = FileManager.default.contents(atPath: "/proc/\(identifier)/\(name)")
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  func hasOpen(_ path: String) -> Bool {
    names("fd").contains { link("fd/" + $0) == path }
  }

  func names(_ folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/\(folder)")) ?? []
  }

  func link(_ name: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(identifier)/\(name)")
  }
}
