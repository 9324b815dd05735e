import Foundation
import VideoDecoding

/// Feeds arbitrary bytes to what reads untrusted files, and insists on what it promises.
///
/// A broken promise ends the process, as a crash would, so that a fuzzer sees both. Every input goes
/// through files of `folder`; after a crash they are still there.
public final class Trial {
  /// What the bytes are taken for.
  public enum Kind: String, CaseIterable, Sendable {
    /// A movie file.
    case movies
    /// The images of a folder, one after the other with `separator` between them.
    case images
    /// A model file.
    case models
    /// An ONNX file.
    case onnx
    /// A file of weights, such as PyTorch's `.pth`.
    case weights
    /// An architecture as JSON.
    case networks
  }

  public enum Outcome: Hashable, Sendable {
    case complete
    case partial
    /// The code of the error.
    case refused(String)
  }

  /// What is between two images of a folder: no JPEG or PNG holds it by chance.
  public static let separator = Array("--image--".utf8)
  /// Images of one input; what follows goes to the last.
  private static let mostImages = 6

  private let kind: Kind
  private let folder: String
  private let limits: DecodeLimits
  private var imagesWritten = 0

  /// - Parameter folder: An empty folder, best in memory.
  public init(_ kind: Kind, folder: String) {
    self.kind = kind
    self.folder = folder
    limits = Trial.limits
    if kind == .images {
      try! FileManager.default.createDirectory(
        atPath: folder + "/images", withIntermediateDirectories: true)
    }
  }

  /// Tight, so that one input is quick.
  public static var limits: DecodeLimits {
    var limits = DecodeLimits.standard
    limits.maxPixels = 1 << 20
    limits.maxPackets = 20_000
    limits.maxConsecutiveErrors = 100
    limits.maxImageBytes = 1 << 20
    limits.secondsPerFile = 4
    limits.secondsPerMegabyte = 0
    limits.secondsWithoutFrame = 2
    return limits
  }

  /// Reads the bytes as a user's file in every way there is.
  public func run(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    switch kind {
    case .movies:
      let path = folder + "/input"
      write(bytes, to: path)
      return Trial.decode(path, limits: limits)
    case .images:
      return Trial.decode(writeImages(bytes), limits: limits)
    case .models:
      let path = folder + "/input"
      write(bytes, to: path)
      return Trial.readModel(path)
    case .onnx: return Trial.readONNX([UInt8](bytes))
    case .weights:
      let path = folder + "/input"
      write(bytes, to: path)
      return Trial.readWeights(path)
    case .networks: return Trial.readNetwork([UInt8](bytes))
    }
  }

  /// As `run(_:)`.
  public func run(_ bytes: [UInt8]) -> Outcome { bytes.withUnsafeBytes { run($0) } }

  // MARK: Clips

  /// Opens a clip and takes frames from it in each way that the reader has.
  public static func decode(_ path: String, limits: DecodeLimits) -> Outcome {
    let size = FrameSize(width: 32, height: 24)
    var isPartial = false
    do throws(DecodeError) {
      let reader = try ClipReader(path: path, limits: limits, processes: nil)
      check(reader.info)
      let even = try reader.evenFrames(limit: 16, size: size, layout: .rgb)
      check(even)
      isPartial = even.isPartial
      let times = try reader.frameTimes()
      requireTimes(times)
      // From the second frame to the end, where there are two.
      check(
        try reader.pacedFrames(
          rate: 5, count: 8, start: times.prefix(2).last, end: times.last.map { $0 + 1 },
          size: size, layout: .gray))
      check(try reader.pacedFrames(rate: 2, size: size, layout: .gray))
      // Far apart, so that it may jump.
      check(
        try reader.frames(at: [times.count / 2, times.count - 1], size: size, layout: .gray))
      try forEachFrame(of: reader)
      check(reader.info)
    } catch {
      require(!error.message.contains("\n"), "a message of one line: \(error.message)")
      require(error.message.contains(path), "a message that names the file: \(error.message)")
      return .refused(error.code.rawValue)
    }
    return isPartial ? .partial : .complete
  }

