import Foundation
import Networks

/// How layers that begin with learned weights are kept from forgetting: the new layers learn first,
/// then the others join them from the top down, at rates that fall towards the input (Howard and
/// Ruder 2018, "Universal Language Model Fine-tuning").
struct FineTuning {
  /// Nodes with parameters of their own before the new ones, ascending.
  private let learned: [Int]
  private let headSteps: Double
  private let lowestRate: Double

  /// - Parameters:
  ///   - firstNew: the first node that learns from the first step on.
  ///   - frozen: so many nodes, from the first on, learn nothing.
  init(
    _ settings: TrainingSettings, network: Network, frozen: Int, firstNew: Int, stepsPerEpoch: Int
  ) {
    learned = Set(network.entries.map(\.node)).filter { (frozen..<max(frozen, firstNew)) ~= $0 }
      .sorted()
    headSteps = (settings.headFirst ?? 0) * Double(stepsPerEpoch)
    lowestRate = settings.trunkRate ?? 1
  }

  /// When a node begins to learn, and at which part of the learning rate: the node below the new ones
  /// after `headFirst`, the first one after twice as long and at `trunkRate`.
  func pace(of node: Int) -> (firstStep: Int, rate: Float) {
    guard let place = learned.firstIndex(of: node) else { return (0, 1) }
    let depth = Double(learned.count - place) / Double(learned.count)
    let wait = learned.count > 1 ? Double(learned.count - 1 - place) / Double(learned.count - 1) : 0
    return (
      Int(clamping: (headSteps * (1 + wait)).rounded()), Float(Foundation.pow(lowestRate, depth))
    )
  }
}

extension TrainingSettings {
  /// What layers with learned weights need where new ones follow them.
  ///
  /// - Parameter firstNewNode: nil where all weights were taken.
  mutating func protectLearned(_ request: TrainingRequest, firstNewNode: Int?) {
    guard request.initialModel != nil, request.freeze != .trunk, firstNewNode ?? 0 > 0 else {
      return
    }
    if headFirst == nil { headFirst = Double(epochs) / 10 }
    if trunkRate == nil { trunkRate = 0.1 }
  }
}
