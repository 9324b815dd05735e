internal import CKernels
import Tensors

/// Batch normalisation over `[N, D, H, W]` for each channel (Ioffe and Szegedy 2015), as the affine
/// map that `AffineMaxPool` applies. Numbers as PyTorch's `BatchNorm3d`: biased variance to
/// normalise, unbiased for the running variance, momentum 0.1, epsilon 1e-5.
package struct BatchNormalisation: Sendable {
  package let channels: Int
  /// Added to the variance.
  package let epsilon: Float
  /// How far a batch moves the running statistics.
  package let momentum: Float

  package init(
    channels: Int, epsilon: Float = BatchNorm.defaultEpsilon,
    momentum: Float = BatchNorm.defaultMomentum
  ) {
    self.channels = channels
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// What a training step remembers between forward and backward, `[C]` each.
  package struct State {
    package let mean: UnsafeMutablePointer<Float>
    package let inverse: UnsafeMutablePointer<Float>
    package let scale: UnsafeMutablePointer<Float>
    package let shift: UnsafeMutablePointer<Float>

    /// Cuts `4 · channels` floats into the four.
    package init(_ floats: UnsafeMutablePointer<Float>, channels: Int) {
      mean = floats
      inverse = floats + channels
      scale = floats + 2 * channels
      shift = floats + 3 * channels
    }
  }

  /// Doubles of scratch for a batch: means and squares of each sample.
  package func scratchCount(batch: Int) -> Int { 3 * batch * channels }

  /// Batch statistics of `input` `[N, positions, C]` (no halo), the affine map that normalises by
  /// them, and the running statistics moved towards them.
  package func computeStatistics(
    batch: Int, positions: Int, input: UnsafePointer<Float>, gamma: UnsafePointer<Float>,
    beta: UnsafePointer<Float>, runningMean: UnsafeMutablePointer<Float>,
    runningVariance: UnsafeMutablePointer<Float>, state: State,
    scratch: UnsafeMutablePointer<Double>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.moments!
    let means = scratch
    let squares = scratch + batch * channels
    pool.parallelFor(batch) { sample in
      let work = UnsafeMutableRawPointer(scratch + (2 * batch + sample) * channels)
        .assumingMemoryBound(to: Float.self)
      kernel(
        input + sample * positions * channels, positions, channels, means + sample * channels,
        squares + sample * channels, work)
    }
    let total = Double(batch * positions)
    for channel in 0..<channels {
      // Samples are joined in their order: the sum does not depend on who computed them.
      var mean = 0.0
      var sum = 0.0
      for sample in 0..<batch {
        let delta = means[sample * channels + channel] - mean
        mean += delta / Double(sample + 1)
        sum +=
          squares[sample * channels + channel]
          + delta * delta * Double(positions) * Double(sample) / Double(sample + 1)
      }
      let variance = sum / total
      let inverse = Float(1 / (variance + Double(epsilon)).squareRoot())
      state.mean[channel] = Float(mean)
      state.inverse[channel] = inverse
      state.scale[channel] = gamma[channel] * inverse
      state.shift[channel] = beta[channel] - Float(mean) * gamma[channel] * inverse
      let unbiased = Float(sum / max(total - 1, 1))
      runningMean[channel] += momentum * (Float(mean) - runningMean[channel])
      runningVariance[channel] += momentum * (unbiased - runningVariance[channel])
    }
  }

  /// The affine map by running statistics.
  package func fold(
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, runningMean: UnsafePointer<Float>,
    runningVariance: UnsafePointer<Float>, scale: UnsafeMutablePointer<Float>,
    shift: UnsafeMutablePointer<Float>
  ) {
    for channel in 0..<channels {
      let inverse = 1 / (runningVariance[channel] + epsilon).squareRoot()
      scale[channel] = gamma[channel] * inverse
      shift[channel] = beta[channel] - runningMean[channel] * scale[channel]
    }
  }

  /// Gradients of gamma and beta from the per-sample sums of `AffineMaxPool.backwardSums`, and the
  /// coefficients of `dx = a · g + b · x + e`.
  package func backward(
    batch: Int, positions: Int, gamma: UnsafePointer<Float>, state: State,
    sums: UnsafePointer<Double>, normalisedSums: UnsafePointer<Double>,
    gammaGradient: UnsafeMutablePointer<Float>, betaGradient: UnsafeMutablePointer<Float>,
    a: UnsafeMutablePointer<Float>, b: UnsafeMutablePointer<Float>,
    e: UnsafeMutablePointer<Float>
  ) {
    let total = Double(batch * positions)
    for channel in 0..<channels {
      var sum = 0.0
      var normalised = 0.0
      for sample in 0..<batch {
        sum += sums[sample * channels + channel]
        normalised += normalisedSums[sample * channels + channel]
      }
      betaGradient[channel] = Float(sum)
      gammaGradient[channel] = Float(normalised)
      let inverse = Double(state.inverse[channel])
      let slope = Double(gamma[channel]) * inverse
      let pull = slope * inverse * normalised / total
      a[channel] = Float(slope)
      b[channel] = Float(-pull)
      e[channel] = Float(pull * Double(state.mean[channel]) - slope * sum / total)
    }
  }
}
