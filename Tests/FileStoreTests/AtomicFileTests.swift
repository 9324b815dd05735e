import FileStore
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder = ScratchFolder()

  struct Interruption: Error {}

  @Test(arguments: [0, 1, 4095, 262_144, 1_000_003])
  func writesAllBytes(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try AtomicFile.write(bytes, to: folder("a"))
    #expect(try RegularFile.read(folder("a")) == bytes)
    try AtomicFile.write(to: folder("b")) { writer in
      for start in stride(from: 0, to: count, by: 70_001) {
        try writer.write(Array(bytes[start..<min(count, start + 70_001)]))
      }
    }
    #expect(try RegularFile.read(folder("b")) == bytes)
    #expect(folder.names == ["a", "b"])
  }

  @Test func aFailureKeepsTheOldFileAndLeavesNothing() throws {
    try AtomicFile.write("old", to: folder("model"))
    #expect(throws: Interruption.self) {
      try AtomicFile.write(to: folder("model")) { writer in
        try writer.write([UInt8](repeating: 7, count: 1_000_000))
        throw Interruption()
      }
    }
    #expect(try RegularFile.readText(folder("model")) == "old")
    #expect(folder.names == ["model"])
  }

  @Test func writesThroughSymbolicLinksAndKeepsPermissions() throws {
    try AtomicFile.write("old", to: folder("real"))
    #expect(chmod(folder("real"), 0o640) == 0)
    #expect(symlink("real", folder("link")) == 0)
    try AtomicFile.write("new", to: folder("link"))
    #expect(try RegularFile.readText(folder("real")) == "new")
    var status = stat()
    #expect(lstat(folder("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(folder("real"), &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test func removesWhatAKilledWriterLeft() throws {
    try AtomicFile.write("half", to: folder(".model.99999-abc123.tmp"))
    try AtomicFile.write("other", to: folder(".other.99999-abc123.tmp"))
    try AtomicFile.write("new", to: folder("model"))
    #expect(folder.names == [".other.99999-abc123.tmp", "model"])
  }

  @Test func leavesTheTemporaryFileOfALivingWriterAlone() throws {
    try AtomicFile.write(to: folder("model")) { writer in
      try writer.write("outer")
      try AtomicFile.write("inner", to: folder("model"))
    }
    #expect(try RegularFile.readText(folder("model")) == "outer")
    #expect(folder.names == ["model"])
  }

  @Test(arguments: [1, 1_000_000])
  func aFullDiskIsReported(count: Int) {
    let error = #expect(throws: FileStoreError.self) {
      try AtomicFile.write([UInt8](repeating: 1, count: count), to: "/dev/full")
    }
    #expect(error?.code == .noSpace)
    #expect(error?.message.hasPrefix("/dev/full: ") == true)
    #expect(error?.message.contains("free some space") == true)
  }

  @Test func writesToDevices() throws {
    try AtomicFile.write("gone", to: "/dev/null")
  }

  @Test func namesTheFolderThatIsMissing() {
    let error = #expect(throws: FileStoreError.self) {
      try AtomicFile.write("x", to: folder("no/such/model"))
    }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("\(folder.path)/no/such is not a folder") == true)
  }

  @Test func refusesAFolderAsFile() {
    let error = #expect(throws: FileStoreError.self) { try AtomicFile.write("x", to: folder.path) }
    #expect(error?.code == .notRegular)
  }

  /// `/proc` takes no new files, whoever asks: a read-only place even for root.
  @Test func aFolderThatTakesNoFilesIsAnError() {
    let error = #expect(throws: FileStoreError.self) {
      try AtomicFile.write("x", to: "/proc/model")
    }
    #expect(error?.message.hasPrefix("/proc/model: ") == true)
    #expect(throws: FileStoreError.self) { try Folder.create("/proc/models") }
  }

  @Test func longNamesStillHaveRoomForATemporaryName() throws {
    let name = String(repeating: "ü", count: 127)
    try AtomicFile.write("x", to: folder(name))
    #expect(folder.names == [name])
  }

  @Test func makesFoldersDown() throws {
    try Folder.create(folder("a/b/c"))
    try Folder.create(folder("a/b/c/"))
    #expect(Folder.exists(folder("a/b/c")))
    try AtomicFile.write("x", to: folder("file"))
    let error = #expect(throws: FileStoreError.self) { try Folder.create(folder("file/below")) }
    #expect(error?.message.hasPrefix(folder("file") + ": ") == true)
  }
}
