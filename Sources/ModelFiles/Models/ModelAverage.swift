import Networks

// The mean of the weights of several models.
extension Model {
  /// One model whose weights are the mean of those of others (Wortsman et al. 2022).
  ///
  /// That pays for models that went different ways from one start; of models that were trained from
  /// different seeds the mean knows nothing, as their features have nothing in common: an ensemble
  /// averages their scores.
  ///
  /// - Throws: `mismatch` unless network, classes and preprocessing are the same.
  public static func average(of models: [Model]) throws -> Model {
    guard let first = models.first else { preconditionFailure("a mean of nothing") }
    for other in models.dropFirst() {
      let difference =
        other.metadata.architecture != first.metadata.architecture
        ? "another network"
        : other.metadata.classes != first.metadata.classes
          ? "other classes, or in another order"
          : other.metadata.preprocessing != first.metadata.preprocessing
            ? "another preprocessing" : nil
      if let difference {
        throw ModelFileError(
          .mismatch, path: other.path ?? "",
          "has \(difference) than \(first.path ?? "the first"), so their weights have no mean; to "
            + "average scores, train with `ensemble`")
      }
    }
    let network = try Network(architecture: first.metadata.architecture, seed: 0)
    network.copyValues(from: first.network)
    for (target, values) in [
      (network.parameters, models.map(\.network.parameters)),
      (network.buffers, models.map(\.network.buffers)),
    ] {
      for index in target.indices {
        let sum = values.reduce(0.0) { $0 + Double($1[index]) }
        target[index] = Float(sum / Double(models.count))
      }
    }
    var metadata = first.metadata
    metadata.temperature =
      models.reduce(0) { $0 + $1.metadata.temperature } / Double(models.count)
    metadata.training["average_of"] = models.map(\.hash).joined(separator: " ")
    return Model(metadata: metadata, network: network)
  }
}
