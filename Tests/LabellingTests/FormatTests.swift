import FileStore
import Testing

@testable import Labelling

@Suite struct FormatTests {
  @Test func table() {
    var format = TableFormat(records: Example.both)
    format.barWidth = 10
    #expect(
      Example.both.map { format.render($0) }.joined()
        == """
        a.mp4         walk   0.93  12.48 s
              0.00     7.20  walk   0.95  ██████····
              7.20    12.48  run    0.81  ······████
        b, "x".mp4    error  FORMAT

        """.replacing("a.mp4         walk", with: "a.mp4       walk")
        .replacing("\"x\".mp4    error", with: "\"x\".mp4  error"))
  }

  @Test func namesCannotBreakTheTable() {
    var record = Example.walk
    record.path = MediaPath("a\u{1B}[2J.mp4")
    record.label = "walk\nrun"
    record.segments = []
    #expect(
      OutputFormat.table.render([record]) == #"""
        a\u{1b}[2J.mp4  walk\nrun  0.93  12.48 s

        """#)
  }

  @Test func tableOfPartialMovieWithTop() {
    var record = Example.walk
    record.segments = []
    record.status = .partial
    record.decodedUntil = 3.2
    record.topCount = 2
    #expect(
      OutputFormat.table.render([record]) == """
        a.mp4  walk   0.93  12.48 s  partial: decoded until 3.20 s
          walk   0.93
          run    0.07

        """)
  }

  @Test func shortSegmentsStillShowInTheBar() {
    let format = TableFormat(records: Example.both)
    let bar = format.bar(.init(start: 99.9, end: 100, label: "a", score: 1), of: 100)
    #expect(
      bar.count == format.barWidth && bar.hasSuffix("█") && bar.filter { $0 == "█" }.count == 1)
  }

  @Test func jsonLines() {
    #expect(
      OutputFormat.jsonl.render(Example.both)
        == Example.walk.json.text + "\n" + Example.broken.json.text + "\n")
  }

  @Test func json() throws {
    let text = OutputFormat.json.render(Example.both)
    #expect(try JSONValue(parsing: text.utf8) == .array(Example.both.map(\.json)))
    #expect(OutputFormat.json.render([]) == "[]\n")
  }

  @Test func csv() {
    var unknown = Example.walk
    unknown.path = MediaPath("c.mp4")
    unknown.scores = [.init(label: "walk", score: 1 / 3), .init(label: "run", score: 2 / 3)]
    #expect(
      OutputFormat.csv.render(Example.both + [unknown]) == """
        filepath,run,walk
        a.mp4,0.07,0.93
        "b, ""x"".mp4",,
        c.mp4,0.666667,0.333333

        """)
  }

  @Test func vtt() {
    var record = Example.walk
    record.segments[1].label = "run & <jump>"
    #expect(
      OutputFormat.vtt.render([record]) == """
        WEBVTT

        1
        00:00:00.000 --> 00:00:07.200
        walk 0.95

        2
        00:00:07.200 --> 00:00:12.480
        run &amp; &lt;jump&gt; 0.81

        """)
    #expect(
      OutputFormat.vtt.render([Example.broken])
        == "WEBVTT\n\nNOTE b, \"x\".mp4: not a video\n")
  }

  @Test func srt() {
    #expect(
      OutputFormat.srt.render([Example.walk]) == """
        1
        00:00:00,000 --> 00:00:07,200
        walk 0.95

        2
        00:00:07,200 --> 00:00:12,480
        run 0.81

        """)
    var whole = Example.walk
    whole.segments = []
    #expect(
      OutputFormat.srt.render([whole]) == "1\n00:00:00,000 --> 00:00:12,480\nwalk 0.93\n")
  }

  @Test func megaDetector() {
    #expect(
      OutputFormat.megadetector.render(Example.both) == """
        {"info":{"format_version":"1.6","detector":"vidclass","classifier":"sha256:ab"},
        "detection_categories":{"1":"animal"},
        "classification_categories":{"0":"run","1":"walk"},
        "images":[
        {"file":"a.mp4","frame_rate":25.0,"frames_processed":[0,180],"detections":[\
        {"category":"1","conf":0.95,"bbox":[0,0,1,1],"frame_number":0,\
        "classifications":[["1",0.95]]},\
        {"category":"1","conf":0.812346,"bbox":[0,0,1,1],"frame_number":180,\
        "classifications":[["0",0.812346]]}]},
        {"file":"b, \\"x\\".mp4","failure":"Failure video access","detections":null,\
        "frame_rate":-1.0,"frames_processed":[]}
        ]}

        """)
  }

  @Test func megaDetectorOfWholeAndBlankMovies() throws {
    var whole = Example.walk
    whole.segments = []
    var blank = Example.walk
    blank.segments = [.init(start: 0, end: 12.48, label: "Blank", score: 1)]
    let text = OutputFormat.megadetector.render([whole, blank])
    let images = try JSONValue(parsing: text.utf8)["images"]?.arrayValue
    let found = images?[0]["detections"]?.arrayValue?[0]["classifications"]
    #expect(found?.text == #"[["1",0.93],["0",0.07]]"#)
    #expect(images?[1]["detections"] == .array([]))
  }

  @Test func labelStudio() {
    var record = Example.walk
    record.path = MediaPath("dir/ä b.mp4")
    #expect(
      OutputFormat.labelstudio.render([record]) == """
        [
        {"data":{"video":"/data/local-files/?d=dir/%C3%A4%20b.mp4"},"predictions":[\
        {"model_version":"vidclass-sha256:ab","score":0.93,"result":[\
        {"id":"0_1_180","type":"timelinelabels","from_name":"timelineLabels","to_name":"video",\
        "score":0.95,"value":{"ranges":[{"start":1,"end":180}],"timelinelabels":["walk"]}},\
        {"id":"1_181_312","type":"timelinelabels","from_name":"timelineLabels","to_name":"video",\
        "score":0.812346,"value":{"ranges":[{"start":181,"end":312}],"timelinelabels":["run"]}}]}]}
        ]

        """)
    #expect(
      LabelStudioFormat.configuration(for: [record])
        == #"<View><TimelineLabels name="timelineLabels" toName="video"><Label value="run"/>"#
        + #"<Label value="walk"/></TimelineLabels>"#
        + #"<Video name="video" value="$video" frameRate="25.0"/></View>"#)
  }

  @Test func elan() {
    #expect(
      OutputFormat.elan.render(Example.both)
        == "Tier\tBegin time\tEnd time\tDuration\tAnnotation\tScore\tFile\n"
        + "vidclass\t00:00:00.000\t00:00:07.200\t00:00:07.200\twalk\t0.950\ta.mp4\n"
        + "vidclass\t00:00:07.200\t00:00:12.480\t00:00:05.280\trun\t0.812\ta.mp4\n")
  }

  @Test func boris() {
    let lines = OutputFormat.boris.render(Example.both).split(separator: "\n")
    #expect(lines.count == 3)
    let columns = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).count }
    #expect(columns == [24, 24, 24])
    #expect(
      lines[2]
        == "a.mp4\t\tlabelled by vidclass\tMedia file(s)\tplayer #1:a.mp4\t0.000\t12.480\t12.480\t"
        + "25.000\tNo focal subject\t12.480\trun\t\tSTATE\t7.200\t12.480\t5.280\ta.mp4\t180\t312\t\t"
        + "\tscore 0.812\t")
  }

  @Test func cellsCannotShiftColumns() {
    var record = Example.walk
    record.path = MediaPath("a\tb\n.mp4")
    for line in OutputFormat.elan.render([record]).split(separator: "\n") {
      #expect(line.split(separator: "\t", omittingEmptySubsequences: false).count == 7)
    }
  }
}
