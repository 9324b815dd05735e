import Foundation
import TestSupport
import Testing

/// `vidclass label --watch` as a service runs it.
@Suite(.waitsForPrograms) struct WatchCommandTests {
  private let scratch = ScratchFolder()
  private let model: String
  private let clip = Repository.path + "/clips/left/scene01_left_01.mp4"

  init() throws {
    model = scratch("model.safetensors")
    try UntrainedModel.write(to: model, classes: ["left", "right"])
    try FileManager.default.createDirectory(
      atPath: scratch("incoming"), withIntermediateDirectories: true)
  }

  private func start(_ more: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
    process.arguments =
      [
        "label", "-m", model, "--watch", scratch("incoming"), "-o", scratch("labels.jsonl"),
        "--settle", "0.3", "--poll", "0.5",
      ] + more
    _ = FileManager.default.createFile(atPath: scratch("errors"), contents: nil)
    process.standardError = FileHandle(forWritingAtPath: scratch("errors"))
    try process.run()
    return process
  }

  private var records: [Substring] {
    let text = (try? String(contentsOfFile: scratch("labels.jsonl"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n")
  }

  private func wait(for count: Int) {
    for _ in 0..<400 where records.count < count { usleep(20_000) }
  }

  private func end(_ process: Process, by signal: Int32) throws -> String {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return try String(contentsOfFile: scratch("errors"), encoding: .utf8)
  }

  private func arrive(_ name: String) throws {
    let path = scratch("incoming/" + name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: clip, toPath: path)
  }

  @Test func moviesAreLabelledOnceTheyAreComplete() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: clip))
    try arrive("there.mp4")
    try arrive("a.mp4.part")
    let process = try start()
    // One in pieces, with pauses shorter than it takes to settle; one broken; one below.
    let pieces = scratch("incoming/pieces.mp4")
    try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: pieces))
    for part in 1..<3 {
      usleep(150_000)
      let file = try #require(FileHandle(forWritingAtPath: pieces))
      try file.seekToEnd()
      let start = bytes.count / 3 * part
      file.write(part == 2 ? bytes[start...] : bytes[start..<(start + bytes.count / 3)])
    }
    try Data("no movie".utf8).write(to: URL(fileURLWithPath: scratch("incoming/broken.mp4")))
    try arrive("day/camera/new.mp4")
    wait(for: 4)
    // What was labelled stays so when the service is killed and begins again.
    _ = try end(process, by: SIGKILL)
    #expect(records.count == 4)
    #expect(records.filter { $0.contains("\"status\":\"ok\"") }.count == 3)
    #expect(records.filter { $0.contains("pieces.mp4") }.count == 1)
    #expect(records.filter { $0.contains("broken.mp4\",\"status\":\"error\"") }.count == 1)

    try FileManager.default.moveItem(
      atPath: scratch("incoming/a.mp4.part"), toPath: scratch("incoming/a.mp4"))
    try FileManager.default.removeItem(atPath: scratch("incoming/there.mp4"))
    let again = try start()
    wait(for: 5)
    let errors = try end(again, by: SIGTERM)
    #expect(again.terminationStatus == 143)
    #expect(errors.contains("stopped watching; 1 movies labelled"), "\(errors)")
    #expect(records.count == 5 && records.last?.contains("incoming/a.mp4") ?? false)
  }

  /// What a movie was is labelled, what it became is too; failures are tried again when asked for.
  @Test func aMovieThatIsWrittenAnewIsLabelledAnew() throws {
    try Data("no movie".utf8).write(to: URL(fileURLWithPath: scratch("incoming/a.mp4")))
    let process = try start()
    wait(for: 1)
    try FileManager.default.removeItem(atPath: scratch("incoming/a.mp4"))
    try arrive("a.mp4")
    wait(for: 2)
    _ = try end(process, by: SIGINT)
    #expect(process.terminationStatus == 130)
    #expect(records.map { $0.contains("\"ok\"") } == [false, true])
  }

  @Test(
    arguments: [
      (["--watch", "none"], 1, "is no folder"),
      (["--watch", "incoming", "-f", "csv"], 64, "JSON Lines"),
      (["--watch", "incoming", "x.mp4"], 64, "no other movies"),
      (["--watch", "incoming", "--sort-into", "incoming/sorted"], 1, "inside the watched folder"),
      (["--watch", "incoming", "--input-size", "3x3"], 64, "belongs to --follow"),
    ] as [([String], Int32, String)])
  func whatCannotBeWatchedIsTold(arguments: [String], code: Int32, words: String) throws {
    let run = try ProgramRun(
      "vidclass", ["label", "-q", "-m", model] + arguments, folder: scratch.path)
    #expect(run.exitCode == code && run.errors.contains(words), "\(run.errors)")
  }
}
