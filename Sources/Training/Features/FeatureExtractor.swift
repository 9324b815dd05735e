import FileStore
import Foundation
import Networks
import Tensors

/// Runs the trunk of a network over one clip at a time: what comes out then depends on that clip alone,
/// whichever others need it as well.
final class FeatureExtractor {
  private let executor: Executor

  init(
    _ head: FittedHead, weights: Network, exactConvolution: Bool, precision: Precision,
    pool: WorkerPool
  ) throws {
    executor = try Executor(
      network: try FeatureExtractor.trunk(head, of: weights), batch: 1, mode: .inference,
      exactConvolution: exactConvolution, precision: precision, pool: pool)
  }

  /// The part of a network before its head, with its weights.
  static func trunk(_ head: FittedHead, of network: Network) throws -> Network {
    let trunk = try Network(architecture: head.trunk, seed: 0)
    for (entries, values, source) in [
      (trunk.entries, trunk.parameters, network.parameters),
      (trunk.bufferEntries, trunk.buffers, network.buffers),
    ] {
      for entry in entries {
        guard let own = network.entry(entry.name) else {
          preconditionFailure("a trunk has only what its network has")
        }
        _ = UnsafeMutableBufferPointer(rebasing: values[entry.range])
          .update(fromContentsOf: source[own.range])
      }
    }
    return trunk
  }

  /// SHA-256 of what a trunk is and knows.
  static func hash(_ head: FittedHead, of network: Network) throws -> String {
    let trunk = try trunk(head, of: network)
    var hash = SHA256()
    hash.update(StableJSON.text(head.trunk.layers) + "\(head.trunk.input)")
    hash.update(UnsafeRawBufferPointer(trunk.parameters))
    hash.update(UnsafeRawBufferPointer(trunk.buffers))
    return hash.finish()
  }

  /// Bytes of activations and packed weights.
  var peakBytes: Int { executor.peakBytes }

  /// The features of a prepared clip, step after step.
  func features(of input: UnsafeMutableBufferPointer<Float>) -> [Float] {
    _ = executor.input.update(fromContentsOf: input)
    executor.forward(count: 1)
    return Array(executor.logits)
  }

  /// Seconds that a clip takes, from the second of two empty ones.
  func measure() -> Double {
    executor.input.update(repeating: 0)
    executor.forward(count: 1)
    executor.input.update(repeating: 0)
    return ContinuousClock().measure { executor.forward(count: 1) } / .seconds(1)
  }
}
