import Foundation
import TestSupport
import Testing

/// Files made to do harm among good ones: each costs its own record, and nothing else.
@Suite(.waitsForPrograms) struct HostileTests {
  private struct Record: Decodable {
    struct Failure: Decodable {
      let code: String
      let message: String
    }

    let path: String
    let status: String
    let error: Failure?
  }

  private let scratch = ScratchFolder()

  /// Seconds that all of it may take, most of them waiting for the three to use up their time.
  private static let mostSeconds = 90.0
  /// Bytes a process may have resident at most: what a decoder process may write to.
  private static let mostMemory = 2 << 30

  @Test func threeAmongAHundred() throws {
    let folder = scratch("movies")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let clip = Repository.path + "/clips/left/scene01_left_01.mp4"
    for number in 0..<97 {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/good\(number).mp4", withDestinationPath: clip)
    }
    let movie = try [UInt8](Data(contentsOf: URL(fileURLWithPath: clip)))
    let hostile = [
      "endless.mp4": HostileFiles.endless(movie), "swelling.gif": HostileFiles.swelling(),
      "promised.mp4": HostileFiles.manyPromised(movie),
    ]
    for (name, bytes) in hostile {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let clock = ContinuousClock()
    var run: ProgramRun?
    let taken = try clock.measure {
      run = try ProgramRun(
        "vidclass",
        ["label", "-m", try model(), folder, "-o", scratch("out.jsonl"), "--timeout", "1"])
    }
    #expect(run?.exitCode == 3)

    let records = try String(contentsOfFile: scratch("out.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
    #expect(records.count == 100)
    let (bad, good) = (
      records.filter { hostile.keys.contains(URL(fileURLWithPath: $0.path).lastPathComponent) },
      records.filter { $0.path.contains("good") }
    )
    #expect(good.count == 97 && good.allSatisfy { $0.status == "ok" })
    #expect(bad.count == 3)
    for record in bad {
      #expect(record.status == "error", "\(record.path)")
      let message = try #require(record.error?.message)
      #expect(message.contains(record.path) && !message.contains("\n"))
      #expect(["TIMEOUT", "TOO_LARGE", "NO_FRAMES"].contains(record.error?.code))
    }
    #expect(taken < .seconds(HostileTests.mostSeconds))
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    #expect(usage.ru_maxrss * 1024 < HostileTests.mostMemory)
  }

  /// A network that was never trained.
  private func model() throws -> String {
    try UntrainedModel.write(to: scratch("model.safetensors"), classes: ["left", "right"])
    return scratch("model.safetensors")
  }
}
