import Layers

/// A picture network on every frame whose trunk stays as it is, cut where the features of each frame are
/// there: behind them only their statistics over time follow, a batch normalisation and a dense layer,
/// which can be fitted to many clips at once.
package struct FittedHead {
  /// The network up to the features, which it gives as one vector, frame after frame.
  package let trunk: Architecture
  /// Of one frame; the statistics have twice as many.
  package let features: Int
  /// The number of the first node that is not the trunk's.
  package let firstNode: Int
  /// Name of the normalisation that brings the statistics to one scale.
  package let norm: String
  /// What the normalisation adds to a variance.
  package let epsilon: Float
  /// Name of the dense layer that makes the classes.
  package let classifier: String

  /// Nil for a network that does not end so.
  package init?(_ architecture: Architecture) {
    let nodes = architecture.layers
    let first = nodes.count - 3
    guard first > 0, nodes[(first + 1)...].allSatisfy({ $0.inputs == nil }),
      nodes[first].inputs?.count ?? 1 == 1, nodes[first].layer is TimeStatistics,
      let norm = nodes[first + 1].layer as? BatchNorm, let normName = nodes[first + 1].name,
      nodes[first + 2].layer is DenseLayer, let classifier = nodes[first + 2].name,
      let graph = try? architecture.graph(),
      case .sequence(let steps, let features) = graph.shapes[graph.places[first].inputs[0]],
      steps == architecture.input.frames,
      graph.places[..<first].allSatisfy({ Self.keepsFramesApart($0.layer) })
    else { return nil }
    // The statistics read the node before them, or one that they name.
    var flatten = Node.flatten
    flatten.inputs = nodes[first].inputs
    let trunk = Architecture(
      name: architecture.name, input: architecture.input, classes: steps * features,
      layers: nodes[..<first] + [flatten])
    guard (try? trunk.validate()) != nil else { return nil }
    self.trunk = trunk
    self.features = features
    firstNode = first
    self.norm = normName
    epsilon = norm.epsilon
    self.classifier = classifier
  }

  private static func keepsFramesApart(_ place: PlacedLayer) -> Bool {
    place.layer is SpatialMean || place.layer is FlattenSteps
      || place.layer.worksByFrame(place.inputs)
  }
}
