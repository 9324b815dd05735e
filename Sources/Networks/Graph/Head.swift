import Layers

// The classifier at a network's end: what `--freeze` leaves free and other classes replace.
extension Architecture {
  /// The number of the layer that makes the classes: the last one, or one with nothing behind it but
  /// layers that keep features apart, such as the pooling behind SqueezeNet's last convolution.
  ///
  /// Each layer is read by some other one, so that those behind it can only be that chain.
  var classifier: Int {
    var index = layers.count - 1
    while index > 0, layers[index].layer.keepsFeatures, layers[index].inputs?.count ?? 1 == 1 {
      index -= 1
    }
    return max(0, index)
  }

  /// The number of the first node of the classifier, with the dropout before it.
  public var headStart: Int {
    var start = classifier
    while start > 0, layers[start - 1].layer.onlyTrains { start -= 1 }
    return start
  }

  /// Makes the classifier fit another number of classes.
  ///
  /// - Throws: where the classes come of a layer that cannot have another number of outputs, naming
  ///   it.
  public mutating func setClasses(_ count: Int) throws(NetworkError) {
    let head = classifier
    if layers.indices.contains(head), let layer = layers[head].layer.with(outputs: count) {
      layers[head].layer = layer
    } else if count != classes, !layers.isEmpty {
      throw bad(
        "its \(classes) classes come of \(called(head)), which cannot be made to give "
          + "\(count): let it end with a dense layer or an ungrouped convolution, behind which "
          + "there are only activations, batch normalisation, pooling and flatten")
    }
    classes = count
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
  /// The names of the classifier's tensors.
  public var headNames: Set<String> {
    let head = architecture.classifier
    return Set((entries + bufferEntries).filter { $0.node >= head }.map(\.name))
  }
}
