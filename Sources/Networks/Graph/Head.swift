import Layers

// The classifier at a network's end: what `--freeze` leaves free and other classes replace.
extension Architecture {
  /// The number of the first node of the classifier: the last one, with the dropout before it.
  public var headStart: Int {
    var start = max(0, layers.count - 1)
    while start > 0, layers[start - 1].layer.onlyTrains { start -= 1 }
    return start
  }

  /// Makes the last layer fit another number of classes, where it names its outputs.
  public mutating func setClasses(_ count: Int) {
    classes = count
    if let last = layers.indices.last, let layer = layers[last].layer.with(outputs: count) {
      layers[last].layer = layer
    }
  }

  /// Gives every dropout this rate; false where there is none.
  public mutating func setDropout(rate: Float) -> Bool {
    var found = false
    for index in layers.indices where layers[index].layer is DropoutLayer {
      layers[index].layer = DropoutLayer(rate: rate)
      found = true
    }
    return found
  }
}

extension Network {
  /// The names of the last layer's tensors.
  public var headNames: Set<String> {
    Set(entries.filter { $0.node == architecture.layers.count - 1 }.map(\.name))
  }
}
