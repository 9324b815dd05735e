import Datasets
import Foundation
import TestSupport
import Testing
import VideoDecoding

@testable import Labelling

/// The review page in a browser, as hands use it.
@Suite(
  .waitsForPrograms, .enabled(if: Browser.isExpected, Comment(rawValue: Browser.absence)),
  .serialized)
struct ReviewPageTests {
  let scratch = ScratchFolder()
  static let movie = Repository.path + "/Tests/Fixtures/movie/motions.mp4"
  private static let classes = ["approach", "left", "right"]

  /// Ten seconds of 25 frames, in four segments.
  func record(_ path: MediaPath, first: String = "left", score: Double = 0.9)
    -> LabelRecord
  {
    var record = LabelRecord(path: path, status: .ok)
    record.label = first
    record.score = score
    record.scores = Self.classes.map { .init(label: $0, score: $0 == first ? 1 : 0) }
    record.duration = 10
    record.framesPerSecond = 25
    record.frames = 250
    record.model = "sha256:m"
    record.segments = zip([0.0, 2, 4, 8], [first, "approach", "right", "left"]).map {
      .init(start: $0, end: $0 + 2, label: $1, score: score)
    }
    record.segments[2].end = 8
    return record
  }

  func write(
    _ records: [LabelRecord], to name: String = "review.html", doubtful: Int? = nil,
    strip: MovieStrip? = nil
  ) throws -> String {
    let collector = ReviewCollector(
      .init(doubtful: doubtful, groupBy: nil, model: "m", classes: Self.classes))
    for (index, record) in records.enumerated() {
      collector.add(record, at: index)
      if let strip { collector.strips.add(strip, of: record.path, doubt: 1 - (record.score ?? 0)) }
    }
    let page = try collector.page(
      folder: scratch.path, current: scratch.path, limits: .standard, threads: 1)
    try page.html().write(toFile: scratch(name), atomically: false, encoding: .utf8)
    return scratch(name)
  }

  func open(_ path: String, width: Int = 1000) throws -> BrowserPage {
    try BrowserPage(file: path, width: width, downloads: scratch.path)
  }

  /// Start, end and label of each segment of the movie that is looked at first; ✓ for reviewed.
  func segments(_ page: BrowserPage, movie: Int = 0) throws -> [String] {
    try page.value(
      "corrections.movies[\(movie)].segments.map(s => s.start + ' ' + s.end + ' ' + s.label + (s.reviewed ? ' ✓' : ''))"
    )
  }

