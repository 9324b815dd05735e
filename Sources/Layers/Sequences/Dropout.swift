import Tensors

/// Inverted dropout (Srivastava et al. 2014): values are kept with probability `1 − rate` and
/// scaled by its inverse, so that inference needs nothing.
package struct Dropout: Sendable {
  package let rate: Float

  package init(rate: Float) {
    precondition(rate >= 0 && rate < 1, "dropout rates are from 0 up to, not including, 1")
    self.rate = rate
  }

  /// Draws a mask of factors for one sample's `count` values.
  package func drawMask(
    _ mask: UnsafeMutablePointer<Float>, count: Int, random: inout RandomStream
  ) {
    let factor = 1 / (1 - rate)
    for index in 0..<count { mask[index] = random.uniform() < rate ? 0 : factor }
  }

  /// `output = input ⊙ mask`; the gradient goes back the same way.
  package func apply(
    mask: UnsafePointer<Float>, count: Int, input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { output[index] = input[index] * mask[index] }
  }
}
