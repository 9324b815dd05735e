import FileStore
import Foundation
import Synchronization
import Tensors
import VideoDecoding

/// Gathers what a review page shows while movies are labelled, and makes the page of it.
///
/// Of each movie it keeps the record as text; pictures are in a `StripStore`, whose memory is bounded.
public final class ReviewCollector {
  struct Movie {
    let path: MediaPath
    let label: String
    /// The record as JSON.
    let json: String
    let doubts: [Double]
    let isReadable: Bool
  }

  /// What is shown, and how.
  public struct Settings: Sendable {
    /// Only the movies with so many segments whose labels would teach most; nil for all movies.
    public var doubtful: Int?
    /// As `--group-by` takes it; nil reads groups from names.
    public var groupBy: String?
    /// What the model is called.
    public var model: String
    /// The model's classes in their order.
    public var classes: [String]
    /// The command that trains with corrections, for people.
    public var training: String?
    /// Says settings that sentences name in backquotes as the reader knows them.
    public var wording: @Sendable (String) -> String = { $0 }

    /// - Parameter doubtful: nil for all movies.
    public init(doubtful: Int?, groupBy: String?, model: String, classes: [String]) {
      self.doubtful = doubtful
      self.groupBy = groupBy
      self.model = model
      self.classes = classes
    }
  }

  /// Where labellers leave the pictures of movies.
  public let strips: StripStore
  private let settings: Settings
  private var movies: [Int: Movie] = [:]

  /// Nothing was labelled yet.
  public init(_ settings: Settings, strips: StripStore = StripStore()) {
    self.settings = settings
    self.strips = strips
  }

  /// Takes the record of input number `index`, of this run or an earlier one.
  public func add(_ record: LabelRecord, at index: Int) {
    movies[index] = Movie(
      path: record.path, label: record.label ?? "", json: record.json.text, doubts: record.doubts,
      isReadable: record.status != .error)
  }

  /// The page for a file in `folder`.
  ///
  /// Movies of an earlier run are looked into for their pictures, as far as these fit.
  ///
  /// - Throws: `DatasetError` where `groupBy` fits no movie.
  public func page(
    folder: String, current: String, limits: DecodeLimits, threads: Int,
    progress: @Sendable (_ done: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws -> ReviewPage {
    let all = movies.keys.sorted().map { movies[$0]! }
    let grouped = try ReviewGroups(of: all.map { ($0.path, $0.label) }, pattern: settings.groupBy)
    var chosen = Array(all.indices)
    var asked: [Int: [Int]] = [:]
    if let count = settings.doubtful {
      let parts = all.enumerated().flatMap { place, movie in
        movie.doubts.enumerated().map { segment, doubt in
          ReviewPart(movie: place, segment: segment, doubt: doubt, group: grouped.groups[place])
        }
      }
      for part in ReviewPart.mostTelling(parts, count: count) {
        asked[part.movie, default: []].append(part.segment)
      }
      chosen = asked.keys.sorted()
    }
    readStrips(
      of: chosen.map { all[$0] }, limits: limits, threads: threads, progress: progress)
    var page = ReviewPage(
      settings, total: all.count, asked: asked.values.reduce(0) { $0 + $1.count },
      groups: settings.wording(grouped.sentence))
    for place in chosen {
      let address = MovieAddress.relative(all[place].path, from: folder, current: current)
      page.add(
        all[place], group: grouped.groups[place], asked: (asked[place] ?? []).sorted(),
        strip: strips.strip(of: all[place].path), address: address)
    }
    return page
  }

  /// Looks into the movies whose pictures are missing, the most doubtful first, until the page is full.
  private func readStrips(
    of movies: [Movie], limits: DecodeLimits, threads: Int,
    progress: @Sendable (_ done: Int, _ total: Int) -> Bool
  ) {
    let missing = movies.filter { $0.isReadable && strips.strip(of: $0.path) == nil }
      .sorted { ($0.doubts.max() ?? 0) > ($1.doubts.max() ?? 0) }
    if missing.isEmpty { return }
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let done = Atomic<Int>(0)
    let isStopped = Atomic<Bool>(false)
    pool.parallelFor(missing.count) { place in
      if isStopped.load(ordering: .relaxed) || !strips.hasRoom { return }
      let movie = missing[place]
      if let strip = MovieStrip.read(movie.path, limits: limits) {
        strips.add(strip, of: movie.path, doubt: movie.doubts.max() ?? 0)
      }
      if !progress(done.add(1, ordering: .relaxed).newValue, missing.count) {
        isStopped.store(true, ordering: .relaxed)
      }
    }
  }
}
