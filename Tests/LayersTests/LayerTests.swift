import CKernels
import Layers
import Tensors
import TestSupport
import Testing

/// Layers against the naive definitions, on odd shapes and with a batch.
@Suite struct LayerTests {
  static let geometries = [
    ConvolutionGeometry(
      kernel: Extent3(3, 3, 3), padding: .one, inputChannels: 3, outputChannels: 18),
    ConvolutionGeometry(
      kernel: Extent3(2, 3, 1), padding: Extent3(0, 2, 0), inputChannels: 19, outputChannels: 4),
    ConvolutionGeometry(
      kernel: Extent3(3, 5, 3), stride: Extent3(1, 2, 2), padding: Extent3(1, 2, 1),
      inputChannels: 5, outputChannels: 7),
    ConvolutionGeometry(
      kernel: Extent3(2, 2, 2), stride: Extent3(3, 2, 4), inputChannels: 4, outputChannels: 33),
    ConvolutionGeometry(
      kernel: Extent3(3, 3, 3), padding: .one, inputChannels: 17, outputChannels: 35),
    ConvolutionGeometry(
      kernel: Extent3(1, 3, 3), padding: Extent3(0, 2, 0), inputChannels: 32, outputChannels: 16),
  ]

  @Test(
    arguments: geometries,
    [
      (threads: 1, element: Element.fp32), (2, .fp32), (2, .bf16),
    ])
  func convolutionGradientsMatchTheNaiveOnes(
    geometry: ConvolutionGeometry, way: (threads: Int, element: Element)
  ) {
    let (threads, element) = way
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let batch = 11
    let extent = Extent3(5, 8, 7)
    let layer = Convolution(
      geometry: geometry,
      input: ActivationLayout(
        extent: extent, channels: geometry.inputChannels, halo: geometry.padding,
        element: element))
    let slack = vc_read_slack
    let input = rounded(randomValues(batch * layer.input.denseCount, seed: 1), to: element)
    let weights = rounded(randomValues(geometry.weightCount, seed: 2), to: element)
    let gradient = rounded(randomValues(batch * layer.output.denseCount, seed: 3), to: element)
    var padded = [Float](repeating: 0, count: batch * layer.input.sampleCount + slack)
    var paddedGradient = [Float](
      repeating: 0, count: batch * layer.gradientLayout.sampleCount + slack)
    padded.withUnsafeMutableBytes { target in
      for sample in 0..<batch {
        let dense = Array(
          input[sample * layer.input.denseCount..<(sample + 1) * layer.input.denseCount])
        layer.input.pad(dense, into: target.baseAddress! + sample * layer.input.sampleBytes)
      }
    }
    paddedGradient.withUnsafeMutableBytes { target in
      let size = layer.output.denseCount
      for sample in 0..<batch {
        layer.gradientLayout.pad(
          Array(gradient[sample * size..<(sample + 1) * size]),
          into: target.baseAddress! + sample * layer.gradientLayout.sampleBytes)
      }
    }

    var transposed = [Float](repeating: 0, count: layer.packedTransposedCount)
    layer.pack(weights, into: &transposed, transposed: true, pool: pool)
    var inputGradient = [Float](repeating: .nan, count: input.count)
    var scratch = [Float](
      repeating: 0, count: layer.inputGradientScratch(workers: threads) + slack)
    layer.inputGradient(
      batch: batch, outputGradient: paddedGradient, weights: weights, packed: transposed,
      inputGradient: &inputGradient, scratch: &scratch, pool: pool)
    var weightGradient = [Float](repeating: .nan, count: weights.count)
    scratch = [Float](repeating: 0, count: layer.weightGradientScratch(workers: threads))
    layer.weightGradient(
      batch: batch, input: padded, outputGradient: paddedGradient, gradient: &weightGradient,
      scratch: &scratch, pool: pool)

    var conv = layer.c
    conv.input.halo_depth = 0
    conv.input.halo_height = 0
    conv.input.halo_width = 0
    var expectedInput: [Float] = []
    var expectedWeights = [Float](repeating: 0, count: weights.count)
    for sample in 0..<batch {
      let x = Array(input[sample * layer.input.denseCount..<(sample + 1) * layer.input.denseCount])
      let size = layer.output.denseCount
      let g = Array(gradient[sample * size..<(sample + 1) * size])
      var dx = [Float](repeating: 0, count: x.count)
      vc_naive_conv_input_gradient(&conv, weights, g, &dx)
      expectedInput += dx
      var dw = expectedWeights
      vc_naive_conv_weight_gradient(&conv, x, g, &dw)
      for index in dw.indices { expectedWeights[index] += dw[index] }
    }
    // Winograd's transformed values are rounded again.
    let isRounded = element == .bf16 && layer.isWinogradBackward
    #expect(relativeError(inputGradient, expectedInput) < (isRounded ? 1.5e-2 : 1e-6))
    #expect(relativeError(weightGradient, expectedWeights) < (isRounded ? 1.5e-2 : 1e-5))
  }

