import FileStore
import TestSupport
import Testing

@Suite struct FolderLockTests {
  @Test func oneAtATime() throws {
    let scratch = ScratchFolder()
    var first: FolderLock? = try FolderLock(scratch.path)
    let refused = #expect(throws: FileStoreError.self) { try FolderLock(scratch.path) }
    #expect(refused?.code == .busy)
    #expect(refused?.description.hasPrefix(scratch.path) == true)
    withExtendedLifetime(first) {}
    first = nil
    _ = try FolderLock(scratch.path)
    #expect(scratch.names.isEmpty)
  }
}
