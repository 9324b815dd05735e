import FileStore
import Foundation
import TestSupport
import Testing

@Suite struct NamesAndPiecesTests {
  let folder = ScratchFolder()

  @Test(arguments: ["n", "ü", "👩‍👩‍👧"])
  func longNamesAreCutAndStayApart(letter: String) throws {
    let stem = String(repeating: letter, count: 300)
    let name = FileName.joining(stem, ".vtt")
    #expect(name.utf8.count <= 255 && name.hasSuffix(".vtt") && name.hasPrefix(letter))
    #expect(name != FileName.joining(stem + letter, ".vtt"))
    #expect(FileName.joining("a", ".vtt") == "a.vtt")
    try AtomicFile.write("x", to: folder(name))
    #expect(folder.names == [name])
  }

  /// One letter of many bytes fifty times: more than a temporary name has room for.
  @Test func namesOfWideLettersHaveRoomForATemporaryName() throws {
    let name = String(repeating: "e" + String(repeating: "\u{301}", count: 5), count: 23)
    try AtomicFile.write("x", to: folder(name))
    #expect(folder.names == [name])
  }

  /// A name shows what it is: one that turns its text around would show another suffix.
  @Test(arguments: [
    ("a\nb.mp4", "a\\nb.mp4"), ("a\u{1B}[2J", "a\\u{1b}[2J"),
    ("a\u{202E}4pm.exe", "a\\u{202e}4pm.exe"),
    ("שלום.mp4", "שלום.mp4"), ("🎬", "🎬"),
  ]) func namesAreShownAsTheyAre(name: String, shown: String) {
    #expect(PathText.display(name) == shown)
  }

  @Test func linesComeOneByOne() throws {
    try AtomicFile.write("one\n\nthree", to: folder("a"))
    var reader = try LineReader(folder("a"), longest: 5)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(lines == ["one", "", "three"])
    let number = reader.number
    #expect(number == 3)
  }

  @Test func aLineWithoutEndIsAnError() throws {
    try AtomicFile.write("one\n" + String(repeating: "x", count: 1_000_000), to: folder("a"))
    var reader = try LineReader(folder("a"), longest: 1000)
    _ = try reader.next()
    do throws(FileStoreError) {
      _ = try reader.next()
      Issue.record("it was read")
    } catch {
      #expect(error.code == .tooLarge && error.message.contains("line 2"))
    }
  }

  @Test func aPipeWithoutAWriterIsEmpty() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(try PipedFile.read(folder("pipe"), maximumBytes: 10) == [])
  }

  @Test func aPipeIsReadToItsEnd() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    let path = folder("pipe")
    Thread { FileHandle(forWritingAtPath: path)?.write(Data("content".utf8)) }.start()
    // The writer may not have come yet, and then there is nothing.
    var bytes: [UInt8] = []
    for _ in 0..<100 where bytes.isEmpty {
      bytes = try PipedFile.read(path, maximumBytes: 10)
      usleep(10_000)
    }
    #expect(bytes == Array("content".utf8))
  }

  @Test(arguments: ["/dev/zero", "/dev/full"])
  func devicesAreNoLists(path: String) {
    let error = #expect(throws: FileStoreError.self) {
      try PipedFile.read(path, maximumBytes: 1000)
    }
    #expect(error?.code == .notRegular)
  }

  @Test func copiesKeepTimesAndNeverReplace() throws {
    try AtomicFile.write("content", to: folder("a"))
    let time = Date(timeIntervalSince1970: 1_000_000)
    try FileManager.default.setAttributes(
      [.modificationDate: time, .posixPermissions: 0o640], ofItemAtPath: folder("a"))
    #expect(try AtomicFile.copy(folder("a"), toNew: folder("b")))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder("b"))
    #expect(attributes[.modificationDate] as? Date == time)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
    #expect(try RegularFile.haveSameContent(folder("a"), folder("b")))

    try AtomicFile.write("another", to: folder("c"))
    #expect(try !AtomicFile.copy(folder("a"), toNew: folder("c")))
    #expect(try RegularFile.readText(folder("c")) == "another")
    #expect(try !RegularFile.haveSameContent(folder("a"), folder("c")))
    #expect(folder.names == ["a", "b", "c"])
  }

  /// Every write once listed its folder, which took ten times as long as writing in one like this.
  @Test func aFolderOfManyResultsStaysFast() throws {
    let many = ScratchFolder()
    for number in 0..<20_000 {
      #expect(FileManager.default.createFile(atPath: many("old\(number)"), contents: nil))
    }
    func write(into folder: ScratchFolder) throws -> Duration {
      try ContinuousClock().measure {
        for number in 0..<300 { try AtomicFile.write("x", to: folder("\(number)")) }
      }
    }
    let few = try write(into: folder)
    #expect(try write(into: many) < few * 4 + .seconds(1))
    #expect(many.names.count == 20_300)
  }
}
