import ClipSampling
import Foundation
import VideoDecoding

// @unchecked: the mutable properties are read and written under `lock` only.
/// Decodes clips into source stacks, once where a cache allows it.
///
/// Safe from any number of threads; each call decodes on the calling thread. A clip that failed is
/// not tried again.
public final class ClipStore: ClipSource, @unchecked Sendable {
  /// Where stacks are kept once they are decoded.
  public enum Cache: Sendable, Hashable {
    /// Stacks are kept until this many bytes; later ones are decoded each time. None is thrown out
    /// for another: an epoch asks for every clip once, so that would keep the wrong ones.
    case ram(maximumBytes: Int)
    /// A folder that outlives the run; entries are checked when read.
    case disk(folder: String)
    /// Every call decodes.
    case none
  }

  /// What is known of a clip besides its pixels.
  public struct Facts: Sendable, Hashable {
    /// Seconds.
    public let duration: Double
    /// Whether damage left something undecoded.
    public let isPartial: Bool
    /// What the decoder had to say, one line each.
    public let warnings: [String]
    /// Size and rate of the frames in the file, such as `320×240, 25 frames/s`.
    public let form: String

    /// The size that `form` tells; nil where it tells none.
    public var frameSize: FrameSize? {
      let sides = form.prefix { $0 != "," }.split(separator: "×").map { Int($0) }
      guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0
      else { return nil }
      return FrameSize(width: width, height: height)
    }
  }

  struct Key: Hashable {
    let file: String
    let start: Double?
    let end: Double?
  }

  /// What stacks are made for.
  public let preprocessing: Preprocessing
  /// Where stacks are kept.
  public let cache: Cache
  private let limits: DecodeLimits
  private let disk: DiskCache?
  private let lock = NSLock()
  private var kept: [Key: FrameStack] = [:]
  private var keptBytes = 0
  private var facts: [Key: Facts] = [:]
  private var entryNames: [Key: String] = [:]
  private var failures: [Key: DecodeError] = [:]
  private var decoded = 0
  private var diskTrouble: String?
  /// Clips that could not be written to the disk cache.
  private var unkept = 0

  /// - Parameter limits: of every clip's decoding.
  public init(preprocessing: Preprocessing, cache: Cache, limits: DecodeLimits = .standard) {
    self.preprocessing = preprocessing
    self.cache = cache
    self.limits = limits
    if case .disk(let folder) = cache {
      disk = DiskCache(folder: folder, preprocessing: preprocessing, stream: limits.stream)
    } else {
      disk = nil
    }
  }

  /// Up to `2 * frames - 1` frames at the preprocessing's resize size, the same every time.
  ///
  /// - Throws: `DecodeError`, the same one each time for the same clip.
  public func stack(for clip: Clip) throws -> FrameStack { try read(clip) }

  /// As `stack(for:)`, with the error's type.
  public func read(_ clip: Clip) throws(DecodeError) -> FrameStack {
    let key = Key(file: clip.file, start: clip.start, end: clip.end)
    let (known, failure, name) = lock.withLock { (kept[key], failures[key], entryNames[key]) }
    if let known { return known }
    if let failure { throw failure }
    // Looking at a folder of images costs more than reading its entry: once a run is enough.
    let path = name ?? disk?.path(for: clip)
    if let path, let entry = disk?.read(path) {
      if name == nil {
        lock.withLock {
          facts[key] = entry.facts
          entryNames[key] = path
        }
      }
      return entry.stack
    }
    do {
      let entry = try decode(clip)
      keep(entry, key: key, path: path)
      return entry.stack
    } catch {
      lock.withLock { failures[key] = error }
      throw error
    }
  }

  private func decode(_ clip: Clip) throws(DecodeError) -> DiskCache.Entry {
    let reader = try ClipReader(path: clip.file, threads: 1, limits: limits)
    let frames = try SourceFrames.read(
      reader, start: clip.start, end: clip.end, preprocessing: preprocessing)
    guard frames.stack.count > 0 else {
      throw DecodeError(
        code: .noFrames, path: clip.file, message: "not one frame could be decoded; leave it out")
    }
    return DiskCache.Entry(
      stack: frames.stack,
      facts: Facts(
        duration: frames.duration, isPartial: frames.isPartial, warnings: frames.warnings,
        form: PredictiveTrait.form(reader.info)))
  }

  private func keep(_ entry: DiskCache.Entry, key: Key, path: String?) {
    let trouble = path.flatMap { disk?.write(entry, to: $0) }
    lock.withLock {
      decoded += 1
      entryNames[key] = path
      facts[key] = entry.facts
      if diskTrouble == nil { diskTrouble = trouble }
      if trouble != nil { unkept += 1 }
      if case .ram(let maximum) = cache, keptBytes + entry.stack.pixels.count <= maximum,
        kept[key] == nil
      {
        kept[key] = entry.stack
        keptBytes += entry.stack.pixels.count
      }
    }
  }

  /// What was learnt of a clip when it was decoded; nil before that.
  public func facts(of clip: Clip) -> Facts? {
    lock.withLock { facts[Key(file: clip.file, start: clip.start, end: clip.end)] }
  }

  /// Width by height of a clip's frames before they were scaled; nil before it was decoded.
  public func aspect(of clip: Clip) -> Double? {
    facts(of: clip)?.frameSize.map { Double($0.width) / Double($0.height) }
  }

  /// The middle one of the decoded clips' durations in seconds; nil when none was decoded.
  public func medianDuration(of clips: [Clip]) -> Double? {
    let durations = clips.compactMap { facts(of: $0)?.duration }.sorted()
    guard !durations.isEmpty else { return nil }
    let middle = durations.count / 2
    return durations.count % 2 == 1
      ? durations[middle] : (durations[middle - 1] + durations[middle]) / 2
  }

  /// Clips decoded so far; one that comes from a cache does not count.
  public var decodedCount: Int { lock.withLock { decoded } }

  /// Bytes of pixels held in memory.
  public var memoryBytes: Int { lock.withLock { keptBytes } }

  /// Why the disk cache could not be written, the first time it happened, and of how many clips; the
  /// work goes on without.
  public var cacheWarning: String? {
    lock.withLock { diskTrouble.map { "\($0) (clips not kept: \(unkept))" } }
  }
}