  @Test(arguments: [Convolution.Method.direct, .fewestProducts], [1, 2])
  func convolutionForwardMatchesTheNaiveOne(method: Convolution.Method, threads: Int) {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let layer = Convolution(
      geometry: ConvolutionGeometry(
        kernel: Extent3(3, 3, 3), padding: .one, inputChannels: 17, outputChannels: 35),
      input: ActivationLayout(extent: Extent3(5, 23, 29), channels: 17, halo: .one),
      outputHalo: Extent3(0, 1, 2), method: method)
    #expect(layer.isWinograd == (method == .fewestProducts))
    let input = randomValues(layer.input.denseCount, seed: 1)
    let weights = randomValues(layer.geometry.weightCount, seed: 2)
    let bias = randomValues(35, seed: 3)
    var padded = [Float](repeating: 0, count: layer.input.sampleCount + vc_read_slack)
    layer.input.pad(input, into: &padded)
    var packed = [Float](repeating: 0, count: layer.packedCount)
    layer.pack(weights, into: &packed, pool: pool)
    var scratch = [Float](repeating: 0, count: layer.forwardScratch(workers: threads) + 1)
    var stored = [Float](repeating: 5, count: layer.output.sampleCount)
    layer.forward(
      batch: 1, input: padded, packed: packed, bias: bias, relu: true, output: &stored,
      scratch: &scratch, pool: pool)
    var output = [Float](repeating: .nan, count: layer.output.denseCount)
    layer.output.copyInterior(of: stored, to: &output)
    var conv = layer.c
    var expected = output
    vc_naive_conv_forward(&conv, input, weights, bias, &expected)
    #expect(relativeError(output, expected.map { max($0, 0) }) < 1e-6)
    #expect(stored.filter { $0 == 5 }.count == stored.count - output.count, "halo untouched")
  }

  @Test(arguments: [5, 451]) func lstmMatchesItsNaiveTwin(inputs: Int) {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let (steps, batch, hidden) = (4, 3, 7)
    let layer = LSTM(inputs: inputs, hidden: hidden)
    let input = randomValues(steps * batch * inputs, seed: 1)
    var weightIH = randomValues(4 * hidden * inputs, seed: 2)
    var weightHH = randomValues(4 * hidden * hidden, seed: 3)
    var biasIH = randomValues(4 * hidden, seed: 4)
    var biasHH = randomValues(4 * hidden, seed: 5)
    var gates = [Float](repeating: 0, count: steps * batch * 4 * hidden)
    var cells = [Float](repeating: 0, count: steps * batch * hidden)
    var output = cells
    var scratch = [Float](
      repeating: .nan, count: layer.forwardScratch(steps: steps, batch: batch, workers: 2) + 1)
    weightIH.withUnsafeMutableBufferPointer { ih in
      weightHH.withUnsafeMutableBufferPointer { hh in
        biasIH.withUnsafeMutableBufferPointer { bih in
          biasHH.withUnsafeMutableBufferPointer { bhh in
            layer.forward(
              steps: steps, batch: batch, input: input,
              parameters: LSTM.Parameters(
                weightIH: ih.baseAddress!, weightHH: hh.baseAddress!, biasIH: bih.baseAddress!,
                biasHH: bhh.baseAddress!),
              gates: &gates, cells: &cells, output: &output, scratch: &scratch, pool: pool)
          }
        }
      }
    }
    for sample in 0..<batch {
      var h = [Float](repeating: 0, count: hidden)
      var c = h
      for step in 0..<steps {
        let row = step * batch + sample
        let x = Array(input[row * inputs..<(row + 1) * inputs])
        var nextH = h
        var nextC = c
        vc_naive_lstm_step(
          x, h, c, weightIH, weightHH, biasIH, biasHH, inputs, hidden, &nextH, &nextC)
        h = nextH
        c = nextC
        #expect(relativeError(Array(output[row * hidden..<(row + 1) * hidden]), h) < 1e-5)
      }
    }
  }

  @Test func geometryRefusesKernelsThatDoNotFit() {
    let geometry = ConvolutionGeometry(
      kernel: Extent3(3, 3, 3), inputChannels: 1, outputChannels: 1)
    #expect(geometry.outputExtent(of: Extent3(2, 9, 9)) == nil)
    #expect(geometry.outputExtent(of: Extent3(3, 9, 4)) == Extent3(1, 7, 2))
  }

  /// Values as an element stores them.
  private func rounded(_ values: [Float], to element: Element) -> [Float] {
    guard element == .bf16 else { return values }
    var narrow = [UInt16](repeating: 0, count: values.count)
    vc_to_bf16(values, &narrow, values.count)
    var wide = values
    vc_from_bf16(narrow, &wide, values.count)
    return wide
  }
}
