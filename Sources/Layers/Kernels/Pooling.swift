package import CKernels
import Tensors

/// Affine map, ReLU and non-overlapping max pooling in one pass:
/// `y = max over window(relu?(scale[c] · x + shift[c]))`.
///
/// With the map of a batch normalisation this is Norm → ReLU → MaxPool3D without a buffer in
/// between; with a scale of 1 and a bias as the shift it is what follows a plain convolution; with
/// a window of 1 nothing is pooled. Windows do not overlap; positions beyond the last whole window
/// are dropped, as PyTorch's `MaxPool3d(k)` drops them.
package struct AffineMaxPool: Sendable {
  package let window: Extent3
  package let relu: Bool
  /// Of a rectifier; infinite for a plain one.
  package let ceiling: Float
  package let input: ActivationLayout
  package let output: ActivationLayout

  package init(
    window: Extent3, relu: Bool, input: ActivationLayout, outputHalo: Extent3 = .zero,
    outputElement: Element = .fp32, ceiling: Float = .infinity
  ) {
    self.ceiling = ceiling
    precondition(window.count > 0 && window.count < 255, "windows hold 1 to 254 positions")
    self.window = window
    self.relu = relu
    self.input = input
    let extent = AffineMaxPool.outputExtent(of: input.extent, window: window)
    precondition(extent.count > 0, "window \(window) does not fit input \(input.extent)")
    output = ActivationLayout(
      extent: extent, channels: input.channels, halo: outputHalo, element: outputElement)
  }

  /// `floor(input / window)` along each axis.
  package static func outputExtent(of input: Extent3, window: Extent3) -> Extent3 {
    Extent3(
      input.depth / window.depth, input.height / window.height, input.width / window.width)
  }

  /// `index` `[N, D', H', W', C]` remembers which position of each window won; nil for inference.
  package func forward(
    batch: Int, input x: UnsafePointer<Float>, scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>, output y: UnsafeMutableRawPointer,
    index: UnsafeMutablePointer<UInt8>?, pool: WorkerPool
  ) {
    let kernel = InstructionSet.convolutions(output.element).pool_forward!
    let depth = output.extent.depth
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch * depth) { task in
        let sample = task / depth
        kernel(
          c, x + sample * input.sampleCount, scale, shift, y + sample * output.sampleBytes,
          index.map { $0 + sample * output.denseCount }, task % depth, task % depth + 1)
      }
    }
  }

  /// Per sample, sums over positions of the gradient `g` at the normalised input, and of
  /// `g · (x − mean) · inverse`: `[N, C]` each. Without `input` only the first.
  package func backwardSums(
    batch: Int, input x: UnsafePointer<Float>?, mean: UnsafePointer<Float>,
    inverse: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    index: UnsafePointer<UInt8>, sums: UnsafeMutablePointer<Double>,
    normalisedSums: UnsafeMutablePointer<Double>, pool: WorkerPool
  ) {
    let kernel = InstructionSet.kernels.pointee.pool_backward_sums!
    let channels = input.channels
    sums.update(repeating: 0, count: batch * channels)
    normalisedSums.update(repeating: 0, count: batch * channels)
    var c = c
    withUnsafePointer(to: &c) { c in
      pool.parallelFor(batch) { sample in
        kernel(
          c, x.map { $0 + sample * input.sampleCount }, mean, inverse,
          outputGradient + sample * output.denseCount, index + sample * output.denseCount,
          sums + sample * channels, normalisedSums + sample * channels)
      }
    }
  }

  /// `dx = a[c] · g + b[c] · x + e[c]`, written in `gradientLayout` with a halo of zeros; without
  /// `input` only `a[c] · g`. `outputGradient` is dense.
  package func backward(
    batch: Int, input x: UnsafePointer<Float>?, outputGradient: UnsafePointer<Float>,
    index: UnsafePointer<UInt8>, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    e: UnsafePointer<Float>, inputGradient: UnsafeMutableRawPointer,
    gradientLayout: ActivationLayout, pool: WorkerPool
  ) {
    let kernel = InstructionSet.convolutions(gradientLayout.element).pool_backward!
    let depth = input.extent.depth
    var c = c
    var target = gradientLayout.c
    withUnsafePointer(to: &c) { c in
      withUnsafePointer(to: &target) { target in
        pool.parallelFor(batch) { sample in
          gradientLayout.clearHalo(of: inputGradient + sample * gradientLayout.sampleBytes)
        }
        pool.parallelFor(batch * depth) { task in
          let sample = task / depth
          kernel(
            c, x.map { $0 + sample * input.sampleCount },
            outputGradient + sample * output.denseCount, index + sample * output.denseCount, a, b,
            e, inputGradient + sample * gradientLayout.sampleBytes, target, task % depth,
            task % depth + 1)
        }
      }
    }
  }

  package var c: vc_pool {
    vc_pool(
      input: input.c, output: output.c, window_depth: window.depth, window_height: window.height,
      window_width: window.width, relu: relu ? 1 : 0, ceiling: ceiling)
  }
}
