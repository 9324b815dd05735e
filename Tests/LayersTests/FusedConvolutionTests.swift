import Layers
import Tensors
import TestSupport
import Testing

/// A convolution that is pooled on the way against one that is pooled afterwards.
@Suite struct FusedConvolutionTests {
  @Test(
    arguments: [2, 3, 7, 17],
    [Extent3(1, 2, 2), Extent3(2, 2, 2), Extent3(1, 1, 1), Extent3(3, 2, 1)])
  func poolsLikeThePoolAfterwards(channels: Int, window: Extent3) throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let (batch, outputs) = (2, 35)
    let convolution = Convolution(
      geometry: ConvolutionGeometry(
        kernel: Extent3(3, 3, 3), padding: .one, inputChannels: channels, outputChannels: outputs),
      input: ActivationLayout(extent: Extent3(6, 13, 11), channels: channels, halo: .one))
    let after = AffineMaxPool(
      window: window, relu: true, input: convolution.output, outputHalo: Extent3(0, 1, 1))
    let fused = FusedConvolution(convolution: convolution, pool: after)
    let slack = Arena.readSlack
    var input: [Float] = []
    for sample in 0..<batch {
      var padded = [Float](repeating: 0, count: convolution.input.sampleCount)
      convolution.input.pad(
        randomValues(convolution.input.denseCount, seed: UInt64(sample)), into: &padded)
      input += padded
    }
    input += [Float](repeating: 0, count: slack)
    let weights = randomValues(convolution.geometry.weightCount, seed: 5)
    let scale = randomValues(outputs, seed: 6).map { abs($0) }
    let shift = randomValues(outputs, seed: 7)
    var packed = [Float](repeating: 0, count: convolution.packedCount)
    convolution.pack(weights, into: &packed, pool: pool)

    var scratch = [Float](
      repeating: 0,
      count: max(2 * fused.scratchCount, convolution.forwardScratch(workers: 2)) + slack)
    var convolved = [Float](repeating: 0, count: batch * convolution.output.sampleCount + slack)
    convolution.forward(
      batch: batch, input: input, packed: packed, bias: nil, relu: false, output: &convolved,
      scratch: &scratch, pool: pool)
    var expected = [Float](repeating: 9, count: batch * after.output.sampleCount)
    after.forward(
      batch: batch, input: convolved, scale: scale, shift: shift, output: &expected, index: nil,
      pool: pool)

    var quick = [Float](repeating: 9, count: expected.count)
    fused.forward(
      batch: batch, input: input, packed: packed, scale: scale, shift: shift, output: &quick,
      index: nil, scratch: &scratch, workers: pool)
    #expect(quick == expected)
    var remembering = [Float](repeating: 9, count: expected.count)
    var index = [UInt8](repeating: 0, count: batch * after.output.denseCount)
    fused.forward(
      batch: batch, input: input, packed: packed, scale: scale, shift: shift,
      output: &remembering, index: &index, scratch: &scratch, workers: pool)
    #expect(remembering == expected)
    #expect(Set(index).count > 1)
  }
}
