import CKernels
import TestSupport
import Testing

/// Every fast kernel of every instruction set that this processor has, against its naive twin.
@Suite struct KernelTests {
  static let instructionSets: [String] = [
    "generic", "avx2", "avx512", "avx512bf16", "neon",
  ].filter {
    (name: String) in
    vc_kernels_named(name) != nil
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var channels: Int
    var filters: Int
    var kernel: [Int]
    var stride: [Int]
    var padding: [Int]

    var testDescription: String {
      "\(input)×\(channels) → \(filters), kernel \(kernel), stride \(stride), padding \(padding)"
    }

    var conv: vc_conv {
      let sides = (0..<3).map { (axis: Int) -> Int in
        let room = input[axis] + 2 * padding[axis] - kernel[axis]
        return room / stride[axis] + 1
      }
      return vc_conv(
        input: layout(input, channels, halo: padding), output: layout(sides, filters),
        kernel_depth: kernel[0], kernel_height: kernel[1], kernel_width: kernel[2],
        stride_depth: stride[0], stride_height: stride[1], stride_width: stride[2],
        pad_depth: padding[0], pad_height: padding[1], pad_width: padding[2])
    }
  }

  static func layout(
    _ sides: [Int], _ channels: Int, halo: [Int] = [0, 0, 0], element: vc_element = vc_fp32
  ) -> vc_layout {
    vc_layout(
      depth: sides[0], height: sides[1], width: sides[2], channels: channels, halo_depth: halo[0],
      halo_height: halo[1], halo_width: halo[2], element: element)
  }

  static func count(_ l: vc_layout) -> Int { l.depth * l.height * l.width * l.channels }

  static func storedCount(_ l: vc_layout) -> Int {
    (l.depth + 2 * l.halo_depth) * (l.height + 2 * l.halo_height) * (l.width + 2 * l.halo_width)
      * l.channels + vc_read_slack
  }

  static let shapes = [
    Shape(
      input: [1, 1, 1], channels: 1, filters: 1, kernel: [1, 1, 1], stride: [1, 1, 1],
      padding: [0, 0, 0]),
    Shape(
      input: [5, 7, 6], channels: 3, filters: 17, kernel: [3, 3, 3], stride: [1, 1, 1],
      padding: [1, 1, 1]),
    Shape(
      input: [4, 9, 5], channels: 5, filters: 32, kernel: [3, 2, 3], stride: [2, 1, 3],
      padding: [1, 0, 2]),
    Shape(
      input: [1, 1, 23], channels: 7, filters: 33, kernel: [1, 1, 5], stride: [1, 1, 2],
      padding: [0, 0, 2]),
    Shape(
      input: [1, 8, 9], channels: 1, filters: 5, kernel: [1, 3, 3], stride: [1, 2, 2],
      padding: [0, 1, 1]),
    Shape(
      input: [3, 5, 11], channels: 16, filters: 48, kernel: [2, 3, 3], stride: [1, 1, 1],
      padding: [1, 1, 1]),
  ]

  @Test(arguments: shapes, instructionSets)
  func convolutionMatchesItsTwin(shape: Shape, instructionSet: String) throws {
    let pointer = try #require(vc_kernels_named(instructionSet))
    let kernels = pointer.pointee
    var conv = shape.conv
    let panel = kernels.panel_width
    let panels = (shape.filters + panel - 1) / panel
    let weightCount = shape.filters * shape.channels * shape.kernel.reduce(1, *)
    let packedCount = panels * panel * shape.channels * shape.kernel.reduce(1, *)
    let input = randomValues(KernelTests.count(conv.input), seed: 1)
    let weights = randomValues(weightCount, seed: 2)
    let bias = randomValues(shape.filters, seed: 3)
    let gradient = randomValues(KernelTests.count(conv.output), seed: 4)
    // What lies past the end may be read but must not matter.
    var padded = [Float](repeating: .nan, count: KernelTests.storedCount(conv.input))
    vc_pad(&conv.input, input, &padded)
    var packed = [Float](repeating: 0, count: packedCount)
    vc_pack_weights(
      weights, &packed, vc_fp32, shape.filters, shape.channels, shape.kernel[0], shape.kernel[1],
      shape.kernel[2], panel, 0, nil, 0, panels)

    for relu in [false, true] {
      let positions = conv.output.depth * conv.output.height * conv.output.width
      var fast = [Float](repeating: .nan, count: KernelTests.count(conv.output))
      // Two calls that meet in the middle of a tile.
      let cut = positions * 2 / 3
      kernels.fp32.conv_forward(&conv, padded, packed, bias, relu ? 1 : 0, &fast, 0, cut)
      kernels.fp32.conv_forward(&conv, padded, packed, bias, relu ? 1 : 0, &fast, cut, positions)
      var naive = [Float](repeating: 0, count: fast.count)
      vc_naive_conv_forward(&conv, input, weights, bias, &naive)
      #expect(relativeError(fast, relu ? naive.map { max($0, 0) } : naive) < 1e-6)
    }

    var sums = [Float](repeating: 0, count: packedCount)
    var scratch = [Float](repeating: 0, count: vc_weight_gradient_scratch(&conv, pointer))
    kernels.fp32.conv_weight_gradient(&conv, padded, gradient, 0, panels, &sums, &scratch)
    var fast = [Float](repeating: 0, count: weightCount)
    vc_unpack_weights(
      sums, &fast, shape.filters, shape.channels, shape.kernel[0], shape.kernel[1],
      shape.kernel[2], panel, 0, panels)
    var naive = fast
    vc_naive_conv_weight_gradient(&conv, input, gradient, &naive)
    #expect(relativeError(fast, naive) < 2e-6)
  }

