import ArgumentParser
import Labelling

/// The movies of a benchmark.
struct BenchMovies: ParsableArguments {
  @Argument(help: "A folder of movies, or a movie.")
  var path: String

  /// - Throws: `LabelError` where there is none.
  func jobs() throws -> [LabelJob] {
    var finder = MediaFinder(kinds: MediaNames())
    finder.add(MediaPath(path))
    guard !finder.jobs.isEmpty else {
      throw LabelError(.input, finder.warnings.first ?? "\(path): holds no movie")
    }
    return finder.jobs
  }
}
