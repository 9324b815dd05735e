import Testing

/// Sixty-two files that some decoder stumbles over, each with what must come of it: every frame as
/// the ffmpeg tool shows it, part of them with the reason, or an error with its code.
@Suite struct ConformanceTests {
  static let cases =
    ConformanceCase.timing + ConformanceCase.pictures + ConformanceCase.damage
    + ConformanceCase.resources + ConformanceCase.paths

  @Test(arguments: cases)
  func holds(_ test: ConformanceCase) async throws { try await test.check() }

  @Test func everyNumberIsCovered() {
    #expect(Set(ConformanceTests.cases.map(\.number)) == Set(1...62))
  }
}
