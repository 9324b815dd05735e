import Testing

@testable import Labelling

/// What editors read: rates, timecodes, edit decision lists and FCPXML.
@Suite struct EditorFormatTests {
  /// A movie of American television, whose frames are counted from an hour on.
  private static var television: LabelRecord {
    var record = Example.walk
    record.framesPerSecond = 29.97
    record.frames = 2697
    record.duration = 90
    record.timecode = "01:00:00;00"
    record.segments = [
      .init(start: 0, end: 61, label: "walk", score: 0.95),
      .init(start: 61, end: 90, label: "run", score: 0.8),
    ]
    return record
  }

  /// The lines without the seal, which only has to fit.
  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { !$0.contains("vidclass-sha256") }
  }

  @Test(arguments: [
    (29.97, 30000, 1001), (29.9698, 30000, 1001), (23.976, 24000, 1001), (59.94, 60000, 1001),
    (14.985, 15000, 1001), (25, 25, 1), (30.003, 30, 1), (12.5, 25, 2), (7.3, 73, 10),
    (1e-4, 1, 1000), (1e6, 1_000_000, 1),
  ])
  func ratesAreThoseThatAreMeant(perSecond: Double, numerator: Int, denominator: Int) {
    let rate = FrameRate(perSecond)
    #expect(rate.numerator == numerator && rate.denominator == denominator)
    #expect(rate.base >= 1)
  }

  @Test(arguments: [
    (1799, "00:00:59:29"), (1800, "00:01:00:02"), (17981, "00:09:59:29"), (17982, "00:10:00:00"),
    (107_892, "01:00:00:00"), (2_589_407, "23:59:59:29"), (2_589_408, "00:00:00:00"),
  ])
  func droppedFrameNumbersKeepUpWithTheClock(frame: Int, text: String) throws {
    #expect(Timecode.text(frame, at: FrameRate(29.97), drops: true) == text)
    let read = try #require(Timecode(String(text.dropLast(3)) + ";" + text.suffix(2)))
    #expect(read.isDropFrame && read.frame(at: FrameRate(29.97)) == frame % 2_589_408)
  }

  @Test func timecodesComeBack() {
    for (perSecond, drops) in [(59.94, true), (29.97, false), (25, false), (12.5, false)] {
      let rate = FrameRate(perSecond)
      for frame in stride(from: 0, to: 400_000, by: 997) {
        let text = Timecode.text(frame, at: rate, drops: drops)
        let marked = drops ? text.dropLast(3) + ";" + text.suffix(2) : text[...]
        #expect(Timecode(String(marked))?.frame(at: rate) == frame)
      }
    }
  }

  @Test(arguments: [
    "", "1:2:3", "24:00:00:00", "00:60:00:00", "a0:00:00:00", "00:00:00:000000", "²:0:0:0:0",
  ])
  func whatIsNoTimecodeIsRefused(text: String) {
    #expect(Timecode(text) == nil)
  }

  @Test func editDecisionList() {
    let text = OutputFormat.edl.render([Example.walk])
    #expect(
      lines(text) == [
        "TITLE: a.mp4", "FCM: NON-DROP FRAME",
        "001  AX       V     C        00:00:00:00 00:00:07:05 00:00:00:00 00:00:07:05",
        " |C:ResolveColorGreen |M:walk 0.95 |D:180", "* FROM CLIP NAME: a.mp4",
        "* LOC: 00:00:00:00 GREEN walk 0.95",
        "002  AX       V     C        00:00:07:05 00:00:12:12 00:00:07:05 00:00:12:12",
        " |C:ResolveColorBlue |M:run 0.81 |D:132", "* FROM CLIP NAME: a.mp4",
        "* LOC: 00:00:07:05 BLUE run 0.81",
      ])
    #expect(FileSeal.fits(text))
  }

  @Test func editDecisionListOfTelevision() {
    var settings = RenderSettings(workingFolder: "/w")
    let own = lines(OutputFormat.edl.render([Self.television], settings))
    #expect(own[1] == "FCM: DROP FRAME")
    #expect(own[2].hasSuffix("01:00:00:00 01:01:01:00 01:00:00:00 01:01:01:00"))
    // A timeline that does not drop shows the movie's frames in the same way.
    settings.startTimecode = Timecode("10:00:00:00")
    let other = lines(OutputFormat.edl.render([Self.television], settings))
    #expect(other[1] == "FCM: NON-DROP FRAME")
    #expect(other[2].hasSuffix("00:59:56:12 01:00:57:10 10:00:00:00 10:01:00:28"))
  }

  @Test func labelsCannotBreakTheList() {
    var record = Example.walk
    record.segments = [.init(start: 0, end: 12, label: "a|b\n001  AX", score: 0.5)]
    let found = lines(OutputFormat.edl.render([record]))
    #expect(found.count == 6)
    #expect(found[3] == " |C:ResolveColorBlue |M:a/b 001  AX 0.50 |D:300")
  }

  @Test func finalCut() {
    let text = OutputFormat.fcpxml.render(
      [Example.walk, Example.broken, Self.television], RenderSettings(workingFolder: "/m x"))
    #expect(FileSeal.fits(text))
    for part in [
      #"<fcpxml version="1.9">"#, #"<format id="f1" frameDuration="1/25s"/>"#,
      #"<format id="f2" frameDuration="1001/30000s"/>"#,
      #"<asset id="a1" name="a.mp4" start="0s" duration="312/25s" hasVideo="1" format="f1">"#
        + #"<media-rep kind="original-media" src="file:///m%20x/a.mp4"/></asset>"#,
      #"<keyword start="0s" duration="36/5s" value="walk" note="0.950"/>"#,
      #"<marker start="36/5s" duration="1/25s" value="run 0.81"/>"#,
      #"<sequence format="f1" duration="312/25s" tcStart="0s" tcFormat="NDF">"#,
      #"start="8999991/2500s" duration="899899/10000s" hasVideo="1" format="f2">"#,
      #"tcStart="8999991/2500s" tcFormat="DF">"#,
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(text.components(separatedBy: "<project ").count == 3)
  }
}
