/// What an epoch of training came to; a row of `metrics.csv`.
public struct EpochRecord: Codable, Hashable, Sendable {
  /// Scores of the weights that would be saved, on the clips held out.
  public struct Validation: Codable, Hashable, Sendable {
    /// Mean cross-entropy, without smoothing or weights.
    public var loss: Double
    /// Share of clips whose highest score is their label's.
    public var top1: Double
    /// Mean F1 over the classes that have clips or were predicted.
    public var macroF1: Double

    /// Shares from 0 to 1, and a loss.
    public init(loss: Double, top1: Double, macroF1: Double) {
      self.loss = loss
      self.top1 = top1
      self.macroF1 = macroF1
    }

    /// Higher macro F1 wins; of equals the lower loss.
    public func isBetter(than other: Validation) -> Bool {
      macroF1 != other.macroF1 ? macroF1 > other.macroF1 : loss < other.loss
    }
  }

  /// Counted from 1.
  public var epoch: Int
  /// Optimiser steps done since the start.
  public var step: Int
  /// Of the epoch's last step.
  public var learningRate: Double
  /// Mean over the epoch of what was minimised, on augmented clips.
  public var trainingLoss: Double
  /// On augmented clips, with the weights as they changed.
  public var trainingTop1: Double
  /// Nil when nothing is held out.
  public var validation: Validation?
  /// Of the epoch's steps.
  public var seconds: Double
  /// In training, without scoring.
  public var clipsPerSecond: Double

  static let header =
    "epoch,step,learning_rate,train_loss,train_top1,val_loss,val_top1,val_macro_f1,seconds,"
    + "clips_per_second"

  var row: String {
    let held = validation.map { [$0.loss, $0.top1, $0.macroF1].map(\.description) }
    let fields =
      [String(epoch), String(step), learningRate.description]
      + [trainingLoss.description, trainingTop1.description] + (held ?? ["", "", ""])
      + [rounded(seconds), rounded(clipsPerSecond)]
    return fields.joined(separator: ",")
  }

  /// The whole of `metrics.csv` for these epochs.
  public static func table(_ records: [EpochRecord]) -> String {
    ([header] + records.map(\.row)).joined(separator: "\n") + "\n"
  }

  private func rounded(_ value: Double) -> String {
    ((value * 100).rounded() / 100).description
  }

  /// Names and values for TensorBoard.
  var scalars: [(name: String, value: Double)] {
    var values = [
      ("train/loss", trainingLoss), ("train/top1", trainingTop1),
      ("train/learning_rate", learningRate), ("train/clips_per_second", clipsPerSecond),
    ]
    if let validation {
      values += [
        ("validation/loss", validation.loss), ("validation/top1", validation.top1),
        ("validation/macro_f1", validation.macroF1),
      ]
    }
    return values.map { (name: $0.0, value: $0.1) }
  }
}
