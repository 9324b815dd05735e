public import Layers
import Tensors

/// A network's parameters and running statistics; what it does with them is `Executor`'s.
///
/// Not thread-safe: one owner changes it, others read while nobody does.
public final class Network {
  /// A tensor inside a flat buffer.
  public struct Entry: Sendable, Hashable {
    /// What a tensor is to its layer.
    public typealias Role = ParameterSpec.Role

    /// As PyTorch would call it, for instance `blocks.0.conv.weight`.
    public let name: String
    /// In PyTorch's layout.
    public let shape: [Int]
    /// Where it lies in the flat buffer.
    public let range: Range<Int>
    /// Whether it is a weight, another parameter or a statistic.
    public let role: Role
    /// Number of the node that owns it.
    public let node: Int
  }

  /// What it is the network of; never changes.
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
  package let parameters: UnsafeMutableBufferPointer<Float>
  /// Their gradients, laid out alike.
  package let gradients: UnsafeMutableBufferPointer<Float>
  /// Values of `bufferEntries`, flat.
  package let buffers: UnsafeMutableBufferPointer<Float>

  private let arena: Arena

  /// A new network with weights drawn from `seed`: He's uniform for convolutions, PyTorch's for the
  /// rest, and forget gates that start open (Jozefowicz et al. 2015).
  public init(architecture: Architecture, seed: UInt64) throws(NetworkError) {
    self.architecture = architecture
    var layout = ParameterLayout()
    for (node, place) in try architecture.graph().places.enumerated() {
      layout.add(place, of: node)
    }
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

  /// Where each tensor lies, by name.
  package var ranges: [String: Range<Int>] {
    Dictionary(uniqueKeysWithValues: (entries + bufferEntries).map { ($0.name, $0.range) })
  }

  /// The first of the running statistics; there may be none of them.
  package var statisticsStart: UnsafeMutablePointer<Float> {
    buffers.baseAddress ?? parameters.baseAddress!
  }

  private func draw(layout: ParameterLayout, seed: UInt64) {
    let isOriginal = architecture.formatVersion == 1
    for (index, entry) in entries.enumerated() {
      var random = RandomStream(
        seed: seed, purpose: .initialWeights,
        isOriginal ? UInt64(index) : RandomStream.key(entry.name))
      fill(parameters, entry, layout.starts[index]) { random.uniform(-$0, $0) }
    }
    for (index, entry) in bufferEntries.enumerated() {
      fill(buffers, entry, layout.bufferStarts[index]) { $0 }
    }
  }

  private func fill(
    _ values: UnsafeMutableBufferPointer<Float>, _ entry: Entry, _ start: ParameterSpec.Start,
    _ draw: (_ bound: Float) -> Float
  ) {
    switch start {
    case .uniform(let bound):
      for position in entry.range { values[position] = draw(bound) }
    case .constant(let value):
      for position in entry.range { values[position] = value }
    case .parts(let parts):
      let length = max(1, entry.range.count / parts.count)
      for (offset, position) in entry.range.enumerated() {
        values[position] = parts[min(offset / length, parts.count - 1)]
      }
    }
  }
}

/// Names, places and starting values of all tensors.
private struct ParameterLayout {
  var entries: [Network.Entry] = []
  var buffers: [Network.Entry] = []
  /// Layers with running statistics.
  var normalizations: [String] = []
  var starts: [ParameterSpec.Start] = []
  var bufferStarts: [ParameterSpec.Start] = []

  mutating func add(_ place: Graph.Place, of node: Int) {
    for parameter in place.parameters {
      let name = "\(place.layer.name).\(parameter.name)"
      if parameter.role == .statistics {
        if normalizations.last != place.layer.name { normalizations.append(place.layer.name) }
        ParameterLayout.append(parameter, name, of: node, to: &buffers)
        bufferStarts.append(parameter.start)
      } else {
        ParameterLayout.append(parameter, name, of: node, to: &entries)
        starts.append(parameter.start)
      }
    }
  }

  private static func append(
    _ parameter: ParameterSpec, _ name: String, of node: Int, to entries: inout [Network.Entry]
  ) {
    let begin = entries.last?.range.upperBound ?? 0
    entries.append(
      Network.Entry(
        name: name, shape: parameter.shape, range: begin..<begin + parameter.count,
        role: parameter.role, node: node))
  }
}
