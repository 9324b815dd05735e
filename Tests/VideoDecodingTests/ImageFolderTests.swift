import Foundation
import Testing
import VideoDecoding

/// Folders of numbered images.
@Suite struct ImageFolderTests {
  private static let size = FrameSize(width: 24, height: 16)

  @Test func imagesOfAFolderComeInNaturalOrder() throws {
    let reader = try ClipReader(path: Fixtures.path("mixed"))
    #expect(reader.info.isImageFolder)
    #expect(reader.info.frameCount == 3)
    #expect(try reader.frameTimes() == [0, 0.04, 0.08])
    var sizes: [[Int]] = []
    _ = try reader.forEachFrame(size: nil, layout: .gray) {
      sizes.append([$0.width, $0.height])
      return true
    }
    #expect(sizes == [[64, 48], [33, 47], [50, 31]])
    for (index, name) in ["m_2.jpg", "m_9.png", "m_10.jpg"].enumerated() {
      let frame = try reader.frames(at: [index], size: ImageFolderTests.size, layout: .rgb)
      let reference = Fixtures.reference(
        Fixtures.path("mixed/" + name), stream: 0, filter: "24:16", pixelFormat: "rgb24")
      #expect(frame.stack.pixels == reference)
    }
  }

  @Test func oneBadImageMakesAFolderPartial() throws {
    let folder = Fixtures.path("onebad")
    try FileManager.default.copyItem(atPath: Fixtures.path("mixed"), toPath: folder)
    try Data([0xff, 0xd8, 0xff, 0]).write(to: URL(fileURLWithPath: folder + "/m_3.jpg"))
    let frames = try ClipReader(path: folder).evenFrames(limit: 9, size: nil, layout: .rgb)
    #expect(frames.indices == [0, 2, 3])
    #expect(frames.isPartial)
    #expect(frames.warnings.contains("the first such image is m_3.jpg"))
  }

  /// Sixteen bits, gray, with a palette, transparent, black and white, subsampled or not.
  @Test(arguments: [
    "d_1.png", "d_2.png", "d_3.png", "d_4.png", "d_5.png", "d_6.png", "d_7.jpg", "d_8.jpeg",
  ])
  func everyKindEqualsTool(_ name: String) throws {
    let folder = try folder("kind " + name, ["deep/" + name: "1." + name.split(separator: ".")[1]])
    for (layout, format) in [(PixelLayout.rgb, "rgb24"), (.gray, "gray")] {
      for (size, filter) in [(nil, "iw:ih"), (ImageFolderTests.size, "24:16")] {
        let frames = try ClipReader(path: folder).evenFrames(limit: 1, size: size, layout: layout)
        let reference = Fixtures.reference(
          Fixtures.path("deep/" + name), stream: 0, filter: filter, pixelFormat: format)
        #expect(frames.stack.pixels == reference)
        #expect(!frames.isPartial)
      }
    }
  }

  @Test func transparencyIsAnnounced() throws {
    let folder = try folder("transparent", ["deep/d_4.png": "1.png"])
    #expect(try ClipReader(path: folder).info.warnings == ["transparency is dropped"])
  }

