import FileStore
import Layers
import Networks

/// A network that was written as ONNX, by PyTorch's exporters or by `ONNXExport`, as one of ours.
///
/// A graph that reads clips `[N, C, T, H, W]`, `[N, T, C, H, W]` or `[N, T, H, W, C]` is taken as it
/// is. One that reads pictures `[N, C, H, W]` or `[N, H, W, C]` works on each frame, and the mean of
/// what it gives over time are the logits; with one frame they are its own. A softmax at the end is
/// dropped: scores go through one in any case.
///
/// Layers are called as PyTorch calls their modules, where names of weights or nodes tell. What
/// vidclass has no layer for is refused with the name of the node.
public struct ONNXImport {
  /// With the file's weights.
  public let network: Network
  /// What our own exporter wrote of the model besides, with the network's architecture; nil for
  /// files of others.
  public let metadata: ModelMetadata?
  /// Whether the graph reads single pictures.
  public let isFramewise: Bool
  /// SHA-256 of the file; weights beside it are not in it.
  public let digest: String
  /// What messages call the file.
  public let source: String
  /// What was read otherwise than it stands in the file, for people.
  public let notes: [String]

  /// - Parameters:
  ///   - frames: of a clip, where the graph does not say (default 16).
  ///   - size: height and width, where the graph does not say.
  public init(reading path: String, frames: Int? = nil, size: Int? = nil) throws(ModelFileError) {
    let model = try ONNXModel(reading: path)
    try self.init(model, frames: frames, size: size, digest: try WeightFile(path).digest())
  }

  /// The network of a model that was read.
  public init(_ model: ONNXModel, frames: Int? = nil, size: Int? = nil) throws(ModelFileError) {
    try self.init(model, frames: frames, size: size, digest: "")
  }

  private init(
    _ model: ONNXModel, frames: Int?, size: Int?, digest: String
  ) throws(ModelFileError) {
    let path = model.source
    let stored = try ONNXWeightFiles.check(model)
    var metadata: ModelMetadata?
    if model.metadata["format_version"] != nil, model.metadata["architecture"] != nil {
      metadata = try ModelMetadata(model.metadata, path: path, weights: stored.bytes)
    }
    var first: ModelFileError?
    var made: (drafts: ONNXDrafts, isFramewise: Bool)?
    for layout in try ONNXInputLayout.candidates(model, frames: frames, size: size) {
      do throws(ModelFileError) {
        var reading = try ONNXReading(
          model, layout, metadata: metadata, weights: stored.elements)
        made = (try reading.drafts(), layout.isFramewise)
        break
      } catch {
        first = first ?? error
      }
    }
    guard let made else {
      throw first ?? ModelFileError(.mismatch, path: path, "has an input that no network reads")
    }
    network = try made.drafts.network(path: path, stored: stored)
    isFramewise = made.isFramewise
    notes = made.drafts.notes
    self.digest = digest
    source = path
    metadata?.architecture = network.architecture
    metadata?.formatVersion = network.architecture.formatVersion
    if let flaw = metadata?.flaw { throw ModelFileError(.mismatch, path: path, flaw) }
    self.metadata = metadata
  }

  /// The weights and running statistics by name.
  public var weights: SafeTensors {
    var tensors: [SafeTensors.Tensor] = []
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        tensors.append(
          SafeTensors.Tensor(
            name: entry.name, type: .float32, shape: entry.shape,
            bytes: Array(
              UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: values[entry.range])))))
      }
    }
    return SafeTensors(
      source: source, digest: digest, metadata: [:], tensors: tensors)
  }

  /// Whether a file is named as ONNX files are.
  public static func isNamed(_ path: String) -> Bool { path.lowercased().hasSuffix(".onnx") }
}

/// Layers and weights of a graph, not yet a network.
struct ONNXDrafts {
  let architecture: Architecture
  let weights: [String: ImportedWeight]
  /// What was read otherwise than it stands in the file.
  let notes: [String]

  /// The network with the file's weights, none of it allocated before the file is known to have as
  /// many.
  func network(
    path: String, stored: (bytes: Int, elements: Int)
  ) throws(ModelFileError) -> Network {
    let network: Network
    do {
      let count = try architecture.parameterCount()
      // Zeros, ones and shared weights make a network larger than its file, but not twice.
      guard count <= stored.bytes / 2 + 1 << 20 else {
        throw ModelFileError(
          .mismatch, path: path,
          "would have \(count) weights out of the \(stored.elements) numbers in its file")
      }
      network = try Network(architecture: architecture, seed: 0)
    } catch let error as NetworkError {
      throw ModelFileError(
        .mismatch, path: path, "describes an impossible network (\(error.message))",
        underlying: error)
    } catch let error as ModelFileError {
      throw error
    } catch {
      preconditionFailure("a network throws only its own errors, not \(error)")
    }
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        guard let weight = weights[entry.name] else {
          preconditionFailure("\(entry.name) was counted when its layer was made")
        }
        let numbers = try weight.values()
        guard numbers.count == entry.range.count else {
          throw ModelFileError(
            .mismatch, path: path,
            "\(numbers.count) values for \(entry.name), which has \(entry.range.count)")
        }
        guard numbers.allSatisfy(\.isFinite) else {
          throw ModelFileError(
            .nonFinite, path: path, "the weights \(entry.name) are not finite")
        }
        if entry.name.hasSuffix(".running_var"), numbers.contains(where: { $0 < 0 }) {
          throw ModelFileError(
            .mismatch, path: path, "the tensor \(entry.name) has a negative variance")
        }
        _ = UnsafeMutableBufferPointer(rebasing: values[entry.range]).update(
          fromContentsOf: numbers)
      }
    }
    return network
  }
}
