import FileStore
import Foundation
import TestSupport
import Testing
import VideoDecoding

@testable import Labelling

/// What a review page is made of, without a browser.
@Suite struct ReviewTests {
  @Test(arguments: [1, 5, 12, 13, 47, 48, 49, 100, 1000, 5000])
  func aStripShowsAllOfTheMovie(frames: Int) throws {
    var strip = StripFrames(width: 2, height: 1, channels: 1)
    var kept = 0
    for frame in 0..<frames where strip.wants(Double(frame) / 25) {
      strip.keep([UInt8(frame % 256), 0], at: Double(frame) / 25)
      kept += 1
    }
    let duration = Double(frames) / 25
    let stack = try #require(strip.stack(duration: duration))
    #expect(stack.count == min(12, frames) && kept <= max(frames / 4, 500))
    for (part, time) in stack.times.enumerated() {
      let middle = (Double(part) + 0.5) / Double(stack.count) * duration
      #expect(time <= middle + 1e-6 && middle - time <= duration / 12 + 0.04)
    }
    #expect(StripFrames(width: 1, height: 1, channels: 1).stack(duration: 1) == nil)
  }

  private func strip(_ seed: UInt8) throws -> MovieStrip {
    let stack = FrameStack(
      count: 12, height: 32, width: 32, channels: 3,
      pixels: (0..<12 * 32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed)) },
      times: (0..<12).map(Double.init))
    let info = try ClipReader(path: Repository.path + "/clips/left/scene01_left_01.mp4").info
    return try #require(MovieStrip(stack, info: info))
  }

  @Test func picturesStayWithinTheirBudget() throws {
    let one = try strip(1)
    #expect(one.jpeg.count <= 5000 && one.jpeg.starts(with: [0xFF, 0xD8]))
    let store = StripStore(budget: 10 * one.jpeg.count)
    for number in 0..<40 {
      store.add(one, of: MediaPath("\(number)"), doubt: Double(number) / 40)
    }
    let kept = (0..<40).filter { store.strip(of: MediaPath("\($0)")) != nil }
    #expect((5...10).contains(kept.count))
    // Those that are doubted most are still there.
    #expect(kept.suffix(5) == [35, 36, 37, 38, 39])
  }

  @Test(arguments: [
    ("videos/a.mp4", "out", "../videos/a.mp4"), ("videos/a.mp4", "videos", "a.mp4"),
    ("videos/a.mp4", ".", "videos/a.mp4"), ("./x/../a b#?%.mp4", ".", "a%20b%23%3F%25.mp4"),
    ("/data/a.mp4", "/home/me", "../../data/a.mp4"), ("/work/here/a.mp4", "sub/", "../a.mp4"),
    ("javascript:alert(1).mp4", ".", "javascript%3Aalert%281%29.mp4"),
  ])
  func addressesLeadFromThePageToTheMovie(path: String, folder: String, address: String) {
    #expect(
      MovieAddress.relative(MediaPath(path), from: folder, current: "/work/here") == address)
  }

  @Test func anAddressKeepsBytesThatAreNoText() {
    let path = MediaPath(bytes: Array("a".utf8) + [0xFF] + Array(".mp4".utf8))
    #expect(MovieAddress.relative(path, from: ".", current: "/w") == "a%FF.mp4")
  }

  private func record(_ name: String, doubt: Double) -> LabelRecord {
    var record = LabelRecord(path: MediaPath(name), status: .ok)
    record.label = "walk"
    record.score = 0.9
    record.scores = [.init(label: "walk", score: 0.9), .init(label: "run", score: 0.1)]
    record.duration = 2
    record.segments = [
      .init(start: 0, end: 1, label: "walk", score: 0.9, doubt: doubt),
      .init(start: 1, end: 2, label: "run", score: 0.8, doubt: doubt / 2),
    ]
    return record
  }

  private func page(_ records: [LabelRecord], doubtful: Int? = nil) throws -> String {
    let collector = ReviewCollector(
      .init(doubtful: doubtful, groupBy: nil, model: "m", classes: ["walk", "run"]))
    for (index, record) in records.enumerated() { collector.add(record, at: index) }
    return try collector.page(folder: ".", current: "/", limits: .standard, threads: 1).html()
  }

  private func movies(_ html: String) throws -> [[String: Any]] {
    let opening = "<script type=\"application/json\" id=\"review\">"
    let start = try #require(html.range(of: opening)).upperBound
    let end = try #require(html.range(of: "</script>", range: start..<html.endIndex)).lowerBound
    let data = try JSONSerialization.jsonObject(with: Data(html[start..<end].utf8))
    return try #require((data as? [String: Any])?["movies"] as? [[String: Any]])
  }

  @Test func recordsAreInThePageAsTheyAre() throws {
    let names = ["</script><script>alert(1)</script>.mp4", "a\"b'\n\u{2028}.mp4", "שלום 🎬.mp4"]
    var records = names.map { record($0, doubt: 0.5) }
    records.append(
      LabelRecord(path: MediaPath(bytes: [0x61, 0xFF]), status: .error))
    records[3].failure = .init(code: "FORMAT", message: "a: <b>no video</b>")
    let html = try page(records)
    #expect(html.components(separatedBy: "<script").count == 3)
    let found = try movies(html)
    for (movie, record) in zip(found, records) {
      #expect(movie["record"] as? String == record.json.text)
      #expect(movie["doubts"] as? [Double] == record.doubts)
    }
    #expect(found.count == 4)
    // The key is the record's: the same when the page grows.
    let alone = try movies(page([records[1]]))
    #expect(alone[0]["key"] as? String == found[1]["key"] as? String)
  }

  @Test func onlyThoseThatAreAskedForAreInIt() throws {
    let records = (0..<20).map { record("\($0).mp4", doubt: $0 == 7 ? 1 : Double($0) / 40) }
    let found = try movies(page(records, doubtful: 3))
    #expect(found.count <= 3)
    let asked = found.flatMap { $0["asked"] as? [Int] ?? [] }
    #expect(
      asked.count == 3 && found.contains { ($0["record"] as? String)?.contains("7.mp4") == true })
  }
}
