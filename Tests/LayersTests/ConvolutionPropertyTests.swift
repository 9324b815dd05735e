import CKernels
import Tensors
import TestSupport
import Testing

/// Hundreds of random odd shapes: each convolution kernel of each instruction set, for floats and for
/// bf16, against its twin in double precision.
@Suite struct ConvolutionPropertyTests {
  /// A random convolution; a third are 3 × 3 with stride 1, which Winograd's kernels take.
  struct Sample {
    let conv: vc_conv
    let isWinograd: Bool

    init(number: Int, element: vc_element = vc_fp32) {
      var random = RandomStream(seed: 17, purpose: .test, UInt64(number))
      func draw(_ range: ClosedRange<Int>) -> Int {
        min(range.upperBound, range.lowerBound + Int(random.uniform(0, Float(range.count))))
      }
      isWinograd = number % 3 == 0
      let kernel = isWinograd ? [draw(1...3), 3, 3] : [draw(1...3), draw(1...4), draw(1...5)]
      let stride = isWinograd ? [1, 1, 1] : [draw(1...2), draw(1...3), draw(1...3)]
      let padding = kernel.map { draw(0...($0 - 1)) }
      // The kernel fits: a side is at least what padding leaves of it.
      var sides: [Int] = []
      var output: [Int] = []
      for axis in 0..<3 {
        let least = max(1, kernel[axis] - 2 * padding[axis])
        let side: Int = least + draw(0...(axis == 0 ? 4 : 7))
        let room: Int = side + 2 * padding[axis] - kernel[axis]
        sides.append(side)
        output.append(room / stride[axis] + 1)
      }
      conv = vc_conv(
        input: KernelTests.layout(sides, draw(1...21), halo: padding, element: element),
        output: KernelTests.layout(output, draw(1...37), element: element),
        kernel_depth: kernel[0], kernel_height: kernel[1], kernel_width: kernel[2],
        stride_depth: stride[0], stride_height: stride[1], stride_width: stride[2],
        pad_depth: padding[0], pad_height: padding[1], pad_width: padding[2])
    }

    var taps: Int { conv.kernel_depth * conv.kernel_height * conv.kernel_width }
    var weightCount: Int { conv.output.channels * conv.input.channels * taps }
    var positions: Int { conv.output.depth * conv.output.height * conv.output.width }

    var element: vc_element { conv.input.element }

    /// The kernels for the sample's elements.
    func kernels(_ kernels: vc_kernels) -> vc_convolutions {
      element == vc_bf16 ? kernels.bf16 : kernels.fp32
    }

    /// What weights are packed as.
    func packed(_ kernels: vc_kernels) -> vc_element {
      element == vc_bf16 ? kernels.packed_bf16 : vc_fp32
    }

    /// Words of packed weights: runs of values, bf16 two to a word.
    func packedCount(_ kernels: vc_kernels, winograd: Bool) -> Int {
      let (_, inputs, panel, panels) = sides(kernels)
      let runs = winograd ? 16 : conv.kernel_depth * conv.kernel_height
      let run = inputs * (winograd ? conv.kernel_depth : conv.kernel_width)
      return panels * panel * runs * (packed(kernels) == vc_bf16 ? (run + 1) / 2 : run)
    }

    /// Values as the kernels read them: rounded, in memory as elements, and as floats for the twin.
    func rounded(_ values: [Float]) -> (elements: [Float], values: [Float]) {
      guard element == vc_bf16 else { return (values, values) }
      var narrow = [UInt16](repeating: 0, count: values.count + values.count % 2)
      vc_to_bf16(values, &narrow, values.count)
      var wide = values
      vc_from_bf16(narrow, &wide, values.count)
      let words = stride(from: 0, to: narrow.count, by: 2).map {
        Float(bitPattern: UInt32(narrow[$0]) | UInt32(narrow[$0 + 1]) << 16)
      }
      return (words, wide)
    }

    /// Channels out and in; panels of so many channels that an instruction set packs them into.
    func sides(_ kernels: vc_kernels) -> (outputs: Int, inputs: Int, panel: Int, panels: Int) {
      let outputs = conv.output.channels
      let panel = kernels.panel_width
      return (outputs, conv.input.channels, panel, (outputs + panel - 1) / panel)
    }
  }

