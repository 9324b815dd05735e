import FileStore
import Networks

/// How many nodes of a network, from the first on, `--freeze` keeps as they are.
struct FrozenLayers {
  let count: Int
  /// Why these are fewer than was asked for, to follow what is said of the weights.
  let note: String?

  /// - Parameter firstNewNode: the first one whose weights are random: it learns, and with it all
  ///   that follow, which have not seen the like of what it gives.
  /// - Throws: where nothing would learn.
  init(_ settings: TrainingSettings, network: Network, firstNewNode: Int?) throws(TrainingError) {
    let layers = network.architecture.layers
    let asked = settings.freeze ? network.architecture.headStart : settings.frozenLayers ?? 0
    let last = network.entries.map(\.node).max() ?? 0
    if asked > last {
      throw TrainingError(
        .usage,
        "`freeze` \(settings.freeze ? "trunk" : "\(asked)"): the network has "
          + "\(layers.count) layers and "
          + (last == layers.count - 1 ? "the last" : "number \(last + 1), the last with weights,")
          + " must learn; " + (last > 0 ? "give 1 to \(last)" : "leave `freeze` out"))
    }
    count = min(asked, firstNewNode ?? asked)
    guard count < asked else {
      note = nil
      return
    }
    let name = layers[count].name.map { " (\(PathText.display($0)))" } ?? ""
    note =
      "; `freeze` \(settings.freeze ? "trunk" : "\(asked)") keeps only the first \(count) "
      + "layers, as layer \(count + 1)\(name) is new: it and those after it learn"
  }
}
