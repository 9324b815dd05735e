import Datasets
import FileStore
import ModelFiles

/// What each epoch of a training came to, from the run folder beside its model.
public struct TrainingCurve: Sendable {
  /// A row of `metrics.csv`; figures of clips held out are NaN where none were.
  public struct Epoch: Sendable {
    /// Counted from 1.
    public let number: Int
    /// Mean loss on the clips learned from, as they were shown.
    public let trainingLoss: Double
    /// Mean loss on the clips held out.
    public let validationLoss: Double
    /// Share of right answers on the clips learned from, as they were shown.
    public let trainingTop1: Double
    /// Share of right answers on the clips held out.
    public let validationTop1: Double
    /// Macro F1 on the clips held out, by which the epoch is chosen.
    public let validationMacroF1: Double
    /// Of the epoch's last step.
    public let learningRate: Double
  }

  /// In their order, at least one.
  public let epochs: [Epoch]

  /// The epoch with the highest macro F1 on the clips held out, of equals the one with the lower
  /// loss; nil where none were held out.
  public var chosen: Epoch? {
    epochs.filter { !$0.validationMacroF1.isNaN }.max {
      ($0.validationMacroF1, -$0.validationLoss, $1.number)
        < ($1.validationMacroF1, -$1.validationLoss, $0.number)
    }
  }

  /// The curve of the training that left `model`; nil where there is no run folder with one.
  ///
  /// - Throws: an error that names the line of `metrics.csv` that does not read as one.
  public init?(ofModel model: String) throws {
    let path = RunFolder(model: model).metrics
    guard RegularFile.exists(path) else { return nil }
    var columns: [String: Int] = [:]
    var epochs: [Epoch] = []
    try CSV.forEachRecord(path: path) { fields, line in
      if columns.isEmpty {
        columns = Dictionary(
          fields.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return
      }
      func value(_ name: String) throws -> Double {
        guard let column = columns[name], column < fields.count, !fields[column].isEmpty else {
          return .nan
        }
        guard let value = Double(fields[column]), value.isFinite else {
          throw EvaluationError(
            .format, path: path, "line \(line): \(name) is \"\(fields[column])\", not a number")
        }
        return value
      }
      epochs.append(
        Epoch(
          number: Int(clamping: try value("epoch")), trainingLoss: try value("train_loss"),
          validationLoss: try value("val_loss"), trainingTop1: try value("train_top1"),
          validationTop1: try value("val_top1"), validationMacroF1: try value("val_macro_f1"),
          learningRate: try value("learning_rate")))
    }
    if epochs.isEmpty { return nil }
    self.epochs = epochs
  }
}
