import Foundation

/// The folder beside a model that tells how it was trained: `models/clips.run` for
/// `models/clips.safetensors`.
public struct RunFolder: Sendable {
  /// The model file.
  public let model: String
  /// The folder itself.
  public let path: String

  /// - Parameter model: the model's file; nothing is made.
  public init(model: String) {
    self.model = model
    let suffix = ".safetensors"
    let stem = model.hasSuffix(suffix) ? String(model.dropLast(suffix.count)) : model
    path = stem + ".run"
  }

  /// The folder inside of a training that belongs to this one, such as a fold; it leaves no model.
  public func part(_ name: String) -> RunFolder {
    RunFolder(model: path + "/" + name + ".safetensors")
  }

  /// The name of a fold's part; folds count from 1.
  public static func fold(_ number: Int) -> String { "fold-\(number)" }

  /// The name of an ensemble's part; members count from 1.
  public static func member(_ number: Int) -> String { "member-\(number)" }

  /// The part of the training on all clips that follows a validated one.
  public static let refit = "refit"

  /// The part of the comparison within a budget that is under way.
  public static let trial = "trial"
  /// The part of the training that won a comparison.
  public static let winner = "winner"

  /// What a comparison within a budget has found so far.
  public var budget: String { path + "/budget.json" }
  /// The model that was validated, where the training went on to learn from all clips.
  public var validated: String { path + "/validated.safetensors" }
  /// What an interrupted training goes on from.
  public var checkpoint: String { path + "/checkpoint.safetensors" }
  /// A row for each epoch.
  public var metrics: String { path + "/metrics.csv" }
  /// What each clip was when the training began.
  public var clips: String { path + "/clips.csv" }
  /// Which clip was on which side.
  public var split: String { path + "/split.csv" }
  /// Scores of the clips held out in all folds.
  public var predictions: String { path + "/predictions.csv" }
  /// Figures for people, one HTML file.
  public var report: String { path + "/report.html" }

  /// Whether a training was begun here.
  public var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: checkpoint) }
}
