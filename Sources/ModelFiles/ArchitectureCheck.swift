import Layers
import Networks

/// Holds an architecture that came from a file against its tensors, before anything is computed from
/// it: its sizes are in bounds, and no more memory is asked for than the tensors justify.
enum ArchitectureCheck {
  /// Throws for sizes out of bounds, and for weights that the file does not hold.
  static func check(
    _ architecture: Architecture, against tensors: SafeTensors
  ) throws(ModelFileError) {
    func require(_ condition: Bool, _ what: String) throws(ModelFileError) {
      if condition { return }
      throw ModelFileError(
        .mismatch, path: tensors.source,
        "describes an impossible network (\(what)); give a model that vidclass train wrote")
    }
    func possible<Value>(_ body: () throws(NetworkError) -> Value) throws(ModelFileError) -> Value {
      do {
        return try body()
      } catch {
        throw ModelFileError(
          .mismatch, path: tensors.source, "describes an impossible network (\(error.message))",
          underlying: error)
      }
    }
    for layer in architecture.layers {
      try possible { () throws(NetworkError) in try architecture.requireBounds(of: layer) }
      switch layer {
      case .conv3D(let name, let filters, _, _, _, _):
        try requireWeight("\(name).weight", rows: filters, rank: 5, tensors)
      case .lstm(let name, let hidden):
        try requireWeight("\(name).weight_ih_l0", rows: 4 * hidden, rank: 2, tensors)
      case .dense(let name, let outputs):
        try requireWeight("\(name).weight", rows: outputs, rank: 2, tensors)
      case .attention(let name):
        try requireWeight("\(name).weight", rows: 1, rank: 2, tensors)
      case .batchNorm, .relu, .maxPool3D, .spatialMean, .flattenSteps, .timePooling, .dropout:
        break
      }
    }
    let parameters = try possible { () throws(NetworkError) in
      try architecture.parameterCount()
    }
    let held = tensors.names.reduce(0) { sum, name in
      guard let tensor = tensors[name], tensor.type == .float32 else { return sum }
      return sum + tensor.count
    }
    // A little more than there is may be asked for: then the tensor that is missing can be named.
    try require(
      parameters <= 2 * held + (1 << 20),
      "\(parameters) parameters, of which the file holds \(held)")
  }

  /// The tensor itself is compared in full later; here its bytes vouch for the sizes in its name.
  private static func requireWeight(
    _ name: String, rows: Int, rank: Int, _ tensors: SafeTensors
  ) throws(ModelFileError) {
    guard let tensor = tensors[name] else {
      throw ModelFileError(
        .mismatch, path: tensors.source,
        "lacks the tensor \(name); was it made for another network?")
    }
    if tensor.shape.count != rank || tensor.shape.first != rows {
      let others = [String](repeating: "…", count: rank - 1).joined(separator: ", ")
      throw ModelFileError(
        .mismatch, path: tensors.source,
        "tensor \(name) is \(tensor.type.rawValue) \(tensor.shape) where the network needs "
          + "F32 [\(rows), \(others)]; was it made for another network?")
    }
  }
}
