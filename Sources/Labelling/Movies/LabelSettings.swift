import ClipSampling
import FileStore
import Tensors

/// The options that decide how a movie is labelled.
public struct LabelSettings: Sendable {
  /// What the model's clips went through.
  public var preprocessing: Preprocessing
  /// Seconds of a window.
  public var window: Double
  /// Seconds from one window's start to the next.
  public var hop: Double
  /// Seconds of the shortest segment.
  public var minimumDuration: Double
  /// Answers with a lower score are `unknown`; 0 for none.
  public var threshold: Double
  /// One for each of the model's classes, in their order, instead of one for all; infinite for a class
  /// that is never given.
  public var classThresholds: [Double]?
  /// How many windows are sampled across the movie; nil for a timeline of all of it.
  public var views: Int?
  /// Seconds between the windows of a timeline that are looked at first, where those between them are
  /// looked at only when something changes; nil for all windows.
  public var scan: Double?
  /// How many of the best classes a record lists; nil for no list.
  public var topCount: Int?
  /// The network's arithmetic, never `auto`.
  public let precision: Precision
  /// The video stream that was asked for; nil for the one that is the movie.
  public let stream: Int?
  /// Whether records say how unsure the model is; no answer depends on it.
  public var tellsDoubt = false

  /// - Parameters:
  ///   - window: seconds, more than 0.
  ///   - hop: nil for half a window.
  ///   - minimumDuration: nil for three quarters of a window: every window that sees something
  ///     shorter sees its neighbours too, and it is more likely the passage between them.
  public init(
    preprocessing: Preprocessing, window: Double, hop: Double? = nil,
    minimumDuration: Double? = nil, threshold: Double = 0, classThresholds: [Double]? = nil,
    views: Int? = nil, scan: Double? = nil, topCount: Int? = nil, precision: Precision = .auto,
    stream: Int? = nil
  ) {
    precondition(window > 0 && (hop ?? window) > 0 && (views ?? 1) > 0 && (scan ?? 1) > 0)
    self.preprocessing = preprocessing
    self.window = window
    self.hop = hop ?? window / 2
    self.minimumDuration = minimumDuration ?? 0.75 * window
    self.threshold = threshold
    self.classThresholds = classThresholds
    self.views = views
    self.scan = scan
    self.topCount = topCount
    self.precision = precision.resolved
    self.stream = stream
  }

  var timeline: TimelineSettings {
    TimelineSettings(
      hop: hop, minimumDuration: minimumDuration, threshold: threshold,
      classThresholds: classThresholds)
  }

  /// What the class at a position of the model's needs.
  func threshold(of classIndex: Int) -> Double { classThresholds?[classIndex] ?? threshold }

  /// Hash of everything here that changes a record; the preprocessing is the model's, which has its
  /// own hash. 16 hexadecimal digits.
  public var fingerprint: String {
    var parts: [String] = [
      "labels 1", "window \(window)", "hop \(hop)", "minimum \(minimumDuration)",
      "threshold \(threshold)", "views \(views.map(String.init) ?? "timeline")",
      "top \(topCount.map(String.init) ?? "none")",
    ]
    if let scan { parts.append("scan \(scan)") }
    if precision == .bf16 { parts.append("bf16") }
    if let stream { parts.append("stream \(stream)") }
    if let classThresholds { parts.append("thresholds \(classThresholds)") }
    return String(Digest.sha256(parts.joined(separator: "\n")).prefix(16))
  }
}
