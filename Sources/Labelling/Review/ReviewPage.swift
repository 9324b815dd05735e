import FileStore
import Foundation
import WebPages

/// A page on which a person looks at labels, puts them right and takes the corrections home.
public struct ReviewPage: Sendable {
  /// What the page's scripts read; the record is a text, which they give back as it was.
  private struct Movie: Encodable {
    let record: String
    /// Under which what was done to it is kept: of the record, so that it stays when the page grows.
    let key: String
    let group: String
    let address: String
    let doubts: [Double]
    let asked: [Int]
    let strip: String?
    let frames: Int
    let aspect: Double
  }

  private struct Content: Encodable {
    let movies: [Movie]
    let classes: [String]
    let asked: Int
  }

  private let settings: ReviewCollector.Settings
  private let total: Int
  private let asked: Int
  private let groups: String
  private var movies: [Movie] = []

  init(_ settings: ReviewCollector.Settings, total: Int, asked: Int, groups: String) {
    self.settings = settings
    self.total = total
    self.asked = asked
    self.groups = groups
  }

  mutating func add(
    _ movie: ReviewCollector.Movie, group: String, asked: [Int], strip: MovieStrip?,
    address: String
  ) {
    movies.append(
      Movie(
        record: movie.json, key: String(Digest.sha256(movie.json).prefix(16)), group: group,
        address: address, doubts: movie.doubts.map { Decimal.rounded($0, 3) }, asked: asked,
        strip: strip.map { Data($0.jpeg).base64EncodedString() }, frames: strip?.frames ?? 0,
        aspect: Decimal.rounded(strip?.aspect ?? 1, 3)))
  }

  /// Movies on the page.
  public var count: Int { movies.count }

  /// Movies on the page without pictures.
  public var withoutStrip: Int { movies.count { $0.strip == nil && !$0.doubts.isEmpty } }

  /// The whole document.
  public func html() throws -> String {
    var page = WebPage(title: "Review of labels", playsMedia: true)
    for file in [
      "review.css", "review-corrections.js", "review-downloads.js", "review-timeline.js",
      "review-player.js", "review-list.js", "review.js",
    ] { page.add(file: file) }
    page.add(
      body: "<main><h1>Review of labels</h1>"
        + sentences.map { "<p class=\"soft\">\(MarkupText.escaped($0))</p>" }.joined()
        + "</main>")
    try page.add(
      data: Content(movies: movies, classes: settings.classes, asked: asked), id: "review")
    return page.text
  }

  private var sentences: [String] {
    if movies.isEmpty {
      let why =
        total == 1
        ? "the movie could not be labelled" : "none of the \(total) movies could be labelled"
      return ["There is nothing to review: \(why). The records say why."]
    }
    let model = PathText.brief(settings.model, limit: 200)
    var sentences = [
      asked > 0
        ? "The \(asked) segments, marked “?”, whose labels would teach \(model) most, in "
          + "\(movies.count) of \(total) movies: those it doubts, and those where it contradicts "
          + "itself, spread over groups (\(PathText.brief(groups, limit: 400)))."
        : "\(movies.count) movies, labelled by \(model)."
    ]
    if withoutStrip > 0 {
      sentences.append(
        "\(withoutStrip) movies have no pictures here: those of the most doubtful ones fit into the page."
      )
    }
    sentences.append(
      "Corrections are kept in this browser. Downloaded, they train a better model"
        + (settings.training.map { ": \($0)" } ?? "."))
    return sentences
  }
}
