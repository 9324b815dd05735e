import Foundation
import Layers
import Tensors

/// A network's parameters and running statistics; what it does with them is `Executor`'s.
///
/// Not thread-safe: one owner changes it, others read while nobody does.
public final class Network {
  /// A tensor inside a flat buffer.
  public struct Entry: Sendable, Hashable {
    public enum Role: String, Sendable {
      case weight
      case bias
      /// Scale or shift of a normalisation.
      case normalization
      /// Running statistics: not trained.
      case statistics
    }

    /// As PyTorch would call it, for instance `blocks.0.conv.weight`.
    public let name: String
    /// In PyTorch's layout.
    public let shape: [Int]
    /// Where it lies in the flat buffer.
    public let range: Range<Int>
    public let role: Role
  }

  public let architecture: Architecture
  /// Trainable tensors, in the order of the layers.
  public let entries: [Entry]
  /// Running means and variances of batch normalisations.
  public let bufferEntries: [Entry]
  /// Names of batch normalisations, whose `num_batches_tracked` is `batchesTracked`.
  public let normalizationNames: [String]
  /// Training batches that the running statistics have seen.
  public var batchesTracked: Int = 0

  /// All trainable values, flat.
  public let parameters: UnsafeMutableBufferPointer<Float>
  /// Their gradients, laid out alike.
  public let gradients: UnsafeMutableBufferPointer<Float>
  /// Values of `bufferEntries`, flat.
  public let buffers: UnsafeMutableBufferPointer<Float>

  private let arena: Arena

  /// A new network with weights drawn from `seed`: He's uniform for convolutions, PyTorch's for the
  /// rest, and forget gates that start open (Jozefowicz et al. 2015).
  public init(architecture: Architecture, seed: UInt64) throws(NetworkError) {
    self.architecture = architecture
    var layout = ParameterLayout()
    for stage in try architecture.resolve() { layout.add(stage) }
    entries = layout.entries
    bufferEntries = layout.buffers
    normalizationNames = layout.normalizations
    let count = entries.last?.range.upperBound ?? 0
    let statistics = bufferEntries.last?.range.upperBound ?? 0
    let stride = MemoryLayout<Float>.size
    do throws(TensorError) {
      arena = try Arena(byteCount: (2 * (count + 64) + statistics) * stride)
    } catch {
      throw NetworkError(code: .outOfMemory, message: error.message)
    }
    let padded = (count + 63) / 64 * 64 * stride
    parameters = arena.floats(at: 0, count: count)
    gradients = arena.floats(at: padded, count: count)
    buffers = arena.floats(at: 2 * padded, count: statistics)
    draw(layout: layout, seed: seed)
  }

  /// The entry of that name.
  public func entry(_ name: String) -> Entry? {
    entries.first { $0.name == name } ?? bufferEntries.first { $0.name == name }
  }

  /// Copies all parameters and statistics of a network of the same architecture.
  public func copyValues(from other: Network) {
    precondition(entries == other.entries && bufferEntries == other.bufferEntries)
    parameters.baseAddress?.update(from: other.parameters.baseAddress!, count: parameters.count)
    if buffers.count > 0 {
      buffers.baseAddress!.update(from: other.buffers.baseAddress!, count: buffers.count)
    }
    batchesTracked = other.batchesTracked
  }

  private func draw(layout: ParameterLayout, seed: UInt64) {
    for (index, entry) in entries.enumerated() {
      var random = RandomStream(seed: seed, purpose: .initialWeights, UInt64(index))
      let bound = layout.bounds[index]
      for position in entry.range {
        parameters[position] = bound > 0 ? random.uniform(-bound, bound) : layout.starts[index]
      }
      if entry.name.hasSuffix(".bias_ih_l0") {
        let hidden = entry.shape[0] / 4
        for unit in hidden..<2 * hidden { parameters[entry.range.lowerBound + unit] = 1 }
      }
    }
    for entry in bufferEntries where entry.name.hasSuffix("running_var") {
      for position in entry.range { buffers[position] = 1 }
    }
  }
}

/// Names, shapes and starting values of all tensors.
private struct ParameterLayout {
  var entries: [Network.Entry] = []
  var buffers: [Network.Entry] = []
  var normalizations: [String] = []
  /// Uniform between minus and plus this; 0 for a constant start.
  var bounds: [Float] = []
  var starts: [Float] = []

  mutating func add(_ stage: Stage) {
    switch stage.kind {
    case .convolution(let stage):
      let geometry = stage.geometry
      let kernel = geometry.kernel
      let bound = (6 / Float(geometry.patchCount)).squareRoot()
      add(
        "\(stage.name).weight",
        [
          geometry.outputChannels, geometry.inputChannels, kernel.depth, kernel.height,
          kernel.width,
        ], .weight, bound: bound)
      if stage.bias { add("\(stage.name).bias", [geometry.outputChannels], .bias) }
      if let norm = stage.normName {
        normalizations.append(norm)
        add("\(norm).weight", [geometry.outputChannels], .normalization, start: 1)
        add("\(norm).bias", [geometry.outputChannels], .normalization)
        addBuffer("\(norm).running_mean", geometry.outputChannels)
        addBuffer("\(norm).running_var", geometry.outputChannels)
      }
    case .lstm(let name, _, let inputs, let hidden):
      let bound = 1 / Float(hidden).squareRoot()
      add("\(name).weight_ih_l0", [4 * hidden, inputs], .weight, bound: bound)
      add("\(name).weight_hh_l0", [4 * hidden, hidden], .weight, bound: bound)
      add("\(name).bias_ih_l0", [4 * hidden], .bias)
      add("\(name).bias_hh_l0", [4 * hidden], .bias)
    case .dense(let name, let inputs, let outputs):
      let bound = 1 / Float(inputs).squareRoot()
      add("\(name).weight", [outputs, inputs], .weight, bound: bound)
      add("\(name).bias", [outputs], .bias)
    case .attention(let name, _, let features):
      // From 0 on: training starts with the plain mean.
      add("\(name).weight", [1, features], .weight)
    case .spatialMean, .flattenSteps, .timePooling, .dropout: break
    }
  }

  private mutating func add(
    _ name: String, _ shape: [Int], _ role: Network.Entry.Role, bound: Float = 0, start: Float = 0
  ) {
    let begin = entries.last?.range.upperBound ?? 0
    let count = shape.reduce(1, *)
    entries.append(
      Network.Entry(name: name, shape: shape, range: begin..<begin + count, role: role))
    bounds.append(bound)
    starts.append(start)
  }

  private mutating func addBuffer(_ name: String, _ count: Int) {
    let begin = buffers.last?.range.upperBound ?? 0
    buffers.append(
      Network.Entry(
        name: name, shape: [count], range: begin..<begin + count, role: .statistics))
  }
}
