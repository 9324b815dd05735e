import Foundation
import Testing

@testable import Labelling

@Suite struct DoneListTests {
  let folder = TemporaryFolder()

  private func record(_ path: String, status: LabelRecord.Status = .ok) throws -> LabelRecord {
    var record = status == .error ? Example.broken : Example.walk
    record.path = MediaPath(path)
    record.status = status
    let identity = try #require(FileIdentity(media: record.path))
    record.size = identity.size
    record.modified = identity.modified
    return record
  }

  private func state(
    _ list: DoneList, _ path: String, model: String = "sha256:ab", settings: String = "cd"
  ) -> DoneList.State {
    let path = MediaPath(path)
    return list.state(
      of: path, identity: FileIdentity(media: path), model: model, settings: settings)
  }

  @Test func finishedMoviesAreKnownUntilSomethingChanges() throws {
    let path = folder.add("a.mp4", "12345")
    let record = try record(path)
    var list = DoneList()
    list.add(line: record.json.text)
    #expect(state(list, path) != .new)
    #expect(state(list, path, model: "sha256:other") == .new)
    #expect(state(list, path, settings: "other") == .new)
    #expect(state(list, folder.add("b.mp4")) == .new)
    folder.add("a.mp4", "123456")
    #expect(state(list, path) == .new)
  }

  @Test func aTouchedFileIsLabelledAgain() throws {
    let path = folder.add("a.mp4", "12345")
    var list = DoneList()
    list.add(line: try record(path).json.text)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000.5)], ofItemAtPath: path)
    #expect(state(list, path) == .new)
  }

  @Test func failuresAndMissingFilesAreRemembered() throws {
    let path = folder.add("bad.mp4", "x")
    var list = DoneList()
    list.add(line: try record(path, status: .error).json.text)
    var missing = Example.broken
    missing.path = MediaPath(folder.path + "/gone.mp4")
    list.add(line: missing.json.text)
    for path in [path, missing.path.text] {
      guard case .failed = state(list, path) else {
        Issue.record("\(path) should be known as failed")
        continue
      }
    }
  }

  @Test func theLastRecordCounts() throws {
    let path = folder.add("a.mp4", "x")
    var list = DoneList()
    list.add(line: try record(path, status: .error).json.text)
    list.add(line: try record(path).json.text)
    guard case .done = state(list, path) else {
      Issue.record("the later record says it is done")
      return
    }
  }

  @Test func tornLinesArePassedOver() throws {
    let path = folder.add("a.mp4", "x")
    let line = try record(path).json.text
    var list = DoneList()
    list.add(line: line.prefix(line.count / 2))
    list.add(line: "")
    #expect(state(list, path) == .new)
    #expect(list.unreadableLines == 1)
    list.add(line: line)
    #expect(state(list, path) != .new)
  }
}

@Suite struct MergedRecordsTests {
  private func record(_ path: String, _ status: LabelRecord.Status, score: Double = 0.5)
    -> LabelRecord
  {
    var record = LabelRecord(path: MediaPath(path), status: status)
    record.score = score
    return record
  }

  @Test func duplicatesGoAndPathsAreSorted() {
    let merged = MergedRecords([
      record("b", .ok, score: 0.1), record("a", .error), record("B", .ok), record("a", .partial),
      record("a", .error), record("b", .ok, score: 0.2), record("c", .error),
    ])
    #expect(merged.records.map(\.path.text) == ["B", "a", "b", "c"])
    #expect(merged.records.map(\.status) == [.ok, .partial, .ok, .error])
    #expect(merged.records[2].score == 0.2)
    #expect(merged.duplicateCount == 3)
    #expect(merged.failed.map(\.path.text) == ["c"] && merged.partial.map(\.path.text) == ["a"])
  }

