import ClipSampling
import FileStore
import VideoDecoding

/// Clips of an export: parts of movies with the labels that people gave them.
///
/// Programs write down where a movie was on their machine, so a movie that is not there is looked
/// for beside the list, and then from the folder in which the program runs.
struct IntervalList {
  private let path: String
  private var collector: ListCollector
  private var rates: [String: Double] = [:]

  init(path: String) {
    self.path = path
    collector = ListCollector(listPath: path, looksBeside: true)
  }

  /// - Parameters:
  ///   - start: Seconds; nil with `end` for the whole movie.
  ///   - line: Where the list says so, or the number of the entry.
  mutating func add(
    _ movie: String, label: String, start: Double?, end: Double?, line: Int
  ) throws(DatasetError) {
    if label.isEmpty { return }
    if let start, let end, end <= start {
      return collector.leaveOutPoint()
    }
    try collector.add(
      path: movie, label: label, start: start, end: end, split: nil, group: "", line: line)
  }

  /// Frames a second of a movie that the list names; nil when it is not there or does not say.
  mutating func rate(of movie: String, line: Int) throws(DatasetError) -> Double? {
    if let known = rates[movie] { return known }
    guard let file = try collector.file(for: movie, line: line),
      let reader = try? ClipReader(path: file), let rate = reader.info.framesPerSecond
    else { return nil }
    rates[movie] = rate
    return rate
  }

  /// The movie beside the list that has its name, with another suffix.
  func namesake(endings: [String] = []) -> String {
    var name = PathText.stem(of: path)
    for ending in endings where name.hasSuffix(ending) { name.removeLast(ending.count) }
    return name
  }

  /// Passes over an event that has no place in time, or none but a point.
  mutating func leaveOutPoint() { collector.leaveOutPoint() }

  consuming func finish() -> FoundClips { collector.finish() }
}

/// What is not labelled in movies of which parts are, as clips of a class of its own.
enum BackgroundClips {
  /// Pieces of one gap at most; where there would be more, each is longer.
  private static let mostPieces = 10_000.0

  /// Adds the gaps, cut to the usual length of the labelled parts; gaps of less than half of it are
  /// left out.
  static func add(named label: String, to found: inout FoundClips) {
    let parts = found.clips.filter { $0.end != nil }
    let lengths = parts.map { $0.end! - ($0.start ?? 0) }.sorted()
    guard !lengths.isEmpty else { return }
    let usual = lengths[lengths.count / 2]
    for (_, clips) in Dictionary(grouping: parts, by: \.path).sorted(by: { $0.key < $1.key }) {
      guard let reader = try? ClipReader(path: clips[0].file), let end = reader.info.duration
      else { continue }
      var position = 0.0
      // What is labelled behind the end of the movie leaves no gap there.
      let busy =
        clips.map { (min($0.start ?? 0, end), $0.end!) }.sorted { $0 < $1 } + [(end, end)]
      for (start, next) in busy {
        defer { position = max(position, min(next, end)) }
        guard start > position else { continue }
        let count = Int(clamping: min(((start - position) / usual).rounded(), mostPieces))
        for piece in 0..<count {
          let length = (start - position) / Double(count)
          found.clips.append(
            Clip(
              path: clips[0].path, file: clips[0].file, start: position + Double(piece) * length,
              end: position + Double(piece + 1) * length, label: label,
              group: clips[0].group == clips[0].path ? "" : clips[0].group, split: clips[0].split))
        }
      }
    }
  }
}