  /// Cameras store how they were held.
  @Test(arguments: 1...8)
  func jpegsAreTurnedAsTheToolTurnsThem(_ orientation: UInt8) throws {
    let jpeg = try Fixtures.bytes("mixed/m_2.jpg")
    let exif: [UInt8] =
      Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation]
      + [0, 0, 0, 0, 0, 0]
    let folder = try folder("turned\(orientation)", [:])
    let path = try Fixtures.write(
      Array(jpeg[..<2]) + [0xff, 0xe1, 0, UInt8(exif.count + 2)] + exif + Array(jpeg[2...]),
      to: "turned\(orientation)/1.jpg")
    let reader = try ClipReader(path: folder)
    let frames = try reader.evenFrames(limit: 1, size: nil, layout: .rgb)
    #expect(
      frames.stack.pixels
        == Fixtures.reference(path, stream: 0, filter: "iw:ih", pixelFormat: "rgb24"))
    #expect(frames.stack.width == (orientation > 4 ? 48 : 64))
    #expect(reader.info.width == frames.stack.width)
  }

  @Test(
    arguments: [
      (["f1", "f2", "f3"], nil),
      (["f7", "f8", "f9", "f10"], nil),
      (["f1", "f2", "f4"], "frame 3 missing"),
      (["f01", "f02", "f04", "f08"], "frames 3 and 5-7 missing"),
      (["f6", "f10", "f11"], "frames 7-9 missing"),
      (["f0", "f5", "f10", "f20"], "frame 15 missing"),
      (["f2", "f9"], "frames 3-8 missing"),
      (["a1", "b3", "b4"], nil),
      (["f1", "f01", "f5"], nil),
      (["first", "second"], nil),
      (["take2_001_rgb", "take2_003_rgb"], "frame 2 missing"),
      (
        (0..<20).map { "f\($0 * $0)" },
        "frames 2-3, 5-8, 10-15, 17-24, 26-35, 37-48, 50-63, 65-80 and more missing (342 in all)"
      ),
    ] as [([String], String?)])
  func gapsAreAnnounced(_ names: [String], _ warning: String?) throws {
    let folder = try folder("gaps " + names.prefix(4).joined(separator: " "), [:])
    for name in names {
      try FileManager.default.copyItem(
        atPath: Fixtures.path("images/f1.png"), toPath: "\(folder)/\(name).png")
    }
    let frames = try ClipReader(path: folder).evenFrames(limit: 99, size: nil, layout: .gray)
    #expect(frames.warnings == (warning.map { [$0] } ?? []))
    #expect(frames.stack.count == names.count)
    // What was never there is no damage.
    #expect(!frames.isPartial)
  }

  enum Change: CaseIterable {
    case rewritten
    case removed
    case added
    case removedBehind
  }

  @Test(arguments: Change.allCases)
  func aFolderThatChangesIsChanged(_ change: Change) throws {
    let folder = try folder(
      "changing \(change)",
      ["images/f1.png": "f1.png", "images/f2.png": "f2.png", "images/f3.png": "f3.png"])
    let reader = try ClipReader(path: folder)
    let error = #expect(throws: DecodeError.self) {
      _ = try reader.forEachFrame(size: nil, layout: .rgb) { frame in
        guard frame.index == 1 else { return true }
        switch change {
        case .rewritten:
          try Data(Fixtures.bytes("images/f9.png")).write(
            to: URL(fileURLWithPath: folder + "/f3.png"))
        case .removed: unlink(folder + "/f3.png")
        case .added: link(folder + "/f3.png", folder + "/f4.png")
        case .removedBehind: unlink(folder + "/f1.png")
        }
        return true
      }
    }
    #expect(error?.code == .changed, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(folder) == true)
  }

  @Test(arguments: ["mixed/m_2.jpg", "mixed/m_9.png"])
  func anImageCutOffIsTold(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    let folder = try folder("cut " + name.suffix(7), [name: "f1." + name.suffix(3)])
    _ = try Fixtures.write(
      Array(bytes[..<(bytes.count * 2 / 3)]), to: "cut \(name.suffix(7))/f2.\(name.suffix(3))")
    var whole: [Int] = []
    let summary = try ClipReader(path: folder).forEachFrame(size: nil, layout: .rgb) { frame in
      if !frame.isDamaged { whole.append(frame.index) }
      return true
    }
    #expect(whole == [0])
    #expect(summary.isPartial)
    #expect(summary.warnings.contains("the first such image is f2.\(name.suffix(3))"))
  }

  @Test func anImageBeyondTheLimitsIsLeftOut() throws {
    let folder = try folder("toolarge", ["images/f1.png": "f1.png", "deep/d_3.png": "f2.png"])
    var limits = DecodeLimits()
    limits.maxPixels = 2000
    let frames = try ClipReader(path: folder, limits: limits).evenFrames(
      limit: 9, size: nil, layout: .gray)
    #expect(frames.indices == [1])
    #expect(frames.isPartial)
    limits.maxPixels = 10
    let error = #expect(throws: DecodeError.self) { try ClipReader(path: folder, limits: limits) }
    #expect(error?.code == .tooLarge)
  }

  /// A folder among the fixtures with copies of some of them, by their names in it.
  private func folder(_ name: String, _ copies: [String: String]) throws -> String {
    let folder = Fixtures.path(name)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (source, target) in copies {
      try FileManager.default.copyItem(
        atPath: Fixtures.path(source), toPath: folder + "/" + target)
    }
    return folder
  }
}
