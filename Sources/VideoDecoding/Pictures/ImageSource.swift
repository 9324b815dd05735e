internal import CFFmpeg
import Foundation

/// Frames of a folder of numbered images, in natural order of their names, 25 a second.
final class ImageSource: FrameSource {
  /// Nothing in a folder says how fast its images follow each other.
  static let framesPerSecond = 25.0

  private let images: any ImageFiles
  private let limits: DecodeLimits
  private(set) var info: VideoInfo
  private(set) var counters = DecodeCounters()
  private var known: FrameIndex
  /// The file whose pages the images are, once one of them was wanted.
  private var stack: PageStack?
  /// Why the first image that could not be decoded could not.
  private var firstFailure: DecodeError?

  init(_ images: any ImageFiles, limits: DecodeLimits) throws(DecodeError) {
    MediaLibrary.prepare()
    let listing = images.listing
    let count = listing.names.count
    self.images = images
    self.limits = limits
    known = FrameIndex()
    known.times = (0..<count).map { Double($0) / ImageSource.framesPerSecond }
    known.end = Double(count) / ImageSource.framesPerSecond
    info = VideoInfo(
      path: listing.folder, container: "images", codec: "", streamIndex: 0, width: 0, height: 0,
      rotation: 0, mirrored: false, pixelFormat: "", colorSpace: "unknown", colorRange: "unknown",
      framesPerSecond: nil, duration: known.end, frameCount: count,
      isVariableFrameRate: false, fileSize: listing.identities.reduce(0) { $0 + $1.size },
      modified: listing.identities.reduce(0) { max($0, $1.modified) },
      warnings: ImageNumbering.gaps(in: listing.names).map { [$0] } ?? [], isImageFolder: true)
    try describeFirst()
  }

  /// Whether the folder still holds the images it held when it was opened.
  func checkUnchanged() throws(DecodeError) { try images.checkUnchanged() }

  func index() throws(DecodeError) -> FrameIndex { known }

  func decodedIndex() throws(DecodeError) -> FrameIndex { known }

  func visit(
    _ wanted: [Int]?, of index: FrameIndex?, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome {
    var outcome = VisitOutcome()
    guard let frame = Frame() else { throw Demuxer.outOfMemory(info.path) }
    let numbers = wanted ?? Array(known.times.indices)
    for (position, number) in numbers.enumerated() {
      let isWhole: Bool
      let began = Deadline.now()
      do throws(DecodeError) {
        isWhole = try decode(number, before: numbers[(position + 1)...], into: frame)
        // Reading an image is part of it.
        counters.decodingSeconds += Deadline.now() - began
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

  private func name(_ number: Int) -> String { images.listing.names[number] }

  /// - Parameter next: The images that will be wanted after it.
  /// - Returns: Whether the picture is whole.
  private func decode(
    _ number: Int, before next: ArraySlice<Int>, into frame: borrowing Frame
  ) throws(DecodeError) -> Bool {
    let path = images.listing.path(number)
    let file: SourceFile
    do {
      file = try images.open(number, before: next)
    } catch {
      throw error.code == .notFound ? SourceFile.changed(path) : error
    }
    guard file.identity == images.listing.identities[number] else {
      throw SourceFile.changed(path)
    }
    let bytes = try content(of: file, number)
    counters.opens += 1
    counters.packets += 1
    let isWhole = try ImageDecoder.decode(bytes, path: path, limits: limits, into: frame)
    counters.decoded += 1
    Deadline.steps.add(1, ordering: .relaxed)
    return isWhole
  }

  /// The bytes of one image. A file of pages is read once for all of them.
  private func content(
    of file: borrowing SourceFile, _ number: Int
  ) throws(DecodeError) -> [UInt8] {
    guard images.listing.arePages else { return try file.readAll(limit: limits.maxImageBytes) }
    if stack == nil {
      stack = try PageStack(try file.readAll(limit: limits.maxImageBytes), path: file.path)
    }
    guard let bytes = stack?.turned(to: number) else { throw SourceFile.changed(file.path) }
    return bytes
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
        message: "holds \(known.count) images, none of which can be decoded")
    }
    info = described
    info.codec = "images"
  }
}
