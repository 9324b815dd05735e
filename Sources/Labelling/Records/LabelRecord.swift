/// What labelling one movie gave: one line of JSON Lines, one row of every other format.
public struct LabelRecord: Sendable, Equatable {
  /// How much of a movie has a label.
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
    /// One of the model's classes.
    public let label: String
    /// Calibrated, 0…1.
    public let score: Double

    /// - Parameter score: from 0 to 1.
    public init(label: String, score: Double) {
      self.label = label
      self.score = score
    }
  }

  /// A stretch of the movie with one label; segments tile the movie.
  public struct Segment: Sendable, Equatable {
    /// Seconds from the first frame.
    public var start: Double
    /// Seconds from the first frame; the next segment starts here.
    public var end: Double
    /// One of the model's classes, or `unknown`.
    public var label: String
    /// Mean score of the label (for `unknown`: of the best class) over the segment.
    public var score: Double

    /// Times in seconds, `end` after `start`.
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

    /// - Parameter message: one line that begins with the path.
    public init(code: String, message: String) {
      self.code = code
      self.message = message
    }
  }

  /// As the user named it, or as it was found below a folder.
  public var path: MediaPath
  /// Whether there is an answer, and whether it is for the whole movie.
  public var status: Status
  /// The best class, or `unknown` below the threshold; nil when `status` is `error`.
  public var label: String?
  /// The best class's share, also when the label is `unknown`.
  public var score: Double?
  /// Every class in the model's order.
  public var scores: [ClassScore] = []
  /// How many of the best classes the record lists again, best first, under `top`; nil for none.
  public var topCount: Int?
  /// Seconds; nil where nothing could be decoded.
  public var duration: Double?
  /// The average rate, where the file tells.
  public var framesPerSecond: Double?
  /// Of the first frame, as editors count; nil where the file has none.
  public var timecode: String?
  /// Frames of the movie, or of the part that could be decoded.
  public var frames: Int?
  /// In order, tiling the movie; empty for an answer without a timeline.
  public var segments: [Segment] = []
  /// Seconds, when `status` is `partial`.
  public var decodedUntil: Double?
  /// What the decoder had to say, one line each.
  public var warnings: [String] = []
  /// When `status` is `error`.
  public var failure: Failure?
  /// `sha256:…` of the model file.
  public var model: String?
  /// Hash of the options that change an answer.
  public var settings: String?
  /// Bytes; of an image folder, of all its images.
  public var size: Int64 = 0
  /// Seconds since 1970 to the millisecond; of an image folder, of its newest image.
  public var modified: Double = 0

  /// A record that says nothing more yet.
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
