import Layers
import Networks

/// Bounds the sizes in an architecture that came from a file, before anything is computed from
/// them: no product may overflow, and no more memory be asked for than the file's tensors justify.
enum ArchitectureCheck {
  static let largestSide = 8192
  private static let mostLayers = 256
  private static let mostClasses = 1 << 20

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
    let input = architecture.input
    for side in [input.frames, input.height, input.width] {
      try require((1...largestSide).contains(side), "an input of \(input)")
    }
    try require((1...64).contains(input.channels), "\(input.channels) channels")
    try require((1...mostClasses).contains(architecture.classes), "\(architecture.classes) classes")
    try require(architecture.layers.count <= mostLayers, "\(architecture.layers.count) layers")
    for layer in architecture.layers {
      switch layer {
      case .conv3D(let name, let filters, let kernel, let stride, let padding, _):
        let extents = [kernel, stride, padding]
        try require(extents.allSatisfy { fits($0, 0...64) }, "\(name): \(kernel)")
        try requireWeight("\(name).weight", rows: filters, rank: 5, tensors)
      case .maxPool3D(let window): try require(fits(window, 1...64), "a window of \(window)")
      case .lstm(let name, let hidden):
        try require((1...1 << 20).contains(hidden), "\(name): \(hidden) units")
        try requireWeight("\(name).weight_ih_l0", rows: 4 * hidden, rank: 2, tensors)
      case .dense(let name, let outputs):
        try requireWeight("\(name).weight", rows: outputs, rank: 2, tensors)
      case .attention(let name):
        try requireWeight("\(name).weight", rows: 1, rank: 2, tensors)
      case .batchNorm, .relu, .spatialMean, .flattenSteps, .timePooling, .dropout: break
      }
    }
    let parameters: Int
    do {
      parameters = try architecture.parameterCount()
    } catch {
      throw ModelFileError(
        .mismatch, path: tensors.source, "describes an impossible network (\(error.message))",
        underlying: error)
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

  private static func fits(_ extent: Extent3, _ range: ClosedRange<Int>) -> Bool {
    range.contains(extent.depth) && range.contains(extent.height) && range.contains(extent.width)
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
