import Datasets

/// What movies are parts of, read from their names as `train` reads it from those of clips.
struct ReviewGroups {
  /// One for each movie, in their order; its own path where nothing is known of it.
  let groups: [String]
  /// For people.
  let sentence: String

  /// - Parameter pattern: as `--group-by` takes it; nil reads the names.
  /// - Throws: `DatasetError` for a pattern that is none or fits no movie.
  init(of movies: [(path: MediaPath, label: String)], pattern: String?) throws {
    guard !movies.isEmpty else {
      groups = []
      sentence = "no movies"
      return
    }
    let clips = movies.map { Clip(path: $0.path.text, file: $0.path.text, label: $0.label) }
    let index = try DatasetIndex(path: "", clips: clips, groupBy: pattern)
    let known = Dictionary(
      index.clips.map { ($0.path, $0.group) }, uniquingKeysWith: { first, _ in first })
    groups = clips.map { known[$0.path] ?? $0.path }
    sentence = index.groupRule.sentence
  }
}
