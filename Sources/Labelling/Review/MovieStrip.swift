import ClipSampling
import FileStore
import Synchronization
import VideoDecoding

/// A movie in a few small pictures.
public struct MovieStrip: Sendable {
  /// JPEG: the frames side by side.
  let jpeg: [UInt8]
  /// How many there are.
  let frames: Int
  /// Width of the movie's picture by its height.
  let aspect: Double

  /// Bytes of one picture at most: a page of 500 movies stays below 5 MB.
  static let mostBytes = 5_000
  private static let height = 48

  /// Nil where no picture can be made of the frames.
  init?(_ stack: FrameStack, info: VideoInfo) {
    let aspect = info.height > 0 ? Double(info.width) / Double(info.height) : 1
    guard stack.count > 0,
      let strip = try? FrameStrip(
        stack, frames: StripFrames.count, height: MovieStrip.height, aspect: aspect,
        maximumBytes: MovieStrip.mostBytes)
    else { return nil }
    jpeg = strip.jpeg
    frames = strip.count
    self.aspect = aspect
  }

  /// Looks into a movie that was labelled before; nil where nothing can be seen of it.
  static func read(_ path: MediaPath, limits: DecodeLimits) -> MovieStrip? {
    path.withOpenableString { text in
      guard let reader = try? ClipReader(path: text, limits: limits),
        reader.info.width > 0, reader.info.height > 0
      else { return nil }
      let width = min(4 * height, max(8, height * reader.info.width / reader.info.height))
      guard
        var frames = try? reader.evenFrames(
          limit: StripFrames.count, size: FrameSize(width: width, height: height), layout: .rgb)
      else { return nil }
      frames.removeDamaged()
      return MovieStrip(frames.stack, info: reader.info)
    }
  }
}

/// The strips of a review page, in bounded memory: of the most doubtful movies where not all fit.
public final class StripStore: Sendable {
  private struct State {
    var strips: [MediaPath: (strip: MovieStrip, doubt: Double)] = [:]
    var bytes = 0
  }

  private let budget: Int
  private let state = Mutex(State())

  /// - Parameter budget: bytes of all pictures together; text in the page takes a third more.
  public init(budget: Int = 2_900_000) { self.budget = budget }

  /// Keeps the strip of a movie, and lets the least doubtful ones go where they take too much.
  func add(_ strip: MovieStrip, of path: MediaPath, doubt: Double) {
    state.withLock { state in
      if let old = state.strips[path] { state.bytes -= old.strip.jpeg.count }
      state.strips[path] = (strip, doubt)
      state.bytes += strip.jpeg.count
      guard state.bytes > budget else { return }
      // A tenth at once, so that it is not searched for every movie.
      for (path, kept) in state.strips.sorted(by: { $0.value.doubt < $1.value.doubt }) {
        if state.bytes <= budget - budget / 10 { break }
        state.strips[path] = nil
        state.bytes -= kept.strip.jpeg.count
      }
    }
  }

  /// That of a movie, if it was kept.
  func strip(of path: MediaPath) -> MovieStrip? { state.withLock { $0.strips[path]?.strip } }

  /// Whether there is room for another one.
  var hasRoom: Bool { state.withLock { $0.bytes + MovieStrip.mostBytes <= budget } }
}
