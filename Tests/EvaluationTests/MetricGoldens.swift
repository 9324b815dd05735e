import Evaluation
import Foundation
import TestSupport
import Testing

/// Figures of scikit-learn, torchmetrics and SciPy; see `Tests/Fixtures/make-metric-goldens.py`.
struct MetricGoldens: Decodable {
  struct Figures: Decodable {
    let top1, balancedAccuracy, macroF1, weightedF1, meanAveragePrecision: Double
    let auroc: Double?
    let logLoss, ece: Double
    let precision, recall, f1, support: [Double]
    let confusion: [[Int]]
  }

  struct Curves: Decodable {
    let `class`: Int
    let thresholds, precision, recall: [Double]
    let `false`, `true`: [Double]
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let classes: Int
    let units: [[Int]]
    let labels: [Int]
    let figures: Figures
    let curves: Curves?

    var testDescription: String { name }
    var clips: ScoredClips { MetricGoldens.clips(units, labels, groups: nil) }
  }

  struct Resample: Decodable {
    let weights: [Double]
    let differences: [Double]
  }

  struct Paired: Decodable {
    let labels: [Int]
    let groups: [Int]
    let first, second: [[Int]]
    let difference: [Double]
    let resamples: [Resample]
    let standardErrors: [Double]
    let onlyFirst, onlySecond: Int
    let mcnemar: Double
  }

  struct Tests: Decodable {
    let mcnemar: [[Double]]
    let tQuantiles: [[Double]]
    let tTails: [[Double]]
  }

  let cases: [Case]
  let paired: Paired
  let tests: Tests

  static let all: MetricGoldens = {
    let url = URL(fileURLWithPath: Repository.path + "/Tests/Fixtures/metric-goldens.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try! decoder.decode(MetricGoldens.self, from: Data(contentsOf: url))
  }()

  /// Rows of whole numbers of 1/65536.
  static func clips(_ units: [[Int]], _ labels: [Int], groups: [Int]?) -> ScoredClips {
    scored(
      units.map { $0.map { Float($0) / 65536 } }, labels, groups: groups.map { $0.map { "g\($0)" } }
    )
  }
}