  @Test(arguments: KernelTests.instructionSets, [vc_fp32, vc_bf16])
  func everyShapeMatchesItsTwin(instructionSet: String, element: vc_element) throws {
    let pointer = try #require(vc_kernels_named(instructionSet))
    for number in 0..<540 {
      let sample = Sample(number: number, element: element)
      var conv = sample.conv
      let seed = UInt64(number)
      let input = sample.rounded(randomValues(KernelTests.count(conv.input), seed: seed)).values
      let weights = sample.rounded(randomValues(sample.weightCount, seed: seed + 1000)).values
      let bias = randomValues(conv.output.channels, seed: seed + 2000)
      let (gradientElements, gradient) = sample.rounded(
        randomValues(KernelTests.count(conv.output), seed: seed + 3000))
      // What lies past the end may be read but must not matter.
      var padded = [Float](repeating: .nan, count: KernelTests.storedCount(conv.input))
      vc_pad(&conv.input, input, &padded)
      var expected = [Float](repeating: 0, count: gradient.count)
      vc_naive_conv_forward(&conv, input, weights, bias, &expected)
      var expectedWeights = [Float](repeating: 0, count: weights.count)
      vc_naive_conv_weight_gradient(&conv, input, gradient, &expectedWeights)

      let direct = direct(
        sample, pointer, padded, weights, bias, gradientElements, values: gradient.count)
      let comment = Comment(rawValue: "shape \(number): \(sample.conv)")
      let error = relativeError(direct.output, expected)
      #expect(error < 1e-6, comment)
      #expect(relativeError(direct.weights, expectedWeights) < 2e-6, comment)
      guard sample.isWinograd else { continue }
      let winograd = winograd(
        sample, pointer, padded, weights, bias, gradientElements, values: gradient.count)
      // Four times the direct kernel's error, or what a few roundings of one product make; or what
      // rounding the transformed values to 8 bits makes.
      let limit = element == vc_bf16 ? 1.5e-2 : max(4 * error, 4e-7)
      #expect(relativeError(winograd.output, expected) <= limit, comment)
      #expect(
        relativeError(winograd.weights, expectedWeights) < (element == vc_bf16 ? 1.5e-2 : 2e-6),
        comment)
    }
  }

  private func direct(
    _ sample: Sample, _ pointer: UnsafePointer<vc_kernels>, _ input: [Float], _ weights: [Float],
    _ bias: [Float], _ gradient: [Float], values: Int
  ) -> (output: [Float], weights: [Float]) {
    var conv = sample.conv
    let kernels = pointer.pointee
    let (outputs, inputs, panel, panels) = sample.sides(kernels)
    let convolutions = sample.kernels(kernels)
    var packed = [Float](
      repeating: .nan, count: sample.packedCount(kernels, winograd: false))
    vc_pack_weights(
      weights, &packed, sample.packed(kernels), outputs, inputs, conv.kernel_depth,
      conv.kernel_height,
      conv.kernel_width,
      panel, 0, nil, 0, panels)
    var output = [Float](repeating: .nan, count: values)
    let cut = sample.positions / 2
    convolutions.conv_forward(&conv, input, packed, bias, 0, &output, 0, cut)
    convolutions.conv_forward(&conv, input, packed, bias, 0, &output, cut, sample.positions)
    var sums = [Float](repeating: 0, count: panels * panel * inputs * sample.taps)
    var scratch = [Float](repeating: .nan, count: vc_weight_gradient_scratch(&conv, pointer))
    // Two groups of panels, one of them empty where there is one panel only.
    sums.withUnsafeMutableBufferPointer { sums in
      let part = panels / 2
      let rest = sums.baseAddress! + part * sums.count / panels
      convolutions.conv_weight_gradient(
        &conv, input, gradient, 0, part, sums.baseAddress!, &scratch)
      convolutions.conv_weight_gradient(
        &conv, input, gradient, part, panels - part, rest, &scratch)
    }
    return (output, unpack(sums, sample, panel))
  }

  private func winograd(
    _ sample: Sample, _ pointer: UnsafePointer<vc_kernels>, _ input: [Float], _ weights: [Float],
    _ bias: [Float], _ gradient: [Float], values: Int
  ) -> (output: [Float], weights: [Float]) {
    var conv = sample.conv
    let kernels = pointer.pointee
    let (outputs, inputs, panel, panels) = sample.sides(kernels)
    let convolutions = sample.kernels(kernels)
    var packed = [Float](repeating: .nan, count: sample.packedCount(kernels, winograd: true))
    vc_winograd_pack(
      weights, &packed, sample.packed(kernels), outputs, inputs, conv.kernel_depth, panel, 0, nil,
      0,
      panels)
    var forward = vc_winograd_forward_block(&conv, pointer)
    var backward = vc_winograd_gradient_block(&conv, pointer)
    // What scratch held before must not matter; it ends in a value that must survive.
    var scratch = [Float](
      repeating: .nan,
      count: max(vc_winograd_scratch(&forward), vc_winograd_scratch(&backward)) + 1)
    scratch[scratch.count - 1] = 7
    let tiles = (conv.output.height + 1) / 2 * ((conv.output.width + 1) / 2)
    let cut = tiles / 2
    var output = [Float](repeating: .nan, count: values)
    convolutions.winograd_forward(&conv, input, packed, bias, 0, 0, &output, 0, cut, &scratch)
    convolutions.winograd_forward(&conv, input, packed, bias, 0, 0, &output, cut, tiles, &scratch)
    let largest = largestOfTiles(output, conv.output)
    var pooled = [Float](repeating: .nan, count: largest.count + 1)
    convolutions.winograd_forward(&conv, input, packed, bias, 0, 1, &pooled, 0, tiles, &scratch)
    #expect(pooled.dropLast() == largest[...] && pooled.last!.isNaN)
    var sums = [Float](repeating: 0, count: panels * panel * inputs * sample.taps)
    for first in stride(from: 0, to: panels, by: backward.panels) {
      let group = min(backward.panels, panels - first)
      var transformed = [Float](
        repeating: 0, count: 16 * group * panel * inputs * conv.kernel_depth)
      convolutions.winograd_weight_gradient(
        &conv, input, gradient, first, group, &transformed, &scratch)
      sums.withUnsafeMutableBufferPointer {
        kernels.winograd_gradient(
          transformed, $0.baseAddress! + first * panel * inputs * sample.taps, group, inputs,
          conv.kernel_depth)
      }
    }
    #expect(scratch.last == 7)
    return (output, unpack(sums, sample, panel))
  }

  /// The largest of each whole 2 × 2 positions, `[D, H / 2, W / 2, C]`.
  private func largestOfTiles(_ output: [Float], _ layout: vc_layout) -> [Float] {
    let (height, width, channels) = (layout.height, layout.width, layout.channels)
    var largest: [Float] = []
    for d in 0..<layout.depth {
      for h in 0..<height / 2 {
        for w in 0..<width / 2 {
          for c in 0..<channels {
            let at = ((d * height + 2 * h) * width + 2 * w) * channels + c
            largest.append(
              [0, channels, width * channels, (width + 1) * channels].map { output[at + $0] }
                .max()!)
          }
        }
      }
    }
    return largest
  }

  private func unpack(_ sums: [Float], _ sample: Sample, _ panel: Int) -> [Float] {
    let conv = sample.conv
    let panels = (conv.output.channels + panel - 1) / panel
    var weights = [Float](repeating: 0, count: sample.weightCount)
    vc_unpack_weights(
      sums, &weights, conv.output.channels, conv.input.channels, conv.kernel_depth,
      conv.kernel_height, conv.kernel_width, panel, 0, panels)
    return weights
  }

  /// Random numbers in double: what a ReLU leaves and a scale folded into the weights change.
  @Test(arguments: KernelTests.instructionSets)
  func winogradTakesScaleAndReLU(instructionSet: String) throws {
    let pointer = try #require(vc_kernels_named(instructionSet))
    let kernels = pointer.pointee
    let sample = Sample(number: 21)
    var conv = sample.conv
    let (outputs, inputs, panel, panels) = sample.sides(kernels)
    let input = randomValues(KernelTests.count(conv.input), seed: 1)
    let weights = randomValues(sample.weightCount, seed: 2)
    let scale = randomValues(outputs, seed: 3)
    var padded = [Float](repeating: 0, count: KernelTests.storedCount(conv.input))
    vc_pad(&conv.input, input, &padded)
    var packed = [Float](repeating: 0, count: 16 * panels * panel * inputs * conv.kernel_depth)
    vc_winograd_pack(
      weights, &packed, vc_fp32, outputs, inputs, conv.kernel_depth, panel, 0, scale, 0, panels)
    var block = vc_winograd_forward_block(&conv, pointer)
    var scratch = [Float](repeating: 0, count: vc_winograd_scratch(&block))
    var output = [Float](repeating: .nan, count: KernelTests.count(conv.output))
    let tiles = (conv.output.height + 1) / 2 * ((conv.output.width + 1) / 2)
    kernels.fp32.winograd_forward(&conv, padded, packed, nil, 1, 0, &output, 0, tiles, &scratch)
    let perOutput = sample.weightCount / outputs
    let scaled = weights.indices.map { weights[$0] * scale[$0 / perOutput] }
    var expected = output
    vc_naive_conv_forward(
      &conv, input, scaled, [Float](repeating: 0, count: outputs), &expected)
    #expect(relativeError(output, expected.map { max($0, 0) }) < 1e-6)
    #expect(output.contains(0))
  }
}
