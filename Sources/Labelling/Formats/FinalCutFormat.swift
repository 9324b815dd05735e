import FileStore

/// FCPXML 1.9, which Final Cut Pro and DaVinci Resolve import: in one event, for each movie the clip
/// with its labels as keyword ranges, and a project of the whole movie with a marker for each
/// segment.
enum FinalCutFormat {
  static func render(_ records: [LabelRecord], _ settings: RenderSettings) -> String {
    let movies = records.filter { $0.failure == nil }.map { Movie($0, settings) }
    var rates: [FrameRate] = []
    for movie in movies where !rates.contains(movie.clock.rate) { rates.append(movie.clock.rate) }
    var resources: [String] = []
    for (index, rate) in rates.enumerated() {
      resources.append(
        XMLText.tag("format", ["id": "f\(index + 1)", "frameDuration": rate.time(of: 1)]))
    }
    var items: [String] = []
    for (index, movie) in movies.enumerated() {
      let format = "f\((rates.firstIndex(of: movie.clock.rate) ?? 0) + 1)"
      resources.append(movie.asset("a\(index + 1)", format: format))
      items.append(movie.clip("a\(index + 1)", format: format))
      items.append(movie.project("a\(index + 1)", format: format))
    }
    return FileSeal.sealed(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE fcpxml>
      <!-- \(FileSeal.open) -->
      <fcpxml version="1.9">
      <resources>
      \(resources.map { $0 + "\n" }.joined())</resources>
      <library>
      <event name="vidclass">
      \(items.map { $0 + "\n" }.joined())</event>
      </library>
      </fcpxml>

      """)
  }

  /// One movie with its times in frames.
  private struct Movie {
    let record: LabelRecord
    let clock: MovieClock
    private let url: String
    private let name: String
    private let segments: [(segment: LabelRecord.Segment, frames: Range<Int>)]
    /// At least one frame, and all segments.
    private let length: Int

    init(_ record: LabelRecord, _ settings: RenderSettings) {
      let clock = MovieClock(of: record, start: settings.startTimecode)
      self.record = record
      self.clock = clock
      url = MediaLocation(record.path, in: settings.workingFolder).url
      name = record.path.name.text
      segments = record.shownSegments.compactMap { segment in
        clock.rate.frames(of: segment).map { (segment, $0) }
      }
      length = max(
        1, clock.rate.frame(at: record.duration ?? 0), segments.map(\.frames.upperBound).max() ?? 0)
    }

    private var count: String { clock.drops ? "DF" : "NDF" }

    func asset(_ id: String, format: String) -> String {
      XMLText.tag(
        "asset",
        [
          "id": id, "name": name, "start": time(clock.source), "duration": time(length),
          "hasVideo": "1", "format": format,
        ], ends: false)
        + XMLText.tag("media-rep", ["kind": "original-media", "src": url]) + "</asset>"
    }

    func clip(_ asset: String, format: String) -> String {
      let keywords = segments.map { segment, frames in
        XMLText.tag(
          "keyword",
          [
            "start": time(clock.source + frames.lowerBound), "duration": time(frames.count),
            // A comma would make two keywords of one label.
            "value": segment.label.replacing(",", with: " "),
            "note": Decimal.fixed(segment.score, 3),
          ])
      }
      return opening(asset, offset: nil, format: format) + keywords.joined() + "</asset-clip>"
    }

    func project(_ asset: String, format: String) -> String {
      let markers = segments.map { segment, frames in
        XMLText.tag(
          "marker",
          [
            "start": time(clock.source + frames.lowerBound), "duration": time(1),
            "value": "\(segment.label) \(Decimal.fixed(segment.score, 2))",
          ])
      }
      return XMLText.tag("project", ["name": name], ends: false)
        + XMLText.tag(
          "sequence",
          [
            "format": format, "duration": time(length), "tcStart": time(clock.timeline),
            "tcFormat": count,
          ], ends: false) + "<spine>" + opening(asset, offset: clock.timeline, format: format)
        + markers.joined() + "</asset-clip></spine></sequence></project>"
    }

    private func opening(_ asset: String, offset: Int?, format: String) -> String {
      let place = offset.map { " offset=\"\(time($0))\"" } ?? ""
      let tag = XMLText.tag(
        "asset-clip",
        [
          "ref": asset, "name": name, "start": time(clock.source), "duration": time(length),
          "format": format, "tcFormat": count,
        ], ends: false)
      return tag.dropLast() + place + ">"
    }

    private func time(_ frame: Int) -> String { clock.rate.time(of: frame) }
  }
}
