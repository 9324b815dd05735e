import ArgumentParser
import Benchmarks
import Labelling

/// What the benchmarks of movies have in common.
protocol MovieBenchmarkResult: Encodable {
  var files: Int { get }
  var failed: Int { get }
  /// Why, a line for each movie that failed.
  var errors: [String] { get }
}

extension DecodeBenchmark.Result: MovieBenchmarkResult {}
extension LabelBenchmark.Result: MovieBenchmarkResult {}

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

  /// Writes the result as JSON or as `text`, and the movies that failed to standard error.
  ///
  /// - Parameter done: what was done to the movies, as in "decoded".
  /// - Throws: `LabelError` where all failed, `ExitCode.partial` where some did.
  func report(
    _ result: some MovieBenchmarkResult, done: String, text: String, json: Bool, console: Console
  ) throws {
    guard result.failed < result.files else {
      let first = result.errors.first.map { "; the first: \($0)" } ?? ""
      throw LabelError(.input, "\(path): none of \(result.files) movies could be \(done)\(first)")
    }
    for error in result.errors { console.note(error) }
    if json {
      try StandardOutput.writeJSON(result)
    } else {
      try StandardOutput.write(text)
    }
    if result.failed > 0 { throw ExitCode.partial }
  }
}
