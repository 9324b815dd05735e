import ClipSampling
import Foundation
import Testing
import VideoDecoding

@testable import Labelling

/// What following a stream is made of.
@Suite struct LivePartsTests {
  private func window(_ number: Int) -> MovieWindow {
    MovieWindow(
      start: Double(number), end: Double(number + 1),
      stack: FrameStack(
        count: 1, height: 1, width: 1, channels: 1, pixels: [0], times: [Double(number)]))
  }

  // MARK: Falling behind

  @Test func whatIsTooFarBehindIsLeftOutAndSaidSo() {
    let queue = LiveQueue(capacity: 2)
    for number in 0..<3 {
      queue.add(window(number), offset: 10, lag: { number < 2 ? 0 : 11 }, mostLag: 10)
    }
    queue.close()
    guard case .dropped(let dropped)? = queue.take(most: 4)?.first else {
      Issue.record("nothing was said of windows left out")
      return
    }
    #expect(dropped.windows == 2 && dropped.total == 2 && queue.droppedCount == 2)
    #expect(dropped.start == 10 && dropped.end == 12 && dropped.lag == 11)
    #expect(queue.take(most: 4)?.count == 1)
    #expect(queue.take(most: 4) == nil)
  }

  /// A reader that is ahead of the clock waits instead: nothing of a recording is left out.
  @Test func whatIsAheadWaits() {
    let queue = LiveQueue(capacity: 2)
    let reader = Thread { [self] in
      for number in 0..<50 { queue.add(window(number), offset: 0, lag: { 0 }, mostLag: 10) }
      queue.close()
    }
    reader.start()
    var taken = 0
    while let items = queue.take(most: 4) {
      #expect(items.count <= 2)
      taken += items.count
    }
    #expect(taken == 50 && queue.droppedCount == 0)
  }

  @Test func lagIsCountedFromWhenNothingWaited() {
    var clock = LiveClock()
    // The first picture came three seconds after it was taken: that is the camera's affair.
    #expect(clock.lag(time: 0, now: 100, isCaughtUp: false) == 0)
    #expect(clock.lag(time: 10, now: 112, isCaughtUp: false) == 2)
    #expect(clock.lag(time: 11, now: 113, isCaughtUp: true) == 0)
    #expect(clock.lag(time: 12, now: 115, isCaughtUp: false) == 1)
    // As fast as it is read.
    #expect(clock.lag(time: 900, now: 120, isCaughtUp: false) == 0)
  }

  @Test func durationsAreCountedInBoundedMemory() {
    var tally = DurationTally()
    #expect(tally.latency == nil)
    for number in 1...1000 { tally.add(Double(number) / 1000) }
    #expect((tally.quantile(0.5) - 0.5).magnitude < 0.02)
    #expect((tally.quantile(0.95) - 0.95).magnitude < 0.04)
    #expect(tally.longest == 1)
    tally.add(1e12)
    #expect(tally.quantile(1) <= 1e12)
  }

  // MARK: A memory that is carried

  private final class Counting: CarriedScorer {
    var times: [Double] = []
    var beginnings = 0

    private var window: [Double] = []

    func take(_ window: FrameStack) -> [Double] {
      self.window = window.times
      return window.times
    }

    func scores(afterPicture number: Int) -> [Float] {
      times.append(window[number])
      return [Float(times.count), 0]
    }

    func beginAnew() { beginnings += 1 }
  }

  /// Pictures come in two windows or more; each is taken once, at the pace of a clip's frames.
  @Test func aCarriedMemorySeesEachMomentOnce() throws {
    let scorer = Counting()
    var carried = CarriedAnswer(
      scorer, preprocessing: Preprocessing(frames: 8, height: 1, width: 1), window: 2)
    for number in 0..<20 {
      let times = (0..<16).map { Double(number) + Double($0) / 8 }
      try carried.add(
        FrameStack(
          count: 16, height: 1, width: 1, channels: 1,
          pixels: [UInt8](repeating: 0, count: 16), times: times))
    }
    #expect(scorer.times == (0..<84).map { Double($0) / 4 })
    #expect(carried.scores == [84, 0])
    carried.beginAnew()
    #expect(carried.scores == nil && scorer.beginnings == 1)
  }

  // MARK: Commands

