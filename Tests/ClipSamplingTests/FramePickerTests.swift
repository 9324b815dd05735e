import ClipSampling
import Testing

@Suite struct FramePickerTests {
  @Test(arguments: [
    (count: 4, total: 4, expected: [0, 1, 2, 3]),
    (count: 4, total: 8, expected: [1, 3, 5, 7]),
    (count: 3, total: 9, expected: [1, 4, 7]),
    (count: 1, total: 9, expected: [4]),
    (count: 4, total: 2, expected: [0, 0, 1, 1]),
    (count: 5, total: 1, expected: [0, 0, 0, 0, 0]),
    (count: 3, total: 0, expected: []),
    (count: 0, total: 7, expected: []),
  ])
  func uniformTakesMiddles(_ test: (count: Int, total: Int, expected: [Int])) {
    #expect(FramePicker.uniform(count: test.count, of: test.total) == test.expected)
  }

  @Test func uniformIsSymmetricEnough() {
    for total in 1...40 {
      for count in 1...40 {
        let picked = FramePicker.uniform(count: count, of: total)
        #expect(picked.count == count)
        #expect(picked == picked.sorted())
        #expect(picked.allSatisfy { (0..<total).contains($0) })
        // No part is missed: neighbours are never more than a part (rounded up) apart.
        let widest = (total + count - 1) / count
        #expect(zip(picked.dropFirst(), picked).allSatisfy { $0 - $1 <= widest })
      }
    }
  }

  @Test func atMostTakesEachFrameOnceWhenFew() {
    #expect(FramePicker.atMost(5, of: 3) == [0, 1, 2])
    #expect(FramePicker.atMost(3, of: 9) == [1, 4, 7])
  }

  @Test func timesDecideWhereTheRateVaries() {
    // One frame stands for nine seconds.
    let times = [0.0, 0.1, 0.2, 9.0]
    #expect(FramePicker.uniform(count: 4, times: times, end: 10) == [2, 2, 2, 2])
    #expect(FramePicker.uniform(count: 10, times: times, end: 10).last == 3)
  }

  @Test func timesAndCountAgreeAtConstantRate() {
    let times = (0..<90).map { Double($0) / 30 }
    #expect(
      FramePicker.uniform(count: 15, times: times, end: 3)
        == FramePicker.uniform(count: 15, of: 90))
  }

  @Test(arguments: [
    (stride: 2, count: 3, total: 9, expected: [2, 4, 6]),
    (stride: 1, count: 9, total: 9, expected: Array(0..<9)),
    (stride: 4, count: 4, total: 5, expected: [0, 0, 4, 4]),
    (stride: 3, count: 2, total: 0, expected: []),
  ])
  func strideIsCentred(_ test: (stride: Int, count: Int, total: Int, expected: [Int])) {
    #expect(
      FramePicker.stride(test.stride, count: test.count, of: test.total) == test.expected)
  }

  @Test func rateIsCentred() {
    let times = (0..<100).map { Double($0) / 25 }
    #expect(FramePicker.rate(5, count: 3, times: times, end: 4) == [45, 50, 55])
    #expect(FramePicker.rate(1, count: 9, times: times, end: 4).first == 0)
    #expect(FramePicker.rate(1, count: 9, times: times, end: 4).last == 99)
  }

  @Test func thinnedTakesTheFrameOnShow() {
    let times = (0..<30).map { Double($0) / 30 }
    #expect(
      FramePicker.thinned(times: times, start: 0, end: 1, interval: 0.1) == (0..<10).map { $0 * 3 })
    #expect(FramePicker.thinned(times: times, start: 0, end: 1, interval: 0.001) == Array(0..<30))
    #expect(FramePicker.thinned(times: [0, 5, 5.1], start: 0, end: 5.2, interval: 1) == [0, 1])
    #expect(FramePicker.thinned(times: [], start: 0, end: 0, interval: 1) == [])
    #expect(
      FramePicker.thinned(times: [0, 1e9], start: 0, end: 1e9 + 1, interval: 1e-9) == [0, 1])
  }
}
