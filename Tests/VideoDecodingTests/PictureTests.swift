import Foundation
import Testing
import VideoDecoding

/// What is written, and what names and headers tell.
@Suite struct PictureTests {
  @Test(arguments: [1, 3])
  func pngComesBackAsItWas(channels: Int) throws {
    let (width, height) = (19, 7)
    let pixels = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let png = try ImageWriter.png(
      width: width, height: height, channels: channels, pixels: pixels)
    let folder = Fixtures.path("written\(channels)")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(png).write(to: URL(fileURLWithPath: folder + "/1.png"))
    let frames = try ClipReader(path: folder).evenFrames(
      limit: 1, size: nil, layout: channels == 3 ? .rgb : .gray)
    #expect(frames.stack.pixels == pixels)
    #expect(frames.stack.width == width)
  }

  @Test func sheetShowsEveryFrameInItsPlace() throws {
    let frame = [UInt8](repeating: 0, count: 60 * 10)
    let pixels = (0..<5).flatMap { index in frame.map { _ in UInt8(50 * (index + 1)) } }
    let stack = FrameStack(
      count: 5, height: 10, width: 60, channels: 1, pixels: pixels,
      times: [0, 1, 61.234, 3600, 7200])
    let sheet = ContactSheet(stack, columns: 3)
    #expect(sheet.width == 3 * 64 + 4)
    #expect(sheet.height == 2 * 25 + 4)
    #expect(sheet.pixels.count == sheet.width * sheet.height * 3)
    for index in 0..<5 {
      let x = 4 + index % 3 * 64 + 30
      let y = 4 + index / 3 * 25 + 5
      #expect(sheet.pixels[(y * sheet.width + x) * 3] == UInt8(50 * (index + 1)))
    }
    #expect(try !sheet.png().isEmpty)
  }

  @Test(arguments: [
    (name: "rotate90.mp4", rotation: 270, width: 48, height: 64),
    (name: "rotate180.mp4", rotation: 180, width: 64, height: 48),
    (name: "rotate270.mp4", rotation: 90, width: 48, height: 64),
    (name: "plain.mp4", rotation: 0, width: 64, height: 48),
  ])
  func infoIsAsShown(_ test: (name: String, rotation: Int, width: Int, height: Int)) throws {
    let info = try ClipReader(path: Fixtures.path(test.name)).info
    #expect(info.rotation == test.rotation)
    #expect(!info.mirrored)
    #expect(info.width == test.width)
    #expect(info.height == test.height)
    #expect(info.codec == "h264")
    #expect(info.container == "mp4")
  }

  @Test(arguments: [
    (name: "hdr.mp4", word: "tone-mapped"),
    (name: "interlaced.mpg", word: "interlaced"),
    (name: "alpha.mov", word: "transparency"),
    (name: "wide.mp4", word: "2:1"),
  ])
  func policiesAreStated(_ test: (name: String, word: String)) throws {
    let warnings = try ClipReader(path: Fixtures.path(test.name)).info.warnings
    #expect(warnings.contains { $0.contains(test.word) }, "\(warnings)")
  }

  @Test func kindsGoByName() {
    #expect(MediaKind.isVideo("/a/b.MP4"))
    #expect(!MediaKind.isVideo("/a/.b.mp4"))
    #expect(!MediaKind.isVideo("/a.mp4/b"))
    #expect(MediaKind.isImage("x_001.JPG"))
    #expect(!MediaKind.isImage("x.txt"))
    #expect(MediaKind.isImageFolder(Fixtures.path("images")))
    #expect(!MediaKind.isImageFolder(Fixtures.folder))
    #expect(!MediaKind.isImageFolder(Fixtures.path("plain.mp4")))
  }

  @Test func numbersInNamesCountAsNumbers() {
    let sorted = ["f10.png", "f9.png", "f1.png", "f010.png", "a", "f2.png", "f"]
      .sorted(by: MediaKind.naturalOrder)
    #expect(sorted == ["a", "f", "f1.png", "f2.png", "f9.png", "f010.png", "f10.png"])
  }
}
