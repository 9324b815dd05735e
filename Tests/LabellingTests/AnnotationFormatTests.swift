import FileStore
import Foundation
import TestSupport
import Testing

@testable import Labelling

/// Documents of ELAN, projects of BORIS, and the seal on what people go on working in.
@Suite struct AnnotationFormatTests {
  private var settings: RenderSettings {
    RenderSettings(workingFolder: "/lab").writing(to: "out/day 1/x.eaf")
  }

  @Test func elanDocument() throws {
    var record = Example.walk
    record.path = MediaPath("day 1/a & b.mp4")
    record.segments[1].label = "unknown"
    let text = OutputFormat.eaf.render([record], settings)
    for part in [
      #"MEDIA_URL="file:///lab/day 1/a &amp; b.mp4" MIME_TYPE="video/mp4" "#
        + #"RELATIVE_MEDIA_URL="../../day 1/a &amp; b.mp4"/>"#,
      #"DATE="2025-10-09T08:53:20Z""#, #"<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="7200"/>"#,
      #"<TIER LINGUISTIC_TYPE_REF="label" TIER_ID="vidclass">"#,
      #"ANNOTATION_ID="a2" CVE_REF="cve2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">"#
        + "<ANNOTATION_VALUE>unknown</ANNOTATION_VALUE>",
      #"ANNOTATION_ID="a4" ANNOTATION_REF="a2"><ANNOTATION_VALUE>0.812</ANNOTATION_VALUE>"#,
      #"<CV_ENTRY_ML CVE_ID="cve0"><CVE_VALUE LANG_REF="und">run</CVE_VALUE></CV_ENTRY_ML>"#,
      #"<PROPERTY NAME="lastUsedAnnotationId">4</PROPERTY>"#,
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(FileSeal.fits(text))
  }

  @Test func whatXMLCannotHoldIsReplaced() {
    var record = Example.walk
    record.path = MediaPath(bytes: [0x61, 0x01, 0xFF, 0x0A, 0x22])
    record.segments[0].label = "<\u{1F}\u{FFFF}>"
    let text = OutputFormat.eaf.render([record], settings)
    #expect(text.contains("/lab/a\u{FFFD}\u{FFFD}&#10;&quot;"))
    #expect(text.contains("<ANNOTATION_VALUE>&lt;\u{FFFD}\u{FFFD}&gt;</ANNOTATION_VALUE>"))
  }

  @Test(arguments: [
    ("a.mp4", "/lab", "./a.mp4"), ("/x/a.mp4", "/lab/y", "../../x/a.mp4"), ("a", "/", "./lab/a"),
    ("../up/./a", "/lab", "../up/a"), ("/../a", "/b", "../a"),
  ])
  func relativePaths(path: String, folder: String, relative: String) {
    #expect(MediaLocation(MediaPath(path), in: "/lab").relative(to: folder) == relative)
  }

  @Test func borisProject() throws {
    var twin = Example.walk
    twin.path = MediaPath(bytes: Array("/other/a".utf8) + [0xFF])
    var second = twin
    second.path = MediaPath(bytes: Array("/other/a".utf8) + [0xFE])
    let settings = RenderSettings(workingFolder: "/lab").writing(to: "p.boris")
    let text = OutputFormat.borisProject.render(
      [Example.walk, Example.broken, twin, second], settings)
    #expect(FileSeal.fits(text))
    let project = try JSONValue(parsing: text.utf8)
    #expect(project["project_format_version"] == .string("7.0"))
    let behaviours = project["behaviors_conf"]?.members?.map { $0.value["code"]?.stringValue }
    #expect(behaviours == ["run", "walk"])
    #expect(project["behaviors_conf"]?["0"]?["type"] == .string("State event"))
    let observations = try #require(project["observations"]?.members)
    #expect(observations.map(\.key) == ["a.mp4", "/other/a\u{FFFD}", "/other/a\u{FFFD} (2)"])
    let first = observations[0].value
    #expect(first["file"]?["1"] == .array([.string("a.mp4")]))
    #expect(first["file"]?["8"] == .array([]))
    #expect(first["media_info"]?["length"]?["a.mp4"]?.doubleValue == 12.48)
    #expect(first["media_info"]?["fps"]?["a.mp4"]?.doubleValue == 25)
    #expect(
      first["events"]?.text
        == #"[[0.0,"","walk","","score 0.950",0],[7.2,"","walk","","score 0.950",180],"#
        + #"[7.2,"","run","","score 0.812",180],[12.48,"","run","","score 0.812",312]]"#)
  }

  @Test(arguments: [OutputFormat.eaf, .borisProject, .edl, .fcpxml])
  func aChangedDocumentIsNotOurs(format: OutputFormat) throws {
    let scratch = ScratchFolder()
    let path = scratch("document")
    let text = format.render([Example.walk], settings)
    try AtomicFile.write(text, to: path)
    try OutputOrigin.requireOurs(path, format)
    try AtomicFile.write(text.replacingOccurrences(of: "walk", with: "jump"), to: path)
    #expect(throws: LabelError.self) { try OutputOrigin.requireOurs(path, format) }
    #expect(FileSeal.fits(text) && !FileSeal.fits(String(text.dropLast())))
  }

  @Test func labelStudioBelowItsRoot() throws {
    var settings = RenderSettings(workingFolder: "/srv/videos/day")
    settings.labelStudioRoot = "/srv/videos"
    #expect(
      OutputFormat.labelstudio.render([Example.walk], settings)
        .contains(#"{"video":"/data/local-files/?d=day/a.mp4"}"#))
    try LabelStudioFormat.requireInside([MediaPath("a.mp4"), MediaPath("../b.mp4")], settings)
    for path in ["../../a.mp4", "/srv/videos2/a.mp4", "/srv/videos"] {
      #expect(throws: LabelError.self) {
        try LabelStudioFormat.requireInside([MediaPath(path)], settings)
      }
    }
  }

  @Test func aConfigurationThatSomebodyWorkedOnIsTheirs() {
    var record = Example.walk
    record.scores[0] = .init(label: "a\"<b", score: 0.07)
    record.segments[1].label = "unknown"
    let text = LabelStudioFormat.configuration(for: [record])
    #expect(
      text.contains(
        #"<Label value="a&quot;&lt;b"/><Label value="walk"/><Label value="unknown"/>"#))
    #expect(LabelStudioFormat.isOurs(text) && LabelStudioFormat.isOurs(text + "\n"))
    for changed in [
      text.replacingOccurrences(of: "<Label value", with: "<Label hotkey=\"a\" value"), "",
      "<View/>",
      text + "<x/>",
    ] {
      #expect(!LabelStudioFormat.isOurs(changed))
    }
  }
}
