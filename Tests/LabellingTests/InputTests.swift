import Foundation
import Testing

@testable import Labelling

/// By extension alone, as the tests need no decoder.
struct ExtensionKinds: MediaClassifying {
  func isVideo(name: MediaPath) -> Bool { name.fileExtension == "mp4" }
  func isImage(name: MediaPath) -> Bool { name.fileExtension == "png" }
}

/// A folder that is gone after the test.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "vidclass-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file below the folder, with the folders above it.
  @discardableResult
  func add(_ name: String, _ text: String = "") -> String { add(name, Array(text.utf8)) }

  @discardableResult
  func add(_ name: String, _ bytes: [UInt8]) -> String {
    let file = path + "/" + name
    let folder = (file as NSString).deletingLastPathComponent
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

@Suite struct InputTests {
  private func find(_ paths: [String]) -> MediaFinder {
    var finder = MediaFinder(kinds: ExtensionKinds())
    for path in paths { finder.add(MediaPath(path)) }
    return finder
  }

  @Test func foldersAreSearchedInAStableOrder() {
    let folder = TemporaryFolder()
    for name in ["b/2.mp4", "b/10.mp4", "a.mp4", "B.mp4", "c/notes.txt", ".hidden/x.mp4", ".x.mp4"]
    {
      folder.add(name)
    }
    for name in ["clip/frame_1.png", "clip/frame_2.png"] { folder.add(name) }
    let found = find([folder.path + "/"])
    #expect(
      found.jobs.map(\.relativePath.text)
        == ["B.mp4", "a.mp4", "b/10.mp4", "b/2.mp4", "clip"])
    #expect(found.jobs[1].path.text == folder.path + "/a.mp4")
    #expect(found.ignoredCount == 1)
    #expect(found.warnings.isEmpty)
  }

  @Test func namedFilesAreAlwaysTaken() {
    let found = find(["nothing.txt", "./also", "nothing.txt"])
    #expect(found.jobs.map(\.path.text) == ["nothing.txt", "./also"])
  }

  @Test func imagesBesideMoviesAreNoClip() {
    let folder = TemporaryFolder()
    folder.add("a.mp4")
    folder.add("thumbnail.png")
    let found = find([folder.path])
    #expect(found.jobs.map(\.relativePath.text) == ["a.mp4"])
    #expect(found.ignoredCount == 1)
  }

  @Test func aNamedImageFolderIsOneClip() {
    let folder = TemporaryFolder()
    folder.add("001.png")
    #expect(find([folder.path]).jobs.map(\.path.text) == [folder.path])
  }

  @Test func foldersThatContainThemselvesEnd() throws {
    let folder = TemporaryFolder()
    folder.add("sub/a.mp4")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/sub/loop", withDestinationPath: folder.path)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/notes", withDestinationPath: "nowhere")
    let found = find([folder.path])
    #expect(found.jobs.count == 1)
    #expect(found.repeatedFolderCount == 1 && found.unreadableCount == 1)
  }

  @Test func emptyFoldersAreReported() {
    let folder = TemporaryFolder()
    folder.add("notes.txt")
    let found = find([folder.path])
    #expect(found.jobs.isEmpty)
    #expect(found.warnings.count == 1 && found.warnings[0].hasPrefix(folder.path + ": no movies"))
  }

  @Test func namesNeedNotBeText() {
    let folder = TemporaryFolder()
    let name: [UInt8] = [0x66, 0xFF, 0x2E, 0x6D, 0x70, 0x34]
    let path = MediaPath(folder.path).appending(name)
    let descriptor = path.withCPath { open($0, O_CREAT | O_WRONLY, 0o600) }
    #expect(descriptor >= 0)
    close(descriptor)
    #expect(find([folder.path]).jobs.map(\.path.bytes) == [path.bytes])
    path.withOpenableString { text in
      #expect(FileManager.default.fileExists(atPath: text))
    }
  }

  @Test func listsAreSplit() {
    let lines = PathList.parse(Array("a b.mp4\r\n\nc.mp4".utf8), separator: .line)
    #expect(lines.map(\.text) == ["a b.mp4", "c.mp4"])
    let zeros = PathList.parse(Array("a\nb.mp4\0c.mp4\0".utf8), separator: .zero)
    #expect(zeros.map(\.text) == ["a\nb.mp4", "c.mp4"])
  }

  @Test func pathsComeApart() {
    #expect(MediaPath("a/b.tar.MP4/").name.text == "b.tar.MP4")
    #expect(MediaPath("a/b.MP4").fileExtension == "mp4")
    #expect(MediaPath(".mp4").fileExtension == "")
    #expect(MediaPath("a//").appending(Array("b".utf8)).text == "a/b")
    #expect(MediaPath(".").appending(Array("b".utf8)).text == "b")
    #expect(MediaPath("/").appending(Array("b".utf8)).text == "/b")
    #expect(MediaPath("e\u{301}") != MediaPath("\u{e9}"))
  }

  @Test func folderIdentityIsThatOfItsImages() throws {
    let folder = TemporaryFolder()
    folder.add("1.png", "12345")
    folder.add("2.png", "123")
    let identity = try #require(FileIdentity(media: MediaPath(folder.path)))
    #expect(identity.size == 8)
    folder.add("2.png", "1234")
    #expect(FileIdentity(media: MediaPath(folder.path))?.size == 9)
    #expect(FileIdentity(MediaPath(folder.path + "/nothing")) == nil)
  }
}
