import Testing

@testable import ClipSampling

@Suite struct NumbersTests {
  @Test(
    arguments: [
      (2.9, 2), (-2.9, -2), (0, 0), (-0.0, 0), (.nan, 0), (.infinity, .max), (-.infinity, .min),
      (1e300, .max), (-1e300, .min), (9_223_372_036_854_775_808, .max),
      (9_007_199_254_740_992, 9_007_199_254_740_992),
    ] as [(Double, Int)])
  func everythingBecomesAWholeNumber(value: Double, whole: Int) {
    #expect(Int(clamping: value) == whole)
  }

  @Test func narrowerNumbersToo() {
    #expect(UInt8(clamping: 255.9) == 255 && UInt8(clamping: 256.0) == 255)
    #expect(UInt8(clamping: -1.0) == 0 && UInt8(clamping: Float.nan) == 0)
    #expect(Int32(clamping: Float(1e10)) == .max)
  }

  @Test func timesAreThoseOfMovies() {
    #expect(MovieTime(0)?.seconds == 0 && MovieTime(3.6e10) != nil && MovieTime(-3.6e10) != nil)
    for seconds in [.nan, .infinity, -.infinity, 3.7e10, -1e300] {
      #expect(MovieTime(seconds) == nil)
    }
    #expect(MovieTime(clamping: .infinity).seconds == 3.6e10)
    #expect(MovieTime(clamping: -1e300).seconds == -3.6e10)
    #expect(MovieTime(clamping: .nan).seconds == 0)
  }
}
