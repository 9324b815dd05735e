import Tensors
import Testing

@Suite struct SoftmaxTests {
  @Test func softmaxTakesHugeLogits() {
    var output = [Float](repeating: 0, count: 3)
    let logits: [Float] = [3e38, -3e38, 3e38]
    logits.withUnsafeBufferPointer { logits in
      output.withUnsafeMutableBufferPointer { Softmax.write(logits, temperature: 0.05, into: $0) }
    }
    #expect(output == [0.5, 0, 0.5])
  }

  @Test(
    arguments: [
      ([], 0), ([2], 0), ([1, 3, 3, 2], 1), ([.nan, 1], 0), ([-.infinity, -1], 1),
    ] as [([Float], Int)])
  func theFirstOfTheLargest(values: [Float], position: Int) {
    #expect(values.firstLargest == position)
    #expect(([9] + values)[1...].firstLargest == position)
  }
}
