import Foundation
import Testing
import VideoDecoding

/// Clips of pictures: sequences, stacks of pages, zipped folders, animations.
@Suite struct PictureClipTests {
  /// What `Tests/Fixtures/make-picture-clips.py` makes, once for the process.
  private static let folder: String = {
    let folder = Fixtures.path("picture-clips")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/make-picture-clips.py").path
    let result = Fixtures.run("/usr/bin/env", ["python3", script, folder])
    precondition(result.status == 0, "make-picture-clips.py failed: \(result.errors)")
    return folder
  }()

  private static func pixels(_ name: String) throws -> (pixels: [UInt8], info: VideoInfo) {
    let reader = try ClipReader(path: "\(folder)/\(name)")
    let frames = try reader.evenFrames(limit: 99, size: nil, layout: .rgb)
    #expect(!frames.isPartial, "\(name): \(frames.warnings)")
    return (frames.stack.pixels, reader.info)
  }

  /// Twelve pictures each, of formats without loss.
  @Test(arguments: [
    "bmp", "tif", "webp", "stack.tif", "motorola.tiff", "deflated.zip", "stored.zip",
    "climbing.zip", "moving.apng",
  ])
  func holdsTheSamePictures(name: String) throws {
    let right = try Self.pixels("png")
    #expect(right.info.frameCount == 12 && right.pixels.count == 12 * 40 * 24 * 3)
    let found = try Self.pixels(name)
    #expect(found.info.width == 40 && found.info.height == 24)
    #expect(found.pixels == right.pixels)
  }

  @Test func realMediaIsAMovie() throws {
    let info = try Self.pixels("old.rm").info
    #expect(info.container == "rm" && info.codec == "rv20" && info.width == 40)
  }

  @Test(arguments: [
    ("two.zip", DecodeError.Code.format, "holds images in 2 folders"),
    ("none.zip", .noFrames, "without numbered images"), ("text.zip", .format, "no zip archive"),
    ("short.zip", .format, "a zip archive without its directory"),
    ("locked.zip", .format, "frame_0003.png is encrypted"),
    ("method.zip", .format, "frame_0003.png is packed by method 12"),
    ("circle.tif", .format, "go round in a circle"), ("cut.tif", .format, "lies behind its end"),
    ("tif/frame_0001.tif", .format, "is a single picture"),
    ("webp/frame_0001.webp", .format, "of which FFmpeg plays the first frame at most"),
    ("bmp/frame_0001.bmp", .format, "a single picture; give a folder"),
  ])
  func refusesWithWhatWouldDo(name: String, code: DecodeError.Code, says: String) {
    let error = #expect(throws: DecodeError.self) {
      try ClipReader(path: "\(Self.folder)/\(name)")
    }
    #expect(error?.code == code && error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  /// One forged entry costs its own picture, and no more memory than a picture may take.
  @Test(arguments: ["checksum.zip", "swelling.zip", "huge.zip"])
  func oneForgedEntryMakesAnArchivePartial(name: String) throws {
    let reader = try ClipReader(path: "\(Self.folder)/\(name)")
    let frames = try reader.evenFrames(limit: 99, size: nil, layout: .rgb)
    #expect(frames.isPartial && frames.indices == [0, 1] + Array(3..<12))
    #expect(frames.warnings.contains { $0.contains("frame_0003.png") }, "\(frames.warnings)")
  }

  @Test func anArchiveThatChangesIsNoticed() throws {
    let path = Fixtures.path("changing.zip")
    try FileManager.default.copyItem(atPath: "\(Self.folder)/stored.zip", toPath: path)
    let reader = try ClipReader(path: path)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 100)
    try handle.close()
    let error = #expect(throws: DecodeError.self) {
      try reader.evenFrames(limit: 9, size: nil, layout: .rgb)
    }
    #expect(error?.code == .changed, "\(error?.message ?? "")")
  }
}