  @Test(
    arguments: [
      (sides: [5, 7, 6], channels: 3, window: [1, 2, 2]),
      (sides: [4, 4, 9], channels: 19, window: [2, 2, 3]),
      (sides: [3, 2, 5], channels: 32, window: [1, 1, 1]),
    ], instructionSets)
  func poolingMatchesItsTwin(
    shape: (sides: [Int], channels: Int, window: [Int]), instructionSet: String
  ) throws {
    let kernels = try #require(vc_kernels_named(instructionSet)).pointee
    for relu in [false, true] {
      let sides = (0..<3).map { shape.sides[$0] / shape.window[$0] }
      var pool = vc_pool(
        input: KernelTests.layout(shape.sides, shape.channels),
        output: KernelTests.layout(sides, shape.channels), window_depth: shape.window[0],
        window_height: shape.window[1], window_width: shape.window[2], relu: relu ? 1 : 0,
        ceiling: .infinity)
      let input = randomValues(KernelTests.count(pool.input), seed: 5)
      let scale = randomValues(shape.channels, seed: 6)
      let shift = randomValues(shape.channels, seed: 7, scale: 0.2)
      let size = KernelTests.count(pool.output)
      var fast = [Float](repeating: .nan, count: size)
      var fastIndex = [UInt8](repeating: 9, count: size)
      kernels.fp32.pool_forward(&pool, input, scale, shift, &fast, &fastIndex, 0, sides[0])
      var naive = fast
      var naiveIndex = fastIndex
      vc_naive_pool_forward(&pool, input, scale, shift, &naive, &naiveIndex)
      #expect(relativeError(fast, naive) < 1e-6)
      #expect(fastIndex == naiveIndex)

      let gradient = randomValues(size, seed: 8)
      let ones = [Float](repeating: 1, count: shape.channels)
      let zeros = [Float](repeating: 0, count: shape.channels)
      var spread = [Float](repeating: .nan, count: input.count)
      kernels.fp32.pool_backward(
        &pool, input, gradient, fastIndex, ones, zeros, zeros, &spread, &pool.input, 0,
        shape.sides[0])
      var expected = spread
      vc_naive_pool_backward(&pool, gradient, naiveIndex, &expected)
      #expect(spread == expected)

      var sums = [Double](repeating: 0, count: shape.channels)
      var products = sums
      kernels.pool_backward_sums(
        &pool, input, zeros, ones, gradient, fastIndex, &sums, &products)
      for channel in 0..<shape.channels {
        let positions = stride(from: channel, to: input.count, by: shape.channels)
        let sum = positions.reduce(0.0) { $0 + Double(expected[$1]) }
        let product = positions.reduce(0.0) { $0 + Double(expected[$1]) * Double(input[$1]) }
        #expect(abs(sums[channel] - sum) < 1e-4)
        #expect(abs(products[channel] - product) < 1e-4)
      }
    }
  }

  @Test(arguments: instructionSets)
  func momentsKeepTheirPrecisionFarFromZero(instructionSet: String) throws {
    let kernels = try #require(vc_kernels_named(instructionSet)).pointee
    let channels = 5
    let positions = 1003
    let input = randomValues(positions * channels, seed: 9).map { $0 + 1000 }
    var mean = [Double](repeating: 0, count: channels)
    var squares = mean
    var scratch = [Float](repeating: 0, count: 2 * channels)
    kernels.moments(input, positions, channels, &mean, &squares, &scratch)
    for channel in 0..<channels {
      let values = stride(from: channel, to: input.count, by: channels).map { Double(input[$0]) }
      let expected = values.reduce(0, +) / Double(positions)
      let spread = values.reduce(0) { $0 + ($1 - expected) * ($1 - expected) }
      #expect(abs(mean[channel] - expected) < 1e-4)
      #expect(abs(squares[channel] / spread - 1) < 1e-3)
    }
  }

  @Test(arguments: instructionSets)
  func vectorUpdatesMatchTheirDefinitions(instructionSet: String) throws {
    let kernels = try #require(vc_kernels_named(instructionSet)).pointee
    let count = 1037
    let values = randomValues(count, seed: 10)
    let sum = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(kernels.sum_of_squares(values, count) / sum - 1) < 1e-6)
    var average = randomValues(count, seed: 11)
    let before = average
    kernels.moving_average(&average, values, count, 0.9)
    let expected = zip(before, values).map { 0.9 * $0 + 0.1 * $1 }
    #expect(relativeError(average, expected) < 1e-6)
  }
}
