internal import CKernels
import Tensors

/// From volumes `[N, D, H, W, C]` to time-major sequences `[D, N, features]`.
package enum StepFeatures {
  /// Mean over height and width: `features = C`.
  package static func spatialMean(
    batch: Int, layout: ActivationLayout, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    precondition(layout.halo == .zero, "sequence layers read dense activations")
    let channels = layout.channels
    let positions = layout.extent.height * layout.extent.width
    let steps = layout.extent.depth
    pool.parallelFor(batch) { sample in
      for step in 0..<steps {
        let plane = input + (sample * steps + step) * positions * channels
        let sum = output + (step * batch + sample) * channels
        sum.update(repeating: 0, count: channels)
        for position in 0..<positions {
          VectorMath.add(plane + position * channels, to: sum, count: channels)
        }
        for channel in 0..<channels { sum[channel] /= Float(positions) }
      }
    }
  }

  package static func spatialMeanBackward(
    batch: Int, layout: ActivationLayout, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let channels = layout.channels
    let positions = layout.extent.height * layout.extent.width
    let steps = layout.extent.depth
    pool.parallelFor(batch) { sample in
      for step in 0..<steps {
        let plane = inputGradient + (sample * steps + step) * positions * channels
        let gradient = outputGradient + (step * batch + sample) * channels
        for channel in 0..<channels { plane[channel] = gradient[channel] / Float(positions) }
        for position in 1..<max(positions, 1) {
          (plane + position * channels).update(from: plane, count: channels)
        }
      }
    }
  }

  /// Flattens each time step: `features = C · H · W`, in PyTorch's order (channel, height, width).
  ///
  /// The time axis stays. A plain Flatten over the whole volume would destroy the very axis that
  /// the LSTM after it reads, and leave it a "sequence" of one step.
  package static func flatten(
    batch: Int, layout: ActivationLayout, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    precondition(layout.halo == .zero, "sequence layers read dense activations")
    let positions = layout.extent.height * layout.extent.width
    let size = positions * layout.channels
    let steps = layout.extent.depth
    pool.parallelFor(batch * steps) { task in
      let sample = task / steps
      let step = task % steps
      vc_transpose(
        input + task * size, output + (step * batch + sample) * size, positions, layout.channels)
    }
  }

  package static func flattenBackward(
    batch: Int, layout: ActivationLayout, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let positions = layout.extent.height * layout.extent.width
    let size = positions * layout.channels
    let steps = layout.extent.depth
    pool.parallelFor(batch * steps) { task in
      let sample = task / steps
      let step = task % steps
      vc_transpose(
        outputGradient + (step * batch + sample) * size, inputGradient + task * size,
        layout.channels, positions)
    }
  }
}

/// From time-major sequences `[T, N, F]` to vectors `[N, F]`.
public enum TimePooling: String, Choice, Sendable {
  /// The last step, where a recurrent layer has seen everything.
  case last
  /// The mean over all steps.
  case mean

  package func forward(
    steps: Int, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .last:
      output.update(from: input + (steps - 1) * count, count: count)
    case .mean:
      output.update(from: input, count: count)
      for step in 1..<max(steps, 1) {
        VectorMath.add(input + step * count, to: output, count: count)
      }
      for index in 0..<count { output[index] /= Float(steps) }
    }
  }

  package func backward(
    steps: Int, count: Int, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .last:
      inputGradient.update(repeating: 0, count: (steps - 1) * count)
      (inputGradient + (steps - 1) * count).update(from: outputGradient, count: count)
    case .mean:
      for step in 0..<steps {
        for index in 0..<count {
          inputGradient[step * count + index] = outputGradient[index] / Float(steps)
        }
      }
    }
  }
}
