import Foundation
import TestSupport
import Testing

/// `vidclass label --follow` as users run it: what comes out of a stream is what labelling the
/// recording gives.
@Suite(.waitsForPrograms) struct FollowTests {
  private let scratch = ScratchFolder()
  private let model: String
  private let movie = Repository.path + "/Tests/Fixtures/movie/motions.mp4"
  /// Short windows, so that a network that never learned anything changes its mind.
  private let method = ["--window", "0.4", "--hop", "0.2", "--min-duration", "0.3"]

  init() throws {
    model = scratch("model.safetensors")
    try UntrainedModel.write(to: model, classes: ["left; touch x", "-right"])
  }

  private struct Event: Decodable {
    struct Latency: Decodable { let median: Double }
    struct Open: Decodable { let start: Double, label: String }
    let event: String
    let provisional: Bool?
    let start, end, score, lag, duration: Double?
    let label, reason: String?
    let dropped, gaps, frames, windows: Int?
    let segment: Open?
  }

  private struct Record: Decodable {
    struct Segment: Decodable {
      let start, end: Double
      let label: String
    }
    let segments: [Segment]
    let duration: Double
  }

  private func events(_ text: String) throws -> [Event] {
    try text.split(separator: "\n").map {
      try JSONDecoder().decode(Event.self, from: Data($0.utf8))
    }
  }

