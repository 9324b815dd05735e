import CKernels
import Layers
import Tensors
import TestSupport
import Testing

/// The weight gradient that only looks at the positions a pool chose, against the dense way.
@Suite struct PooledWeightGradientTests {
  /// Random shapes: the pool's gradient spread out and then the convolution's twin.
  @Test(arguments: KernelTests.instructionSets, [vc_fp32, vc_bf16])
  func everyShapeMatchesItsTwins(instructionSet: String, element: vc_element) throws {
    let kernels = try #require(vc_kernels_named(instructionSet)).pointee
    var compared = 0
    for number in 0..<300 {
      let sample = ConvolutionPropertyTests.Sample(number: number, element: element)
      var conv = sample.conv
      let out = conv.output
      var random = RandomStream(seed: 23, purpose: .test, UInt64(number))
      let window = [out.depth, out.height, out.width].map { side in
        min(side, 1 + Int(random.uniform(0, 2.99)))
      }
      let pooled = [
        out.depth / window[0], out.height / window[1], out.width / window[2],
      ]
      var pool = vc_pool(
        input: out, output: KernelTests.layout(pooled, out.channels), window_depth: window[0],
        window_height: window[1], window_width: window[2], relu: 1, ceiling: .infinity)
      let positions = window[0] * window[1] * window[2]
      let seed = UInt64(number)
      let input = sample.rounded(randomValues(KernelTests.count(conv.input), seed: seed)).values
      let gradient = randomValues(KernelTests.count(pool.output), seed: seed + 1000)
      let index = gradient.map { _ in
        let drawn = Int(random.uniform(0, Float(positions) + 0.99))
        return drawn < positions ? UInt8(drawn) : UInt8(vc_pool_dead)
      }
      var padded = [Float](repeating: .nan, count: KernelTests.storedCount(conv.input))
      vc_pad(&conv.input, input, &padded)

      var spread = [Float](repeating: .nan, count: KernelTests.count(conv.output))
      vc_naive_pool_backward(&pool, gradient, index, &spread)
      var expected = [Float](repeating: 0, count: sample.weightCount)
      vc_naive_conv_weight_gradient(&conv, input, spread, &expected)

      let width = kernels.panel_width
      let passes = vc_pooled_passes(&conv, width)
      let count = vc_pooled_sums(&conv, width)
      var sums = [Float](repeating: 0, count: passes * count)
      sums.withUnsafeMutableBufferPointer { sums in
        for number in 0..<passes {
          var pass = vc_pooled_pass_at(&conv, width, number)
          sample.kernels(kernels).pooled_weight_gradient(
            &conv, &pool, padded, gradient, index, &pass, sums.baseAddress! + number * count)
        }
      }
      var weights = [Float](repeating: .nan, count: sample.weightCount)
      vc_unpack_pooled(&conv, width, sums, &weights, 0, out.channels / 2)
      vc_unpack_pooled(&conv, width, sums, &weights, out.channels / 2, out.channels)
      #expect(
        relativeError(weights, expected) < 2e-6,
        "shape \(number): \(conv), window \(window)")
      compared += 1
    }
    #expect(compared == 300)
  }

  /// Batches of many sizes, and any number of threads: the same bits, and those of the dense way
  /// but for rounding.
  @Test(arguments: [1, 2, 7, 19])
  func batchesMatchTheDenseGradient(batch: Int) throws {
    for (channels, outputs) in [(3, 20), (33, 9)] {
      let convolution = Convolution(
        geometry: ConvolutionGeometry(
          kernel: Extent3(3, 3, 3), padding: .one, inputChannels: channels,
          outputChannels: outputs),
        input: ActivationLayout(extent: Extent3(4, 7, 9), channels: channels, halo: .one),
        method: .direct)
      let after = AffineMaxPool(
        window: Extent3(2, 2, 2), relu: true, input: convolution.output)
      let pooled = try #require(PooledWeightGradient(convolution: convolution, pool: after))
      let slack = Arena.readSlack
      let input = randomValues(batch * convolution.input.sampleCount + slack, seed: 1)
      let gradient = randomValues(batch * after.output.denseCount, seed: 2)
      let index = gradient.indices.map { (place: Int) -> UInt8 in
        let position = place * 7 % 9
        return UInt8(position == 8 ? 255 : position)
      }
      var results: [[Float]] = []
      for threads in [1, 3] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        var weights = [Float](repeating: .nan, count: convolution.geometry.weightCount)
        var scratch = [Float](repeating: .nan, count: pooled.scratchCount)
        pooled(
          batch: batch, input: input, outputGradient: gradient, index: index,
          gradient: &weights, scratch: &scratch, workers: pool)
        results.append(weights)

        let layout = convolution.gradientLayout
        var dense = [Float](repeating: .nan, count: batch * layout.sampleCount + slack)
        let (ones, zeros) = (
          [Float](repeating: 1, count: outputs), [Float](repeating: 0, count: outputs)
        )
        after.backward(
          batch: batch, input: nil, outputGradient: gradient, index: index, a: ones, b: zeros,
          e: zeros, inputGradient: &dense, gradientLayout: layout, pool: pool)
        var expected = [Float](repeating: .nan, count: weights.count)
        var work = [Float](
          repeating: 0, count: convolution.weightGradientScratch(workers: threads) + slack)
        convolution.weightGradient(
          batch: batch, input: input, outputGradient: dense, gradient: &expected,
          scratch: &work, pool: pool)
        #expect(relativeError(weights, expected) < 2e-6)
      }
      #expect(results[0] == results[1])
    }
  }

  @Test func smallWindowsAreLeftToTheDenseKernels() {
    let convolution = Convolution(
      geometry: ConvolutionGeometry(
        kernel: Extent3(3, 3, 3), padding: .one, inputChannels: 3, outputChannels: 4),
      input: ActivationLayout(extent: Extent3(4, 4, 4), channels: 3, halo: .one))
    let pool = AffineMaxPool(window: Extent3(1, 1, 3), relu: true, input: convolution.output)
    #expect(PooledWeightGradient(convolution: convolution, pool: pool) == nil)
  }
}