  /// Frames in their own size, as many as an input may cost.
  private static func forEachFrame(of reader: ClipReader) throws(DecodeError) {
    var seen = 0
    var last = -Double.infinity
    do {
      let summary = try reader.forEachFrame(size: nil, layout: .rgb) { frame in
        require(frame.time > last, "times that ascend")
        require(
          frame.pixels.count == frame.width * frame.height * frame.channels, "whole pictures")
        last = frame.time
        seen += 1
        return seen < 24
      }
      require(summary.frames == seen, "a summary that counts what was shown")
      requireOneLine(summary.warnings)
    } catch let error as DecodeError {
      throw error
    } catch {
      preconditionFailure("the body throws nothing, yet: \(error)")
    }
  }

  private static func check(_ info: VideoInfo) {
    require(info.duration.map(\.isFinite) ?? true, "a finite duration")
    require(info.framesPerSecond.map { $0.isFinite && $0 > 0 } ?? true, "a sensible frame rate")
    require(info.width >= 0 && info.height >= 0, "no negative sizes")
    requireOneLine(info.warnings)
  }

  private static func check(_ frames: DecodedFrames) {
    let stack = frames.stack
    require(stack.count > 0, "frames, or an error that says why there are none")
    require(
      stack.pixels.count == stack.count * stack.height * stack.width * stack.channels,
      "pixels for each frame")
    require(stack.times.count == stack.count && frames.indices.count == stack.count, "times")
    require(zip(frames.indices.dropFirst(), frames.indices).allSatisfy(>=), "ascending indices")
    require(zip(stack.times.dropFirst(), stack.times).allSatisfy(>=), "ascending times")
    require(frames.duration.isFinite && frames.duration >= 0, "a finite duration")
    require(frames.decodedUntil?.isFinite ?? true, "a finite end")
    require(!frames.isPartial || frames.decodedUntil != nil, "how far a partial clip goes")
    require(!frames.isPartial || !frames.warnings.isEmpty, "words for what is partial")
    requireOneLine(frames.warnings)
  }

  private static func requireTimes(_ times: [Double]) {
    require(times.allSatisfy(\.isFinite), "finite times")
    require(zip(times.dropFirst(), times).allSatisfy(>), "times that ascend")
  }

  private static func requireOneLine(_ warnings: [String]) {
    require(warnings.allSatisfy { !$0.contains("\n") }, "warnings of one line")
  }

  static func require(
    _ condition: Bool, _ promise: @autoclosure () -> String, line: UInt = #line
  ) {
    precondition(condition, "broken promise: \(promise())", line: line)
  }

  // MARK: Files

  private func write(_ bytes: UnsafeRawBufferPointer, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "\(path) cannot be written")
    var written = 0
    while written < bytes.count {
      let count = Foundation.write(
        descriptor, bytes.baseAddress! + written, bytes.count - written)
      precondition(count > 0, "\(path) cannot be written")
      written += count
    }
    close(descriptor)
  }

  /// - Returns: The folder of the images.
  private func writeImages(_ bytes: UnsafeRawBufferPointer) -> String {
    let images = folder + "/images"
    var start = 0
    var count = 0
    while count < Trial.mostImages, count == 0 || start < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let end =
        count == Trial.mostImages - 1
        ? nil : rest.firstRange(of: Trial.separator).map { start + $0.lowerBound }
      write(
        UnsafeRawBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)]),
        to: Trial.image(count, in: images))
      start = end.map { $0 + Trial.separator.count } ?? bytes.count
      count += 1
    }
    for old in count..<max(count, imagesWritten) { unlink(Trial.image(old, in: images)) }
    imagesWritten = count
    return images
  }

  private static func image(_ number: Int, in folder: String) -> String {
    "\(folder)/f\(number).\(number % 2 == 0 ? "png" : "jpg")"
  }
}
