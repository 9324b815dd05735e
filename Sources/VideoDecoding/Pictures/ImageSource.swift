internal import CFFmpeg
import Foundation

/// Frames of a folder of numbered images, in natural order of their names, 25 a second.
final class ImageSource: FrameSource {
  /// Nothing in a folder says how fast its images follow each other.
  static let framesPerSecond = 25.0

  private let files: [String]
  /// What each file was when the folder was opened.
  private var identities: [SourceFile.Identity] = []
  private let limits: DecodeLimits
  private(set) var info: VideoInfo
  private(set) var counters = DecodeCounters()
  private var known: FrameIndex
  /// Why the first image that could not be decoded could not.
  private var firstFailure: DecodeError?

  init(path: String, limits: DecodeLimits) throws(DecodeError) {
    MediaLibrary.prepare()
    let images = try ImageSource.images(in: path)
    guard !images.isEmpty else {
      throw DecodeError(
        code: .notRegular, path: path,
        message: "is a folder without numbered images (jpg, png); give a movie or such a folder")
    }
    files = images.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    self.limits = limits
    known = FrameIndex()
    known.times = (0..<images.count).map { Double($0) / ImageSource.framesPerSecond }
    known.end = Double(images.count) / ImageSource.framesPerSecond
    info = VideoInfo(
      path: path, container: "images", codec: "", streamIndex: 0, width: 0, height: 0, rotation: 0,
      mirrored: false, pixelFormat: "", colorSpace: "unknown", colorRange: "unknown",
      framesPerSecond: nil, duration: known.end, frameCount: images.count,
      isVariableFrameRate: false, fileSize: 0, modified: 0,
      warnings: ImageNumbering.gaps(in: images).map { [$0] } ?? [], isImageFolder: true)
    for name in files {
      let file = try SourceFile(path: name)
      info.fileSize += file.size
      info.modified = max(info.modified, file.modified)
      identities.append(file.identity)
    }
    try describeFirst()
  }

  /// Whether the folder still holds the images it held when it was opened.
  func checkUnchanged() throws(DecodeError) {
    let names = try? ImageSource.images(in: info.path)
    guard names?.count == files.count,
      zip(files, identities).allSatisfy({ SourceFile.Identity(path: $0) == $1 })
    else { throw SourceFile.changed(info.path) }
  }

  /// Names of the images of a folder in natural order.
  private static func images(in path: String) throws(DecodeError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter(MediaKind.isImage).sorted(by: MediaKind.naturalOrder)
    } catch {
      throw DecodeError(
        code: .permission, path: path, message: "is a folder that cannot be listed")
    }
  }

  func index() throws(DecodeError) -> FrameIndex { known }

  func decodedIndex() throws(DecodeError) -> FrameIndex { known }

  func visit(
    _ wanted: [Int]?, of index: FrameIndex?, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome {
    var outcome = VisitOutcome()
    guard let frame = Frame() else { throw Demuxer.outOfMemory(info.path) }
    for number in wanted ?? Array(files.indices) {
      let isWhole: Bool
      do throws(DecodeError) {
        isWhole = try decode(number, into: frame)
      } catch {
        // One bad image does not spoil the clip; one that changed or cannot be read does.
        guard [.format, .codec, .tooLarge].contains(error.code) else { throw error }
        firstFailure = firstFailure ?? error
        outcome.missing += 1
        outcome.damage.refusedPackets += 1
        outcome.damage.firstImage = outcome.damage.firstImage ?? name(number)
        continue
      }
      let time = known.times[number]
      outcome.end = known.disappearance(of: number)
      outcome.seen += 1
      let goesOn = body(
        VisitedFrame(
          index: number, time: time, isKey: true, isDamaged: !isWhole, timestamp: nil,
          picture: frame.pointer,
          orientation: Orientation.read(vc_frame_display_matrix(frame.pointer)).orientation))
      if !isWhole {
        outcome.damage.damagedFrames += 1
        outcome.damage.firstImage = outcome.damage.firstImage ?? name(number)
      }
      if !goesOn { return outcome }
    }
    outcome.isComplete = true
    return outcome
  }

  private func name(_ number: Int) -> String {
    files[number].split(separator: "/").last.map(String.init) ?? files[number]
  }

  /// - Returns: Whether the picture is whole.
  private func decode(_ number: Int, into frame: borrowing Frame) throws(DecodeError) -> Bool {
    let path = files[number]
    let file: SourceFile
    do {
      file = try SourceFile(path: path)
    } catch {
      throw error.code == .notFound ? SourceFile.changed(path) : error
    }
    guard file.identity == identities[number] else { throw SourceFile.changed(path) }
    let bytes = try file.readAll(limit: limits.maxImageBytes)
    counters.opens += 1
    counters.packets += 1
    let isWhole = try ImageDecoder.decode(bytes, path: path, limits: limits, into: frame)
    counters.decoded += 1
    Deadline.steps.add(1, ordering: .relaxed)
    return isWhole
  }

  /// Fills `info` from the first image that can be read.
  private func describeFirst() throws(DecodeError) {
    var outcome = VisitOutcome()
    var described = info
    outcome = try visit(nil, of: nil) { visited in
      let picture = visited.picture
      described.width = visited.size.width
      described.height = visited.size.height
      described.rotation = visited.orientation.description.rotation
      described.mirrored = visited.orientation.description.mirrored
      let format = AVPixelFormat(picture.pointee.format)
      described.pixelFormat =
        av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
      described.colorSpace =
        av_color_space_name(picture.pointee.colorspace).map { String(cString: $0) } ?? "unknown"
      described.colorRange =
        av_color_range_name(picture.pointee.color_range).map { String(cString: $0) } ?? "unknown"
      if let text = MovieSource.transparencyWarning(format) { described.warnings.append(text) }
      return false
    }
    guard outcome.seen > 0 else {
      if let firstFailure, firstFailure.code == .tooLarge { throw firstFailure }
      throw DecodeError(
        code: .noFrames, path: info.path,
        message: "holds \(files.count) images, none of which can be decoded")
    }
    info = described
    info.codec = "images"
  }
}