  @Test func labelsAndBordersAreChangedByKeysAndComeBack() throws {
    let page = try open(write([record(MediaPath(Self.movie))]))
    let before = try segments(page)
    #expect(before == ["0 2 left", "2 4 approach", "4 8 right", "8 10 left"])
    try page.press("3")
    #expect(try segments(page)[0] == "0 2 right ✓")
    try page.press("Enter")
    try page.press("Enter")
    #expect(try segments(page).prefix(2) == ["0 2 right ✓", "2 4 approach ✓"])
    // The start by two frames, the end by one.
    for key in ["]", "]", "{"] { try page.press(key) }
    #expect(
      try segments(page)[1...] == ["2 4.08 approach ✓", "4.08 7.96 right ✓", "7.96 10 left"])
    try page.press("s")
    #expect(try segments(page)[2...3] == ["4.08 6.04 right ✓", "6.04 7.96 right ✓"])
    try page.press("0")
    try page.press("b")
    #expect(try segments(page)[1...2] == ["2 4.08 approach ✓", "4.08 7.96 unknown ✓"])
    try page.press("l")
    try page.type("a new \"name\"")
    try page.press("Enter")
    #expect(try segments(page)[2] == "4.08 7.96 a new \"name\" ✓")
    // The neighbour of a border that moved has it in the records, and is no clip to train with.
    try page.run("document.querySelector('.files button:nth-child(1)').click()")
    #expect(
      try page.text(".top").contains(
        "3 clips; 1 with new borders left out, whose labels are not reviewed"))
    let after = try segments(page)
    // Nothing typed is no label: the next key is one of the page again. Long texts are none either.
    try page.press("l")
    try page.press("Enter")
    #expect(try page.value("document.activeElement.id !== 'entry'", as: Bool.self))
    try page.press("l")
    try page.type(String(repeating: "é", count: 101))
    try page.press("Enter")
    #expect(try page.text(".top").contains("at most 100 characters"))
    try page.press("Escape")
    #expect(try segments(page) == after)

    try page.open(file: scratch("review.html"))
    #expect(try segments(page) == after)
    // The model's labels come back after all, as nobody saw them, and go with an undo.
    try page.press("o")
    #expect(try segments(page) == before)
    #expect(try page.value("localStorage.length", as: Int.self) == 0)
    try page.press("u")
    #expect(try segments(page) == after)
    // What was undone stays undone, and can be done again.
    try page.press("1")
    try page.press("z", .control)
    #expect(try segments(page) == after)
    try page.press("u")
    #expect(try segments(page) == after)
    try page.press("r")
    #expect(try segments(page)[3] == "7.96 10 approach ✓")
    #expect(try page.text(".progress").contains("4 of 4 segments reviewed, 1 movie changed"))
    #expect(page.complaints.isEmpty, "\(page.complaints)")
  }

  @Test func bordersAreDraggedAndMovedWithFocus() throws {
    let page = try open(write([record(MediaPath(Self.movie))]), width: 1600)
    let width: Double = try page.value("document.querySelector('.frame-of-time').clientWidth")
    try page.drag("[data-border='2']", dx: width / 10)
    let dragged = try segments(page)
    let border = try #require(Double(dragged[2].split(separator: " ")[0]))
    #expect(abs(border - 5) < 0.1 && abs((border * 25).rounded() - border * 25) < 1e-6)
    #expect(dragged[1] == "2 \(dragged[2].split(separator: " ")[0]) approach")
    // It stops before its neighbours, where their segments could still be seen.
    try page.drag("[data-border='1']", dx: width)
    let stopped = try segments(page)
    #expect(
      stopped[0].hasSuffix("left ✓")
        && stopped[1].hasSuffix(" \(dragged[2].split(separator: " ")[0]) approach"))
    let start = try #require(Double(stopped[1].split(separator: " ")[0]))
    #expect(abs(border - start - 0.12) < 1e-6)
    try page.press("u")
    try page.run("document.querySelector('[data-border=\"3\"]').focus()")
    for key in ["ArrowLeft", "ArrowLeft", "PageDown"] { try page.press(key) }
    #expect(try segments(page)[3] == "7.52 10 left")
    #expect(
      try page.value(
        "document.activeElement.getAttribute('aria-valuenow')", as: String.self) == "7.520")
    #expect(page.complaints.isEmpty, "\(page.complaints)")
  }

  @Test func theMovieIsPlayedAtTheSegmentAndNothingElseIsAskedFor() throws {
    let page = try open(write([record(MediaPath(Self.movie))]))
    let source: String = try page.value("document.querySelector('video').src")
    #expect(source.hasPrefix("file:///") && source.hasSuffix("motions.mp4#t=0,2"))
    try page.wait(for: "document.querySelector('video')?.readyState >= 1")
    try page.press("ArrowRight")
    try page.wait(for: "Math.abs(document.querySelector('video').currentTime - 2) < 0.1")
    #expect(page.requests.allSatisfy { $0.contains("/Tests/Fixtures/movie/motions.mp4") })
    // It is split where the reader moved it, whatever is selected; in the middle where it was not.
    try page.press("s")
    #expect(try segments(page)[1...2] == ["2 3 approach", "3 4 approach"])
    try page.run("player.look(6)")
    try page.wait(for: "player.time === 6")
    try page.press("s")
    #expect(try segments(page)[3...4] == ["4 6 right", "6 8 right"])
    #expect(try page.text(".facts").contains("6.00 to 8.00 s (segment 5 of 6)"))
    // At a border nothing is split, and the page says so.
    try page.run("player.look(2)")
    try page.press("s")
    #expect(try segments(page).count == 6 && page.text(".top").contains("stands at a border"))
    try page.press("ArrowLeft")
    #expect(try !page.text(".top").contains("stands at a border"))
    // A movie that no browser plays has a link.
    let other = try open(write([record(MediaPath(scratch("gone.avi")))], to: "other.html"))
    try other.wait(for: "document.querySelector('.player a')")
    #expect(try other.text(".player").contains("cannot play it here"))
    // Where it lies is told of the segment that is looked at, and of none where there is none.
    try other.press("ArrowRight")
    #expect(try other.text(".player").contains("from 0:02.00 to 0:04.00"))
    var broken = LabelRecord(path: MediaPath(scratch("broken.avi")), status: .error)
    broken.failure = .init(code: "FORMAT", message: "no video in it")
    let none = try open(write([broken], to: "none.html"))
    try none.wait(for: "document.querySelector('.player a')")
    #expect(try none.text(".player").hasSuffix("in another program."))
    #expect(try none.text(".facts").contains("could not be read (FORMAT): no video in it"))
  }

  private static let names = [
    "</script><script>window.bad=1</script>.mp4", "<img src=x onerror=window.bad=1>.mp4",
    "\" onclick=\"window.bad=1\" '.mp4", "two\nlines\r\u{2028}.mp4", "שלום/עולם.mp4",
    "🎬🐈\u{202E}gpj.mp4",
    "a,b;\"c\".mp4", "=1+1.mp4", "__proto__",
  ]

  @Test func namesAreShownAndNothingRuns() throws {
    let bytes = MediaPath(bytes: Array("no text ".utf8) + [0xFF, 0xFE] + Array(".mp4".utf8))
    var records = Self.names.map { record(MediaPath($0), first: $0) }
    records.append(record(bytes))
    var broken = LabelRecord(path: MediaPath("broken"), status: .error)
    broken.failure = .init(code: "FORMAT", message: "broken: <script>window.bad=1</script>")
    records.append(broken)
    let page = try open(write(records), width: 1600)
    try page.resize(width: 1600, height: 2400)
    try page.wait(
      for: "document.querySelectorAll('#movies .movie').length === \(records.count)")
    let shown: [String] = try page.value(
      "[...document.querySelectorAll('.movie .name')].map(e => e.textContent)")
    for name in Self.names where !name.contains("\n") {
      #expect(shown.contains(name.replacing("\u{202E}", with: "\\u{202e}")))
    }
    #expect(shown.contains("two\\nlines\\r\\u{2028}.mp4"))
    // All of it reviewed, and taken home.
    for index in records.indices {
      try page.run("document.querySelectorAll('#movies .movie')[\(index)].focus()")
      try page.press("a")
    }
    try page.run("document.querySelector('.files button:nth-child(1)').click()")
    let table = try page.download("corrections.csv", in: scratch.path)
    #expect(try page.text(".top").contains("1 movies left out whose names are not UTF-8"))
    var rows: [[String]] = []
    try CSV.forEachRecord(path: scratch("corrections.csv")) { fields, _ in rows.append(fields) }
    #expect(rows[0] == ["filepath", "label", "start", "end", "group"] && !table.isEmpty)
    for name in Self.names {
      let own = rows.filter { $0[0] == name }
      #expect(own.count == 4 && own[0][1...3] == [name, "0", "2"], "\(name)")
    }
    try page.run("document.querySelector('.files button:nth-child(2)').click()")
    _ = try page.download("corrections.jsonl", in: scratch.path)
    let back = try RecordFile.read(scratch("corrections.jsonl")).records
    #expect(Set(back.map(\.path)) == Set(records.dropLast().map(\.path)))
    #expect(back.first { $0.path == bytes } == record(bytes))
    #expect(try page.value("window.bad === undefined", as: Bool.self))
    #expect(page.complaints.allSatisfy { $0.contains("ERR_FILE_NOT_FOUND") }, "\(page.complaints)")
  }

  @Test func correctedRecordsHoldTogether() throws {
    let page = try open(write([record(MediaPath(Self.movie))]))
    try page.press("2")
    try page.press("m")
    try page.run("document.querySelector('.files button:nth-child(2)').click()")
    _ = try page.download("corrections.jsonl", in: scratch.path)
    let corrected = try #require(RecordFile.read(scratch("corrections.jsonl")).records.first)
    #expect(corrected.segments.map(\.label) == ["left", "right", "left"])
    #expect(
      corrected.segments.map(\.start) == [0, 4, 8] && corrected.segments.map(\.end) == [4, 8, 10])
    #expect(corrected.segments.map(\.score) == [1, 0.9, 0.9])
    #expect(corrected.label == "left" && corrected.score == 0.6)
    #expect(abs(corrected.scores.reduce(0) { $0 + $1.score } - 1) < 1e-6)
    // Beside the record it came from, the correction is the one that stays.
    let merged = MergedRecords([record(MediaPath(Self.movie)), corrected])
    #expect(merged.records == [corrected])
    try page.run("document.querySelector('.files button:nth-child(3)').click()")
    let subtitles = try page.download("motions.vtt", in: scratch.path)
    #expect(
      String(decoding: subtitles, as: UTF8.self).hasPrefix(
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:04.000\nleft\n"))
  }

  @Test func fiveHundredMoviesStayFluent() throws {
    let info = try ClipReader(path: Self.movie).info
    let stack = try ClipReader(path: Self.movie).evenFrames(
      limit: 12, size: .init(width: 64, height: 48), layout: .rgb
    ).stack
    let strip = try #require(MovieStrip(stack, info: info))
    let records = (0..<500).map { number in
      record(
        MediaPath("videos/site\(number % 20)_\(number).mp4"),
        first: number % 2 == 0 ? "left" : "right",
        score: Double(number) / 500)
    }
    let path = try write(records, strip: strip)
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size < 5_000_000, "\(size)")
    let page = try open(path, width: 1600)
    try page.wait(for: "performance.getEntriesByName('first-contentful-paint').length")
    let paint: Double = try page.value(
      "performance.getEntriesByName('first-contentful-paint')[0].startTime")
    #expect(paint < 1000, "\(paint)")
    #expect(try page.count("#movies .movie") < 30)
    func milliseconds(_ work: String) throws -> Double {
      try page.value(
        """
        Math.min(...[0, 1, 2].map(() => { const t = performance.now(); \(work);
          document.body.offsetHeight; return performance.now() - t; }))
        """)
    }
    let search = "document.querySelector('#search')"
    let filter = try milliseconds(
      "\(search).value = 'site7_'; \(search).dispatchEvent(new Event('input'))")
    #expect(filter < 100, "\(filter)")
    #expect(try page.text(".side [role=status]") == "25 of 500 movies")
    let step = try milliseconds(
      "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))")
    #expect(step < 200, "\(step)")
    // Filters: a label, what is to be reviewed; the order of names.
    try page.run("\(search).value = ''; \(search).dispatchEvent(new Event('input'))")
    func choose(_ id: String, _ value: String) throws {
      try page.run(
        "const s = document.querySelector('#\(id)'); s.value = '\(value)'; s.dispatchEvent(new Event('change'))"
      )
    }
    try choose("order", "name")
    #expect(try page.text(".movie .name") == "videos/site0_0.mp4")
    try choose("group", "1")
    #expect(try page.text(".side [role=status]") == "25 of 500 movies")
    try choose("state", "done")
    #expect(try page.text(".side [role=status]") == "0 of 500 movies")
    // No choice is cut, not even beside a filter of groups.
    try page.resize(width: 1280, height: 800)
    let cut: [String] = try page.value(
      """
      [...document.querySelectorAll('.filters select')].filter(select => {
        const own = select.offsetWidth; select.style.width = 'max-content';
        const isCut = select.offsetWidth > own; select.style.width = ''; return isCut;
      }).map(select => select.id)
      """)
    #expect(cut == [])
  }

  @Test func itFitsEveryWindow() throws {
    let records = [record(MediaPath(Self.movie)), record(MediaPath(scratch("x.mp4")))]
    let page = try open(write(records, doubtful: 3))
    #expect(try page.text("main").contains("The 3 segments"))
    for (width, isDark) in [(400, true), (400, false), (1000, true), (1600, false)] {
      try page.resize(width: width, height: 800)
      try page.show(isDark: isDark)
      #expect(
        try page.value("document.documentElement.scrollWidth", as: Int.self) <= width, "\(width)")
    }
  }

  @Test func whereNothingWasReadNothingCanBePressed() throws {
    var broken = LabelRecord(path: MediaPath("broken"), status: .error)
    broken.failure = .init(code: "FORMAT", message: "broken")
    let page = try open(write([broken], doubtful: 5))
    #expect(try page.text("main").contains("the movie could not be labelled"))
    let buttons: [String] = try page.value(
      "[...document.querySelectorAll('main button:enabled')].map(b => b.innerText)"
        + ".filter(t => t && t !== 'Close')")
    #expect(buttons.count == 1 && buttons[0].hasPrefix("Keys"), "\(buttons)")
    for key in ["Enter", "s", "o", "n", "j", "1", "?"] { try page.press(key) }
    #expect(try page.value("document.querySelector('dialog').open", as: Bool.self))
    #expect(page.complaints.isEmpty, "\(page.complaints)")
  }

  @Test func itIsPrinted() throws {
    let page = try open(write([record(MediaPath(Self.movie)), record(MediaPath("b.mp4"))]))
    #expect(try page.pdf().count > 5000)
    try page.show(isPrint: true)
    #expect(try page.text("#movies").contains("b.mp4"))
  }

  @Test func everythingIsReachedByKeyboard() throws {
    let page = try open(write([record(MediaPath(Self.movie)), record(MediaPath("b.mp4"))]))
    let stops = try page.tabStops()
    for name in [
      "Corrections for train", "Records for merge", "Subtitles", "Keys", "Accept", "Split",
      "Join next", "Stretch",
    ] {
      #expect(stops.contains { $0.contains(name) }, "\(name): \(stops)")
    }
    for id in ["#search", "#order", "#state", "#label", "#movies", "#entry"] {
      #expect(stops.contains { $0.contains(id) }, "\(id): \(stops)")
    }
    #expect(stops.count { $0.contains("Border between") } == 3)
    try page.press("?")
    try page.wait(for: "document.querySelector('dialog').open")
    try page.press("Escape")
  }

  @Test(
    .enabled(if: AccessRules.isExpected, Comment(rawValue: AccessRules.absence)),
    arguments: [false, true])
  func nothingKeepsPeopleOut(isDark: Bool) throws {
    let page = try open(
      write([record(MediaPath(Self.movie)), record(MediaPath("b.mp4"))]), width: 1600)
    try page.show(isDark: isDark)
    #expect(try page.barriers() == [])
    try page.press("?")
    #expect(try page.barriers() == [])
  }
}
