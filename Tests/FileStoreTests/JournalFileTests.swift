import FileStore
import Foundation
import TestSupport
import Testing

@Suite struct JournalFileTests {
  let folder = ScratchFolder()

  @Test func keepsLinesAcrossOpenings() throws {
    do {
      let journal = try JournalFile(path: folder("j"))
      #expect(try journal.lines() == [])
      try journal.append("one")
      try journal.append("")
    }
    let journal = try JournalFile(path: folder("j"))
    #expect(try journal.lines() == ["one", ""])
    try journal.append("ü")
    #expect(try journal.lines() == ["one", "", "ü"])
    #expect(try RegularFile.readText(folder("j")) == "one\n\nü\n")
  }

  /// A crash may tear the last line anywhere.
  @Test(arguments: 0...14)
  func aTornLastLineIsDropped(length: Int) throws {
    let whole = "first\nsecond\n3"
    let torn = Array(whole.utf8.prefix(length))
    try AtomicFile.write(torn, to: folder("j"))
    let expected = ["first", "second"].prefix(torn.filter { $0 == 10 }.count)
    let journal = try JournalFile(path: folder("j"))
    #expect(try journal.lines() == Array(expected))
    #expect(try RegularFile.read(folder("j")) == torn, "opening must not change the file")
    try journal.append("new")
    #expect(try journal.lines() == expected + ["new"])
    #expect(try RegularFile.readText(folder("j")).hasSuffix("new\n"))
  }

  @Test func linesLongerThanThePieceReadAtOnce() throws {
    let journal = try JournalFile(path: folder("j"))
    let lines = [100_000, 300_000, 5, 262_143, 262_144].map { String(repeating: "x", count: $0) }
    for line in lines { try journal.append(line) }
    #expect(try journal.lines() == lines)
    // And a torn tail longer than the pieces searched from the end.
    let bytes = try RegularFile.read(folder("j"))
    try AtomicFile.write(bytes + [UInt8](repeating: 65, count: 200_000), to: folder("k"))
    #expect(try JournalFile(path: folder("k")).lines() == lines)
  }

  @Test func aSecondWriterIsRefused() throws {
    let first = try JournalFile(path: folder("j"))
    let error = #expect(throws: FileStoreError.self) { try JournalFile(path: folder("j")) }
    #expect(error?.code == .busy)
    try first.append("still mine")
  }

  @Test func appendsFromManyThreadsStayWhole() throws {
    let journal = try JournalFile(path: folder("j"))
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for count in 0..<20 {
        try? journal.append("\(thread) \(count) " + String(repeating: "y", count: 200))
      }
    }
    let lines = try journal.lines()
    #expect(lines.count == 160)
    #expect(lines.allSatisfy { $0.hasSuffix(String(repeating: "y", count: 200)) })
  }

  @Test func aFullDiskIsReported() throws {
    let journal = try JournalFile(path: "/dev/full")
    #expect(try journal.lines() == [])
    let error = #expect(throws: FileStoreError.self) { try journal.append("x") }
    #expect(error?.code == .noSpace)
    #expect(error?.path == "/dev/full")
  }

  @Test func aRemovedJournalTakesNoMore() throws {
    let journal = try JournalFile(path: folder("j.jsonl"))
    try journal.append("one")
    try journal.requireLinked()
    try FileManager.default.removeItem(atPath: folder("j.jsonl"))
    for use in [{ try journal.append("two") }, { try journal.requireLinked() }]
      as [() throws -> Void]
    {
      #expect(throws: FileStoreError.self, performing: use)
      do { try use() } catch let error as FileStoreError {
        #expect(error.code == .notFound && error.message.contains("was removed"))
      }
    }
  }

  @Test func opensNothingInAMissingFolder() {
    let error = #expect(throws: FileStoreError.self) { try JournalFile(path: folder("no/j")) }
    #expect(error?.code == .notFound)
  }

  /// Without a bound its end would be looked for in all of it.
  @Test func aFileWithoutLinesIsNoJournal() throws {
    #expect(FileManager.default.createFile(atPath: folder("zeros"), contents: nil))
    #expect(truncate(folder("zeros"), 1 << 40) == 0)
    let error = #expect(throws: FileStoreError.self) { try JournalFile(path: folder("zeros")) }
    #expect(error?.code == .tooLarge && error?.message.hasPrefix(folder("zeros")) == true)
  }
}
