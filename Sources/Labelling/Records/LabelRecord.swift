/// What labelling one movie gave: one line of JSON Lines, one row of every other format.
public struct LabelRecord: Sendable, Equatable {
  public enum Status: String, Sendable {
    /// The whole movie was decoded and labelled.
    case ok
    /// Labelled from what could be decoded; `decodedUntil` and a warning say how much.
    case partial
    /// Nothing could be labelled; `failure` says why.
    case error
  }

  /// One class and its share; the shares of a record sum to 1.
  public struct ClassScore: Sendable, Equatable {
    public let label: String
    public let score: Double

    public init(label: String, score: Double) {
      self.label = label
      self.score = score
    }
  }

  /// A stretch of the movie with one label; segments tile the movie.
  public struct Segment: Sendable, Equatable {
    /// Seconds from the first frame.
    public var start: Double
    public var end: Double
    public var label: String
    /// Mean score of the label (for `unknown`: of the best class) over the segment.
    public var score: Double

    public init(start: Double, end: Double, label: String, score: Double) {
      self.start = start
      self.end = end
      self.label = label
      self.score = score
    }
  }

  /// Why a movie has no label.
  public struct Failure: Sendable, Equatable {
    /// One of the contract's codes, such as `FORMAT`.
    public let code: String
    /// One line that begins with the path.
    public let message: String

    public init(code: String, message: String) {
      self.code = code
      self.message = message
    }
  }

  public var path: MediaPath
  public var status: Status
  /// The best class, or `unknown` below the threshold; nil when `status` is `error`.
  public var label: String?
  /// The best class's share, also when the label is `unknown`.
  public var score: Double?
  /// Every class in the model's order.
  public var scores: [ClassScore] = []
  /// How many of the best classes the record lists again, best first, under `top`; nil for none.
  public var topCount: Int?
  public var duration: Double?
  public var framesPerSecond: Double?
  public var frames: Int?
  public var segments: [Segment] = []
  public var decodedUntil: Double?
  public var warnings: [String] = []
  public var failure: Failure?
  /// `sha256:…` of the model file.
  public var model: String?
  /// Hash of the options that change an answer.
  public var settings: String?
  /// Bytes; of an image folder, of all its images.
  public var size: Int64 = 0
  /// Seconds since 1970 to the millisecond; of an image folder, of its newest image.
  public var modified: Double = 0

  public init(path: MediaPath, status: Status) {
    self.path = path
    self.status = status
  }

  /// The label of whatever no class was sure enough about.
  public static let unknown = "unknown"

  /// The `count` best classes, best first; equal scores in the model's order.
  public func best(_ count: Int) -> [ClassScore] {
    let order = scores.indices.sorted {
      (scores[$1].score, $0) < (scores[$0].score, $1)
    }
    return order.prefix(count).map { scores[$0] }
  }
}
