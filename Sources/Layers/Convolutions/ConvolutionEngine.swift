import Tensors

/// How a convolution is computed, forward and both gradients: one of several ways, by its geometry.
///
/// Activations `[N, D, H, W, C]`; the input has a halo of at least the padding. Bits never depend on
/// the number of threads.
package protocol ConvolutionEngine: Sendable {
  var geometry: ConvolutionGeometry { get }
  var input: ActivationLayout { get }
  /// Of `forward`: dense floats.
  var output: ActivationLayout { get }
  /// How the output's gradient has to be laid out.
  var gradientLayout: ActivationLayout { get }

  /// Words (of a float's size) of packed weights, for `forward` and for `inputGradient`.
  var packedCount: Int { get }
  var packedTransposedCount: Int { get }
  /// Packs weights `[O, I / groups, kD, kH, kW]`, each output channel's multiplied by `scale`.
  func pack(
    _ weights: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    into packed: UnsafeMutablePointer<Float>, transposed: Bool, pool: WorkerPool)

  /// Floats of scratch for `forward` and `infer`.
  func forwardScratch(workers: Int) -> Int
  /// `output = relu?(input ∗ weights + bias)`.
  func forward(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, relu: Bool, output y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool)
  /// `output = clamp(input ∗ weights + bias + residual)`, straight into the layout that the next
  /// reader wants, whose halo the caller clears.
  func infer(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    finish: ConvolutionFinish, output y: UnsafeMutableRawPointer, layout: ActivationLayout,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool)

  /// Floats of scratch for `inputGradient`.
  func inputGradientScratch(workers: Int) -> Int
  /// The gradient at the input, dense `[N, D, H, W, C]`.
  func inputGradient(
    batch: Int, outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>,
    packed: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool)

  /// Whether `sumWeightGradient` may be called with parts of a batch.
  var sumsParts: Bool { get }
  /// Floats of scratch for the gradient of the weights.
  func weightGradientScratch(workers: Int) -> Int
  /// Adds some samples, in order and from the first on, to the sums in `scratch`; both pointers are
  /// those of the first of them.
  func sumWeightGradient(
    samples: Range<Int>, input x: UnsafeRawPointer, outputGradient: UnsafeRawPointer,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool)
  /// The gradient of the weights from the sums in `scratch`.
  func finishWeightGradient(
    _ gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool)
}

extension ConvolutionEngine {
  // For engines to which training's forward pass is nothing special.
  package func forward(
    batch: Int, input x: UnsafeRawPointer, packed: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, relu: Bool, output y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    infer(
      batch: batch, input: x, packed: packed,
      finish: ConvolutionFinish(bias: bias, low: relu ? 0 : -.infinity), output: y,
      layout: output, scratch: scratch, pool: pool)
  }
}

/// What is done to a convolution's sums before they are written.
package struct ConvolutionFinish {
  /// `[O]`
  package var bias: UnsafePointer<Float>?
  /// An activation of the output's extent and channels that is added.
  package var residual: UnsafeRawPointer?
  package var residualLayout: ActivationLayout?
  /// Bounds of the result.
  package var low: Float
  package var high: Float

  package init(
    bias: UnsafePointer<Float>?, residual: UnsafeRawPointer? = nil,
    residualLayout: ActivationLayout? = nil, low: Float = -.infinity, high: Float = .infinity
  ) {
    self.bias = bias
    self.residual = residual
    self.residualLayout = residualLayout
    self.low = low
    self.high = high
  }
}

/// The way that fits a geometry.
package func makeConvolution(
  geometry: ConvolutionGeometry, input: ActivationLayout, method: Convolution.Method
) -> any ConvolutionEngine {
  if geometry.isPlain { return Convolution(geometry: geometry, input: input, method: method) }
  if geometry.isDepthwise { return DepthwiseConvolution(geometry: geometry, input: input) }
  return GroupedConvolution(geometry: geometry, input: input)
}