  /// Runs a line of shell, in which `$1` is the program, `$2` the model, `$3` the movie.
  private func shell(_ line: String, _ more: String...) throws -> (
    code: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line, "sh", ProgramRun.path(of: "vidclass"), model, movie] + more
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    for name in ["out", "err"] {
      _ = FileManager.default.createFile(atPath: scratch(name), contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: scratch("out"))
    process.standardError = FileHandle(forWritingAtPath: scratch("err"))
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: scratch(name), encoding: .utf8)
    }
    return (process.terminationStatus, try text("out"), try text("err"))
  }

  private func wholeTimeline(of path: String) throws -> Record {
    let run = try ProgramRun("vidclass", ["label", "-m", model, path, "-f", "jsonl"] + method)
    return try JSONDecoder().decode(Record.self, from: Data(run.output.utf8))
  }

  private func expectSame(_ events: [Event], _ record: Record, within: Double = 0.21) {
    let segments = events.filter { $0.event == "segment" }
    #expect(segments.map(\.label) == record.segments.map(\.label))
    for (one, other) in zip(segments, record.segments) {
      #expect(((one.start ?? -9) - other.start).magnitude < within)
      #expect(((one.end ?? -9) - other.end).magnitude < within)
    }
    #expect(segments.count > 3)
    let answers = events.filter { $0.provisional == true }
    // One every hop, without drift.
    for (number, answer) in answers.dropLast().enumerated() {
      #expect(((answer.start ?? -9) - 0.2 * Double(number)).magnitude < 1e-6)
    }
    #expect(events.first?.event == "start" && events.last?.event == "end")
    #expect(events.last?.windows == answers.count && events.last?.dropped == 0)
    #expect(((events.last?.duration ?? -9) - record.duration).magnitude < within)
  }

  @Test(arguments: ["mpegts", "matroska"])
  func aPipeGivesTheSegmentsOfTheRecording(container: String) throws {
    let run = try shell(
      """
      ffmpeg -nostdin -v error -stream_loop 1 -i "$3" -c copy -f \(container) recording &&
      cat recording | "$1" label -q -m "$2" --follow - \(method.joined(separator: " "))
      """)
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    try FileManager.default.moveItem(atPath: scratch("recording"), toPath: scratch("recording.ts"))
    expectSame(try events(run.output), try wholeTimeline(of: scratch("recording.ts")))
  }

  @Test(arguments: ["rgb24", "yuv420p"])
  func rawPicturesGiveTheSegmentsOfTheRecording(format: String) throws {
    let run = try shell(
      """
      ffmpeg -nostdin -v error -i "$3" -pix_fmt \(format) -f rawvideo - |
      "$1" label -q -m "$2" --follow - --input-size "$4" --input-fps "$5" --input-format \(format) \
      \(method.joined(separator: " "))
      """, "192x144", "25")
    #expect(run.code == 0, "\(run.errors)")
    expectSame(try events(run.output), try wholeTimeline(of: movie))
  }

  /// Written in pieces while it is followed, and on disk as a whole in the end.
  @Test func aFileThatGrowsIsFollowedToItsEnd() throws {
    let run = try shell(
      """
      ffmpeg -nostdin -v error -i "$3" -c copy -f matroska whole.mkv
      size=$(stat -c %s whole.mkv)
      head -c $((size / 3)) whole.mkv >growing.mkv
      (sleep 0.5; tail -c +$((size / 3 + 1)) whole.mkv >>growing.mkv) &
      "$1" label -m "$2" --follow growing.mkv --idle 1.2 --timing -o events.jsonl \
      \(method.joined(separator: " "))
      """)
    #expect(run.code == 0 && run.output.isEmpty, "\(run.errors)")
    let found = try events(String(contentsOfFile: scratch("events.jsonl"), encoding: .utf8))
    expectSame(found, try wholeTimeline(of: scratch("whole.mkv")))
    #expect(found.contains { $0.lag != nil })
    // Another stream may be added to it, another file is not touched.
    let again = try shell(
      """
      head -c 1000 whole.mkv | "$1" label -q -m "$2" --follow - -o events.jsonl
      cp "$3" other.jsonl; "$1" label -q -m "$2" --follow whole.mkv -o other.jsonl
      """)
    #expect(again.code == 1 && again.errors.contains("holds no events"))
  }

  @Test func aCommandRunsOnEachChangeAndNoShellSeesTheLabel() throws {
    let run = try shell(
      """
      printf '#!/bin/sh\\nprintf "%%s|" "$@" >>told; echo >>told; echo loud' >tell; chmod +x tell
      ffmpeg -nostdin -v error -i "$3" -c copy -f mpegts - |
      "$1" label -q -m "$2" --follow - --exec './tell "now {label}" {start} {path}' \
      \(method.joined(separator: " "))
      """)
    #expect(run.code == 0, "\(run.errors)")
    let labels = try events(run.output).filter { $0.event == "segment" }.compactMap(\.label)
    let told = try String(contentsOfFile: scratch("told"), encoding: .utf8).split(separator: "\n")
    #expect(told.map { $0.split(separator: "|")[0] } == labels.map { "now \($0)" })
    #expect(told.allSatisfy { $0.hasSuffix("|-|") })
    #expect(!FileManager.default.fileExists(atPath: scratch("x")))
    #expect(run.errors.contains("loud") && !run.output.contains("loud"))
  }

  @Test(arguments: [
    ("printf x | \"$1\" label -q -m \"$2\" --follow -", 1, "is no stream that can be followed"),
    (": | \"$1\" label -q -m \"$2\" --follow -", 1, "ended before a byte"),
    ("cat \"$3\" | \"$1\" label -q -m \"$2\" --follow - ", 1, "plain MP4"),
    ("\"$1\" label -q -m \"$2\" --follow none.mkv", 1, "cannot be followed"),
    ("PATH=/none \"$1\" label -q -m \"$2\" --follow rtsp://127.0.0.1:1/x", 1, "is not installed"),
    ("\"$1\" label -m \"$2\" --follow - x.mp4", 64, "no other movies"),
    ("\"$1\" label -m \"$2\" --watch . --follow -", 64, "exclude each other"),
    ("\"$1\" label -m \"$2\" x.mp4 --exec y", 64, "belongs to --follow"),
    ("\"$1\" label -m \"$2\" --follow - --exec 'y {what}'", 64, "{what}"),
    ("\"$1\" label -m \"$2\" --follow - --input-size 3", 64, "--input-size"),
    ("\"$1\" label -m \"$2\" --follow - -f csv", 64, "JSON Lines"),
  ])
  func whatCannotBeFollowedIsTold(line: String, code: Int32, words: String) throws {
    let run = try shell(line)
    #expect(run.code == code && run.errors.contains(words), "\(run.errors)")
    #expect(run.output.isEmpty || code == 1)
  }

  /// Nothing listens there: tried again after a pause, and given up.
  @Test func anAddressIsTriedAgain() throws {
    let run = try shell("\"$1\" label -m \"$2\" --follow tcp://127.0.0.1:1 --retries 2")
    #expect(run.code == 1, "\(run.errors)")
    #expect(run.errors.contains("connecting again in 1 s"), "\(run.errors)")
    #expect(run.errors.contains("no picture came"), "\(run.errors)")
  }

  /// A camera that was away: the stream goes on behind a gap.
  @Test func anAddressThatBreaksOffIsFollowedAgain() throws {
    let run = try shell(
      """
      port=$((20000 + $$ % 20000))
      (for n in 1 2; do ffmpeg -nostdin -v quiet -i "$3" -t 3 -c copy -f mpegts \
      "tcp://127.0.0.1:$port?listen=1&listen_timeout=8000"; done) &
      sleep 0.4
      timeout 20 "$1" label -m "$2" --follow "tcp://127.0.0.1:$port" -o events.jsonl --retries 2 \
      \(method.joined(separator: " "))
      """)
    let found = try events(String(contentsOfFile: scratch("events.jsonl"), encoding: .utf8))
    #expect(found.filter { $0.event == "start" }.count == 2, "\(run.errors)")
    let gap = try #require(found.first { $0.event == "gap" })
    #expect((gap.end ?? 0) - (gap.start ?? 0) > 0.5)
    #expect(found.last?.event == "end" && found.last?.gaps == 1)
    let segments = found.filter { $0.event == "segment" }
    #expect(segments.contains { $0.end == gap.start } && segments.contains { $0.start == gap.end })
  }

  @Test func aSignalEndsItWithTheLastSegmentWritten() throws {
    let run = try shell(
      """
      mkfifo stream; exec 9<>stream
      ffmpeg -nostdin -v error -i "$3" -t 2 -c copy -f mpegts - >&9 &
      "$1" label -m "$2" --follow - -o events.jsonl \(method.joined(separator: " ")) <stream &
      while [ ! -s events.jsonl ]; do sleep 0.05; done
      kill -TERM $(pgrep -f "label -m $2 --follow" | head -n 1)
      for n in $(seq 100); do grep -q '"event":"end"' events.jsonl && break; sleep 0.05; done
      sleep 0.2; tail -n 1 events.jsonl
      """)
    #expect(run.output.contains("\"event\":\"end\",\"reason\":\"stopped\""), "\(run.errors)")
    #expect(run.errors.contains("stopped; the last segment"))
  }
}
