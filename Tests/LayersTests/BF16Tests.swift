import CKernels
import TestSupport
import Testing

/// Rounding to bf16, and the product that rounds on its way.
@Suite struct BF16Tests {
  @Test(
    arguments: [
      (1.0, 1.0),
      // Halfway between two neighbours: to the even one.
      (1.00390625, 1.0), (1.01171875, 1.015625), (-1.01171875, -1.015625),
      // A little more than halfway.
      (1.003907, 1.0078125),
      (Float.greatestFiniteMagnitude, Float.infinity), (-.infinity, -.infinity), (-0.0, -0.0),
    ] as [(Float, Float)])
  func roundsToTheNearestAndTiesToEven(value: Float, expected: Float) {
    var narrow: UInt16 = 0
    vc_to_bf16([value], &narrow, 1)
    var wide: Float = 0
    vc_from_bf16([narrow], &wide, 1)
    #expect(wide == expected && wide.sign == expected.sign)
  }

  @Test func notANumberStaysThat() {
    for value in [Float.nan, -.nan, .infinity - .infinity, .infinity * 0] {
      var narrow: UInt16 = 0
      vc_to_bf16([value], &narrow, 1)
      var wide: Float = 0
      vc_from_bf16([narrow], &wide, 1)
      #expect(wide.isNaN)
    }
  }

  /// Depths around vectors and around the parts that a sum is taken in.
  @Test(arguments: KernelTests.instructionSets, [1, 31, 33, 500, 4096, 4099, 9001])
  func productMatchesTheSumOfRoundedFactors(instructionSet: String, depth: Int) throws {
    let kernels = try #require(vc_kernels_named(instructionSet)).pointee
    let (rows, outputs, stride) = (9, 8, depth + 3)
    var a = randomValues(rows * stride, seed: 1)
    var b = randomValues(outputs * stride, seed: 2)
    var sums = [Float](repeating: .nan, count: rows * outputs)
    var scratch = [Float](repeating: .nan, count: vc_bf16_product_scratch(rows) + 1)
    scratch[scratch.count - 1] = 7
    kernels.bf16_product(a, b, stride, rows, outputs, depth, &sums, &scratch)
    #expect(scratch.last == 7)
    for values in [a.count, b.count] {
      var narrow = [UInt16](repeating: 0, count: values)
      vc_to_bf16(values == a.count ? a : b, &narrow, values)
      if values == a.count { vc_from_bf16(narrow, &a, values) }
      if values == b.count { vc_from_bf16(narrow, &b, values) }
    }
    var expected: [Float] = []
    for row in 0..<rows {
      for output in 0..<outputs {
        expected.append(
          Float(
            (0..<depth).reduce(0.0) {
              $0 + Double(a[row * stride + $1]) * Double(b[output * stride + $1])
            }))
      }
    }
    #expect(relativeError(sums, expected) < 2e-6)
  }
}
