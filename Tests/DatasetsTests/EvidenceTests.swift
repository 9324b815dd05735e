import Testing

@testable import Datasets

/// Groups of clips whose names tell none.
@Suite struct EvidenceTests {
  private static func clips(_ names: [String]) -> [Clip] {
    names.map { Clip(path: $0, file: $0, label: String($0.prefix { $0 != "/" })) }
  }

  /// Two colours in shares of `share` and the rest.
  private static func colours(_ place: Int, _ share: Float) -> [Float] {
    var colours = [Float](repeating: 0, count: 64)
    colours[place] = share.squareRoot()
    colours[(place + 1) % 64] = (1 - share).squareRoot()
    return colours
  }

  /// Sixteen clips of two classes in eight places, two of each place, one a class.
  private static let names = (0..<16).map { "\($0 < 8 ? "a" : "b")/\($0 * 37 % 100).mp4" }

  private static func evidence(_ index: Int) -> ClipEvidence {
    ClipEvidence(
      signature: "\(index)", frameSize: "64×48",
      colours: colours(index % 8 * 8, index < 8 ? 0.5 : 0.55))
  }

  @Test func placesAreToldByTheirColours() throws {
    let groups = try #require(
      EvidenceGroups((0..<16).map(Self.evidence), of: Self.clips(Self.names)))
    #expect(groups.roots == (0..<16).map { $0 % 8 })
    #expect(groups.joins.map(\.kind) == [.pictures] && groups.joins[0].count == 8)
  }

  @Test func picturesOfOtherSizesAreOtherPlaces() {
    let evidence = (0..<16).map { index in
      let found = Self.evidence(index)
      return ClipEvidence(
        signature: "\(index)", frameSize: "\(index)", colours: found.colours)
    }
    #expect(EvidenceGroups(evidence, of: Self.clips(Self.names)) == nil)
  }

  /// Where all clips look alike, that they do tells nothing.
  @Test func whatJoinsEverythingIsNoEvidence() {
    let evidence = (0..<16).map { _ in
      ClipEvidence(signature: "s", frameSize: "64×48", colours: Self.colours(0, 0.5))
    }
    #expect(EvidenceGroups(evidence, of: Self.clips(Self.names)) == nil)
  }

  @Test(arguments: [(30.0, [0, 0, 2, 3, 3]), (900.0, [0, 1, 2, 3, 4])])
  func recordingsOfOneCameraWithinMinutesBelongTogether(gap: Double, roots: [Int]) {
    // Cameras A A B A A of which the last two were recorded a day later; then others, alone.
    let cameras = ["A", "A", "B", "A", "A"]
    let times = [0, gap, gap / 2, 86_400, 86_400 + gap]
    var evidence = zip(cameras, times).map {
      ClipEvidence(signature: $0, frameSize: $0, camera: $0, recorded: 1e9 + $1)
    }
    evidence += (5..<24).map { ClipEvidence(signature: "\($0)", frameSize: "\($0)") }
    let names = (0..<24).map { "\($0 % 2 == 0 ? "a" : "b")/\($0).mp4" }
    let found = EvidenceGroups(evidence, of: Self.clips(names))?.roots ?? Array(0..<24)
    #expect(Array(found.prefix(5)) == roots && Array(found.dropFirst(5)) == Array(5..<24))
  }

  /// Neighbours count where frame sizes and rates vary, and not across folders.
  @Test func neighboursEncodedAlikeBelongTogether() throws {
    let evidence = (0..<24).map {
      ClipEvidence(signature: "\($0 / 3)", frameSize: "\($0)", colours: [])
    }
    let names = (0..<24).map { "\($0 < 13 ? "a" : "b")/\($0 + 10).mp4" }
    let groups = try #require(EvidenceGroups(evidence, of: Self.clips(names)))
    #expect(groups.roots.prefix(6) == [0, 0, 0, 3, 3, 3])
    // 12, 13 and 14 are encoded alike, but 12 is in the other folder.
    #expect(groups.roots[12] == 12 && groups.roots[13] == 13 && groups.roots[14] == 13)
  }

  @Test func clipsThatCannotBeReadStandAlone() throws {
    var evidence: [ClipEvidence?] = (0..<16).map(Self.evidence)
    evidence[9] = nil
    let groups = try #require(EvidenceGroups(evidence, of: Self.clips(Self.names)))
    #expect(groups.roots[9] == 9 && groups.roots[1] == 1 && groups.count == 9)
  }
}
