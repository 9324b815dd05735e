import Foundation
import TestSupport
import Testing

/// Files and values that each once stopped or misled the program.
@Suite(.waitsForPrograms) struct HostileRowsTests {
  private let scratch = ScratchFolder()

  private func vidclass(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments, folder: scratch.path)
  }

  private func write(_ text: String, to name: String) throws {
    try text.write(toFile: scratch(name), atomically: true, encoding: .utf8)
  }

  /// A network that was never trained.
  private func model() throws -> String {
    try UntrainedModel.write(to: scratch("model.safetensors"), classes: ["left", "right"])
    return scratch("model.safetensors")
  }

  private var clip: String { Repository.path + "/clips/left/scene01_left_01.mp4" }

  // MARK: Times

  /// VP8 with a time base of a million seconds, and its second picture at 2^40 of them.
  private func lateByAges(_ name: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i"]
      + ["testsrc=size=64x48:rate=25:duration=0.4", "-c:v", "libvpx", "-y", scratch(name)]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch(name))))
    func put(_ value: some FixedWidthInteger, at place: Int) {
      withUnsafeBytes(of: value.littleEndian) {
        bytes.replaceSubrange(place..<place + $0.count, with: $0)
      }
    }
    put(UInt32(1), at: 16)
    put(UInt32(1_000_000), at: 20)
    let first = (0..<4).reduce(0) { $0 | Int(bytes[32 + $1]) << (8 * $1) }
    put(UInt64(1) << 40, at: 32 + 12 + first + 4)
    try Data(bytes).write(to: URL(fileURLWithPath: scratch(name)))
  }

  @Test func aPictureThatComesAgesLaterIsPutRightWithAWarning() throws {
    try lateByAges("late.ivf")
    let check = try vidclass(["check", "late.ivf"])
    #expect([0, 3].contains(check.exitCode))
    #expect(check.output.contains("contradict each other"))
    let frames = try vidclass(["frames", "late.ivf", "--fps", "5", "-o", "sheet.png"])
    #expect([0, 3].contains(frames.exitCode) && frames.errors.contains("contradict each other"))
    let label = try vidclass(["label", "late.ivf", clip, "-m", try model(), "-o", "out.jsonl"])
    #expect([0, 3].contains(label.exitCode))
    let lines = try String(contentsOfFile: scratch("out.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 2 && lines.contains { $0.contains("scene01_left_01") })
  }

  @Test func trainingGoesOnWithoutIt() throws {
    for name in ["x", "y"] {
      try FileManager.default.createDirectory(
        atPath: scratch("clips/" + name), withIntermediateDirectories: true)
      for number in 1...4 {
        try FileManager.default.createSymbolicLink(
          atPath: scratch("clips/\(name)/\(name)\(number).mp4"), withDestinationPath: clip)
      }
    }
    try lateByAges("clips/x/late.ivf")
    let run = try vidclass([
      "train", "clips", "--group-by", "(.*)", "--size", "16", "--frames", "4", "--dry-run",
    ])
    #expect([0, 3].contains(run.exitCode), "\(run.errors)")
  }

  // MARK: Records

  @Test(arguments: [("labelstudio", "json"), ("boris", "tsv"), ("elan", "tsv"), ("csv", "csv")])
  func impossibleRecordsAreRefusedByLineFieldAndValue(format: String, suffix: String) throws {
    func record(_ path: String, fps: String = "25.0", start: String = "0.0") -> String {
      #"{"path":"\#(path)","status":"ok","label":"x","score":0.9,"scores":{"x":0.9,"y":0.1},"#
        + #""duration":12.48,"fps":\#(fps),"frames":312,"segments":[{"start":\#(start),"end":7.2,"#
        + #""label":"x","score":0.95}],"warnings":[],"size":8,"mtime":1760000000.123}"#
    }
    try write(
      [record("a.mp4", fps: "1e300"), record("b.mp4", start: "-1e300"), record("sound.mp4")]
        .joined(separator: "\n") + "\n", to: "records.jsonl")
    let run = try vidclass(["merge", "records.jsonl", "-f", format, "-o", "out." + suffix])
    #expect(run.exitCode == 3)
    #expect(run.errors.contains("line 1: \"fps\" is 1e+300; expected 0.0 to 1000000.0"))
    #expect(run.errors.contains("line 2: segment 1: \"start\" is -1e+300; expected"))
    let merged = try String(contentsOfFile: scratch("out." + suffix), encoding: .utf8)
    #expect(merged.contains("sound") && !merged.contains("a.mp4"))
  }

  @Test func subtitlesOfTheOneSoundRecord() throws {
    try write(
      ["1e300", "3"].map {
        #"{"path":"a.mp4","status":"ok","label":"x","score":0.9,"duration":\#($0),"size":1}"# + "\n"
      }.joined(), to: "records.jsonl")
    let run = try vidclass(["merge", "records.jsonl", "-f", "vtt", "-o", "out.vtt"])
    #expect(run.exitCode == 3 && run.errors.contains("line 1: \"duration\" is 1e+300"))
    let text = try String(contentsOfFile: scratch("out.vtt"), encoding: .utf8)
    #expect(text.hasPrefix("WEBVTT") && text.contains("00:00:03.000"))
  }

  // MARK: Devices

  @Test(arguments: [
    ["train", "/dev/zero"], ["train", "/dev/full"], ["check", "/dev/zero"],
    ["eval", "--from", "/dev/zero"], ["eval", "--from", "/dev/full"],
    ["merge", "/dev/zero", "-o", "x"],
    ["label", "--files-from", "/dev/zero", "-m", "none"], ["info", "/dev/zero"],
    ["import", "/dev/full", "--arch", "c3d", "-o", "x"], ["train", "pipe"],
    ["eval", "--from", "pipe"],
    ["merge", "records.jsonl", "--expect", "pipe/", "-o", "x"],
  ])
  func whatIsNoFileIsRefusedAtOnce(arguments: [String]) throws {
    #expect(mkfifo(scratch("pipe"), 0o600) == 0)
    try write(
      #"{"path":"b.mp4","status":"ok","label":"x","score":0.9,"size":1,"mtime":1}"# + "\n",
      to: "records.jsonl")
    let clock = ContinuousClock()
    var run: ProgramRun?
    let taken = try clock.measure { run = try vidclass(arguments) }
    #expect(run?.exitCode == 1)
    #expect(run?.errorLines.filter { $0.hasPrefix("vidclass: error: ") }.count == 1)
    #expect(taken < .seconds(20))
  }

  // MARK: Sorting

  @Test func moviesOfOneNameAndSizeAreBothSorted() throws {
    let content = try Data(contentsOf: URL(fileURLWithPath: clip))
    for name in ["a", "b", "c"] {
      try FileManager.default.createDirectory(
        atPath: scratch("in/" + name), withIntermediateDirectories: true)
      // Behind the movie's end, where no decoder looks.
      try (content + Data([name == "b" ? 1 : 0])).write(
        to: URL(fileURLWithPath: scratch("in/\(name)/m.mp4")))
    }
    for _ in 0..<2 {
      let run = try vidclass([
        "label", "in", "-m", try model(), "--sort-into", "sorted", "--copy", "--threads", "1",
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
      let names = (FileManager.default.subpaths(atPath: scratch("sorted")) ?? [])
        .filter { $0.hasSuffix(".mp4") }.map { URL(fileURLWithPath: $0).lastPathComponent }
      #expect(names.sorted() == ["m (2).mp4", "m.mp4"])
    }
  }

  @Test func longNamesGetSubtitlesToo() throws {
    let long = String(repeating: "ü", count: 125)
    for name in [long + ".mp4", long + ".avi"] {
      try FileManager.default.createDirectory(
        atPath: scratch("in"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: clip, toPath: scratch("in/" + name))
    }
    let run = try vidclass(["label", "in", "-m", try model(), "-f", "vtt", "-o", "out/"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch("out"))
    #expect(names.count == 2 && names.allSatisfy { $0.hasSuffix(".vtt") })
  }
}