  @Test(arguments: [(20, 5.0, true), (10, 6.0, true), (10, 5.0, false), (0, 0, false)])
  func aMovieThatWasReplacedIsTold(size: Int64, modified: Double, isReplaced: Bool) {
    var (old, new) = (record("a", .ok), record("a", .ok))
    (old.size, old.modified, new.size, new.modified) = (10, 5, size, modified)
    #expect(MergedRecords([old, new]).replaced == (isReplaced ? [MediaPath("a")] : []))
    // Told once, however the records of other movies lie between.
    let all = MergedRecords([old, record("b", .ok), new, record("b", .ok), old])
    #expect(all.replaced == (isReplaced ? [MediaPath("a")] : []))
  }

  @Test func whatIsExpectedAndMissingIsFound() {
    let merged = MergedRecords([record("a", .ok)])
    let expected = ["z", "a", "y", "z"].map { MediaPath($0) }
    #expect(merged.missing(from: expected).map(\.text) == ["z", "y"])
  }
}

@Suite struct OrderedOutputTests {
  @Test func resultsLeaveInTheOrderOfTheInputs() {
    var output = OrderedOutput<String>()
    #expect(output.add("b", at: 1) == [])
    #expect(output.add("d", at: 3) == [])
    #expect(output.add("a", at: 0) == ["a", "b"])
    #expect(output.drain() == ["d"])
  }
}

@Suite struct RecordJournalTests {
  let folder = TemporaryFolder()

  private func record(_ name: String) -> LabelRecord {
    var record = Example.walk
    record.path = MediaPath(folder.add(name, name))
    let identity = FileIdentity(media: record.path)!
    record.size = identity.size
    record.modified = identity.modified
    return record
  }

  private func isDone(_ journal: RecordJournal, _ record: LabelRecord) -> Bool {
    let identity = FileIdentity(media: record.path)
    return journal.done.state(
      of: record.path, identity: identity, model: record.model!, settings: record.settings!)
      == .done(record)
  }

  @Test func aRunKilledInMidRecordLosesOnlyThatRecord() throws {
    var (first, second) = (record("a.mp4"), record("b.mp4"))
    first.segments[1].score = 0.5
    second.segments[1].score = 0.5
    let path = folder.path + "/labels.jsonl"
    try RecordJournal(path: path).append(first)
    let torn = second.json.text.prefix(60)
    folder.add("labels.jsonl", first.json.text + "\n" + torn)

    let journal = try RecordJournal(path: path)
    #expect(isDone(journal, first))
    #expect(!isDone(journal, second))
    try journal.append(second)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == first.json.text + "\n" + second.json.text + "\n")
  }

  @Test func otherShardsCountAsDone() throws {
    var other = record("a.mp4")
    other.segments[1].score = 0.5
    let part = folder.add("part-00000-of-00002.jsonl", other.json.text + "\n")
    let journal = try RecordJournal(
      path: folder.path + "/part-00001-of-00003.jsonl", others: [part])
    #expect(isDone(journal, other))
  }

  @Test(arguments: ["precious film", "precious film\nwith lines\n", "{\"a\":1}\n"])
  func foreignFilesAreLeftAlone(content: String) throws {
    let path = folder.add("film.mp4", content)
    #expect(throws: LabelError.self) { try RecordJournal(path: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
  }

  @Test(arguments: ["", "{", "{\"path\":\"a.m"])
  func emptyAndTornFilesAreBegunAnew(content: String) throws {
    let path = folder.add("labels.jsonl", content)
    let first = record("a.mp4")
    try RecordJournal(path: path).append(first)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == first.json.text + "\n")
  }

  @Test func listsAndLinesAreReadAlike() throws {
    var first = record("a.mp4")
    first.segments[1].score = 0.5
    for format in [OutputFormat.json, .jsonl] {
      let path = folder.add("x." + format.fileExtension, format.render([first, Example.broken]))
      #expect(try RecordFile.read(path).records == [first, Example.broken])
    }
    let torn = folder.add("y.jsonl", first.json.text + "\n{\"pa")
    #expect(try RecordFile.read(torn).records == [first])
    #expect(try RecordFile.read(torn).badLines == 1)
    #expect(throws: LabelError.self) { try RecordFile.read(folder.add("z", "nothing here")) }
  }
}