  @Test(arguments: [
    "; rm -rf /", "$(touch x)", "`touch x`", "a b", "\"'", "{path}", "-v", "a\nb", "*", "~", "",
  ])
  func aLabelStaysOneArgument(label: String) throws {
    let template = try ActionTemplate(parsing: "notify 'say: {label}!' {start} --path={path} {}")
    let segment = LabelRecord.Segment(start: 1.5, end: 3, label: label, score: 0.25)
    let arguments = template.arguments(ActionTemplate.values(of: segment, path: "p {label}"))
    #expect(
      arguments == ["notify", "say: \(label)!", "1.500", "--path=p {label}", "{}"])
  }

  @Test func wordsAreCutAsAShellCutsThem() throws {
    let template = try ActionTemplate(parsing: #"  a "b c"'d e'\ f  '' "g\"h" i\\ {"x":{score}} "#)
    #expect(template.words == ["a", "b cd e f", "", "g\"h", "i\\", "{x:{score}}"])
    #expect(template.arguments([.score: "1"]).last == "{x:1}")
    #expect(template.arguments([.score: "a\0b"]).last == "{x:a\u{FFFD}b}")
  }

  @Test(arguments: ["", "  ", "a 'b", "a \"", "a \\", "{label}", "a {lable}", "'' b"])
  func aCommandThatCannotBeMeantIsRefused(text: String) {
    #expect(throws: LabelError.self) { try ActionTemplate(parsing: text) }
  }

  @Test func aCommandThatHangsOrFailsIsToldOf() throws {
    let warnings = Warnings()
    let folder = TemporaryFolder()
    let mark = folder.path + "/a b;c"
    let runner = try ActionRunner(
      try ActionTemplate(parsing: "sh -c {label} x"), searchPath: nil, secondsEach: 0.4,
      warn: { warnings.add($0) })
    runner.run(["sh", "-c", "sleep 5; : > late"])
    runner.run(["sh", "-c", "exit 7"])
    runner.run(["sh", "-c", ": > \"$1\"", "sh", mark])
    runner.finish()
    #expect(FileManager.default.fileExists(atPath: mark))
    #expect(warnings.all.contains { $0.contains("took longer than") })
    #expect(warnings.all.contains { $0.contains("exit code 7") })
    #expect(throws: LabelError.self) {
      try ActionRunner(
        try ActionTemplate(parsing: "no-such-program-here"), searchPath: nil, secondsEach: 1,
        warn: { _ in })
    }
  }

  // MARK: Addresses

  @Test(arguments: [
    ("rtsp://cam/1", true), ("http://a", true), ("srt://x:9", true), ("a.mp4", false),
    ("folder/a://b", false), ("://x", false), ("-i://x", false), ("a b://c", false),
  ])
  func addressesAreToldFromPaths(text: String, isAddress: Bool) {
    #expect(AddressFeed.isAddress(text) == isAddress)
  }

  @Test func aPasswordIsShownToNobody() throws {
    let folder = TemporaryFolder()
    let program = folder.add("ffmpeg", "#!/bin/sh\n")
    chmod(program, 0o755)
    let feed = try AddressFeed(
      address: "rtsp://user:p@ss@cam:554/1?a=@b", searchPath: folder.path)
    #expect(feed.name == "rtsp://…@cam:554/1?a=@b")
    #expect(throws: LabelError.self) {
      try AddressFeed(address: "rtsp://cam", searchPath: folder.path + "/none")
    }
  }

  /// A playlist from outside must not name files of this machine.
  @Test func theChildOpensNoFiles() throws {
    let arguments = AddressFeed.arguments(address: "http://x/list.m3u8")
    let place = try #require(arguments.firstIndex(of: "-protocol_whitelist"))
    let protocols = arguments[place + 1].split(separator: ",")
    for name in ["file", "pipe", "fd", "concat", "subfile", "cache", "unix"] {
      #expect(!protocols.contains(Substring(name)))
    }
  }
}

// @unchecked: the lines are touched under `lock` only.
private final class Warnings: @unchecked Sendable {
  private let lock = NSLock()
  private var lines: [String] = []

  func add(_ line: String) { lock.withLock { lines.append(line) } }
  var all: [String] { lock.withLock { lines } }
}
