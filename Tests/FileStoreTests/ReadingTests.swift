import FileStore
import Foundation
import TestSupport
import Testing

@Suite struct RegularFileTests {
  let folder = ScratchFolder()

  @Test func refusesWhatIsNoRegularFile() throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    for path in [folder.path, folder("pipe"), "/dev/zero"] {
      let error = #expect(throws: FileStoreError.self) { try RegularFile.read(path) }
      #expect(error?.code == .notRegular, "\(path)")
      #expect(error?.message.hasPrefix(path + ": ") == true)
    }
    let missing = #expect(throws: FileStoreError.self) { try RegularFile.read(folder("none")) }
    #expect(missing?.code == .notFound)
  }

  @Test func refusesTooLargeFilesBeforeReading() throws {
    try AtomicFile.write("12345", to: folder("five"))
    #expect(try RegularFile.read(folder("five"), maximumBytes: 5).count == 5)
    let error = #expect(throws: FileStoreError.self) {
      try RegularFile.read(folder("five"), maximumBytes: 4)
    }
    #expect(error?.code == .tooLarge)
  }

  @Test func readsTextWithoutByteOrderMark() throws {
    try AtomicFile.write([0xEF, 0xBB, 0xBF] + Array("ä".utf8), to: folder("text"))
    #expect(try RegularFile.readText(folder("text")) == "ä")
    try AtomicFile.write([0x41, 0xFF], to: folder("bad"))
    let error = #expect(throws: FileStoreError.self) { try RegularFile.readText(folder("bad")) }
    #expect(error?.code == .format)
  }

  @Test func messagesStayOnOneLine() {
    let error = #expect(throws: FileStoreError.self) { try RegularFile.read(folder("a\nb\u{1B}")) }
    #expect(error?.message.hasPrefix(folder("a\\nb\\u{1b}") + ": ") == true)
  }
}

@Suite struct PathTextTests {
  @Test(arguments: [
    ("a/b.txt", "a", "b.txt", "b"), ("b.tar.gz", ".", "b.tar.gz", "b.tar"),
    ("/b", "/", "b", "b"), ("a//b/", "a", "b", "b"), (".hidden", ".", ".hidden", ".hidden"),
    ("ä/ü.é", "ä", "ü.é", "ü"),
  ])
  func cutsPaths(path: String, folder: String, name: String, stem: String) {
    #expect(PathText.folder(of: path) == folder)
    #expect(PathText.name(of: path) == name)
    #expect(PathText.stem(of: path) == stem)
  }
}

@Suite struct DigestTests {
  let folder = ScratchFolder()

  /// Examples of FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func equalsTheStandardsExamples(text: String, digest: String) throws {
    #expect(Digest.sha256(text) == digest)
    try AtomicFile.write(text, to: folder("f"))
    #expect(try Digest.sha256(file: folder("f")) == digest)
  }

  @Test(arguments: [262_143, 262_144, 600_000])
  func piecesGiveTheSameDigest(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    var hash = SHA256()
    for start in stride(from: 0, to: count, by: 100_000) {
      hash.update(Array(bytes[start..<min(count, start + 100_000)]))
    }
    let digest = hash.finish()
    #expect(digest == Digest.sha256(bytes))
    try AtomicFile.write(bytes, to: folder("f"))
    #expect(try Digest.sha256(file: folder("f")) == digest)
  }
}
