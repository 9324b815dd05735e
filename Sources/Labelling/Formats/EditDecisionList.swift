/// An edit decision list (CMX 3600) of one movie: an event for each segment, with its label as a
/// marker in the two ways in which editors write them.
///
/// DaVinci Resolve imports the lines with `|M:` as markers of a timeline, as long as `|D:` frames;
/// `* LOC:` is Avid's locator, which OpenTimelineIO reads. Where frame numbers are dropped the line
/// `FCM` says so, and timecodes keep their colons, as CMX 3600 has it.
enum EditDecisionList {
  private static let colours = [
    "Blue", "Green", "Red", "Yellow", "Cyan", "Pink", "Purple", "Fuchsia", "Sky", "Mint", "Lemon",
    "Sand", "Cocoa", "Cream",
  ]

  static func render(_ record: LabelRecord, _ settings: RenderSettings) -> String {
    let clock = MovieClock(of: record, start: settings.startTimecode)
    let classes = LabelRecord.classNames(in: [record])
    let name = oneLine(record.path.name.text)
    var text = "TITLE: \(name)\n"
    text += "FCM: \(clock.drops ? "DROP FRAME" : "NON-DROP FRAME")\n"
    var number = 0
    for segment in record.shownSegments {
      guard let frames = clock.rate.frames(of: segment) else { continue }
      number += 1
      let times = [
        clock.source + frames.lowerBound, clock.source + frames.upperBound,
        clock.timeline + frames.lowerBound, clock.timeline + frames.upperBound,
      ].map(clock.text)
      let colour = colours[(classes.firstIndex(of: segment.label) ?? 0) % colours.count]
      let marker = "\(oneLine(segment.label)) \(Decimal.fixed(segment.score, 2))"
      let index = String(repeating: "0", count: max(0, 3 - String(number).utf8.count))
      text += "\n\(index)\(number)  AX       V     C        \(times.joined(separator: " "))\n"
      // A bar would end the marker's name.
      text +=
        " |C:ResolveColor\(colour) |M:\(marker.replacing("|", with: "/")) |D:\(frames.count)\n"
      text += "* FROM CLIP NAME: \(name)\n"
      text += "* LOC: \(times[2]) \(colour.uppercased()) \(marker)\n"
      // Readers want nothing but the two lines of the head before the first event.
      if number == 1 { text += "* \(FileSeal.open)\n" }
    }
    if number == 0 { text += "* \(FileSeal.open)\n" }
    return FileSeal.sealed(text)
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
