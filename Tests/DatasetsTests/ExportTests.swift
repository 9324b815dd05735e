import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Manifests that other programs export: parts of movies with labels.
struct ExportTests {
  /// Links to movies of 30 frames a second and about a second and a half.
  private func movies(_ names: [String]) throws -> ScratchFolder {
    let folder = ScratchFolder()
    for name in names {
      try FileManager.default.createSymbolicLink(
        atPath: folder(name),
        withDestinationPath: Repository.path + "/clips/left/scene01_left_01.mp4")
    }
    return folder
  }

  private func parts(_ index: DatasetIndex) -> [String] {
    index.clips.map { clip in
      func text(_ time: Double?) -> String {
        time.map { String(format: "%.2f", $0) } ?? ""
      }
      return "\(clip.path) \(text(clip.start))-\(text(clip.end)) \(clip.label)"
    }
  }

  @Test func borisLeavesPointsOut() throws {
    let folder = try movies(["cow.mp4"])
    let path = folder.text(
      "events.csv",
      "Observation id,Media file name,Subject,Behavior,Behavior type,Start (s),Stop (s)\n"
        + "o1,C:\\films\\cow.mp4,x,graze,STATE,0.1,0.6\no1,C:\\films\\cow.mp4,x,moo,POINT,0.7,0.7\n"
        + "o1,C:\\films\\cow.mp4,x,rest,STATE,0.6,1.2\n")
    let index = try DatasetIndex.load(path: path)
    #expect(parts(index) == ["cow.mp4 0.10-0.60 graze", "cow.mp4 0.60-1.20 rest"])
    #expect(index.warnings.contains { $0.contains("1 event has no length") })
  }

  @Test func elanWithoutAHeader() throws {
    let folder = try movies(["talk.mp4", "other.mp4"])
    let path = folder.text(
      "talk.txt",
      "hands\t\t00:00:00.100\t0.1\t00:00:00.700\t0.7\t00:00:00.600\t0.6\tpoint\n"
        + "hands\t\t00:00:00.700\t0.7\t00:00:01.000\t1.0\t00:00:00.300\t0.3\trest\n")
    #expect(
      try parts(DatasetIndex.load(path: path)) == [
        "talk.mp4 0.10-0.70 point", "talk.mp4 0.70-1.00 rest",
      ])
  }

  @Test func elanDocument() throws {
    let folder = try movies(["talk.mp4"])
    let path = folder.text(
      "x.eaf",
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <ANNOTATION_DOCUMENT AUTHOR=""><HEADER><MEDIA_DESCRIPTOR MEDIA_URL="file:///D:/v/talk.mp4" \
      MIME_TYPE="video/mp4" RELATIVE_MEDIA_URL="./talk.mp4"/></HEADER>
      <TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="100"/>
      <TIME_SLOT TIME_SLOT_ID='ts2' TIME_VALUE='650'/><TIME_SLOT TIME_SLOT_ID="ts3"/></TIME_ORDER>
      <TIER TIER_ID="hands"><ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>wave &amp; &#112;oint</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>lost</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>
      </ANNOTATION></TIER></ANNOTATION_DOCUMENT>
      """)
    #expect(
      try parts(DatasetIndex.load(path: path)) == ["talk.mp4 0.10-0.65 wave & point"])
  }

  @Test func labelStudioAnnotationsBeforePredictions() throws {
    let folder = try movies(["a b.mp4", "whole.mp4"])
    func result(_ label: String, _ first: Int, _ last: Int) -> String {
      #"{"type":"timelinelabels","value":{"ranges":[{"start":\#(first),"end":\#(last)}],"#
        + #""timelinelabels":["\#(label)"]}}"#
    }
    let path = folder.text(
      "tasks.json",
      #"[{"data":{"video":"/data/upload/3/1a2b3c4d-a%20b.mp4"},"#
        + #""annotations":[{"was_cancelled":false,"result":[\#(result("sit", 1, 15)),"#
        + #"\#(result("stand", 16, 30))]}],"predictions":[{"result":[\#(result("x", 1, 30))]}]},"#
        + #"{"data":{"video":"whole.mp4"},"annotations":[{"result":[{"type":"choices","#
        + #""value":{"choices":["stand"]}}]}]}]"#)
    #expect(
      try parts(DatasetIndex.load(path: path)) == [
        "a b.mp4 0.00-0.50 sit", "a b.mp4 0.50-1.00 stand", "whole.mp4 - stand",
      ])
    let other = folder.text("other.json", #"{"a":1}"#)
    let error = #expect(throws: DatasetError.self) { try DatasetIndex.load(path: other) }
    #expect(error?.message.contains("Label Studio") == true)
  }

  @Test func viaSegments() throws {
    let folder = try movies(["v.mp4"])
    let path = folder.text(
      "via.csv",
      "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
        + "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata\n"
        + #""1_a","[""v.mp4""]",0,"[0.2,0.8]","[]","{""1"":""hop, skip""}""# + "\n"
        + #""1_b","[""v.mp4""]",0,"[]","[2,1,1,5,5]","{}""# + "\n")
    #expect(try parts(DatasetIndex.load(path: path)) == ["v.mp4 0.20-0.80 hop, skip"])
  }

  @Test func aLineForEachFrame() throws {
    let folder = try movies(["mouse.mp4"])
    var text = ",background,groom,rear\n"
    for frame in 0..<43 {
      let (groom, rear) = (frame < 15 ? 1 : 0, (12..<30).contains(frame) ? 1 : 0)
      text += "\(frame),\(groom + rear == 0 ? 1 : 0),\(groom),\(rear)\n"
    }
    let path = folder.text("mouse_labels.csv", text)
    // Frames of both classes are left out.
    #expect(
      try parts(DatasetIndex.load(path: path)) == [
        "mouse.mp4 0.00-0.40 groom", "mouse.mp4 0.50-1.00 rear",
      ])
    let index = try DatasetIndex.load(path: path, options: IndexOptions(background: "nothing"))
    #expect(parts(index).contains("mouse.mp4 1.00-1.43 nothing"))
  }

  @Test func kineticsCutAndUncut() throws {
    let folder = try movies(["-a_B9.mp4", "zz_000003_000013.mp4"])
    let path = folder.text(
      "train.csv",
      "label,youtube_id,time_start,time_end,split,is_cc\nsurf,-a_B9,0,1,train,0\nski,zz,3,13,train,0\n"
    )
    #expect(
      try parts(DatasetIndex.load(path: path)) == [
        "-a_B9.mp4 0.00-1.00 surf", "zz_000003_000013.mp4 - ski",
      ])
  }

  /// Each names the place, the value and what would do.
  @Test(arguments: [
    (
      "boris.csv",
      "Media file name,Behavior,Behavior type,Start (s),Stop (s)\nm.mp4,sit,STATE,soon,1\n",
      ["line 2", "start is \"soon\"", "1.5"]
    ),
    (
      "boris.csv",
      "Media file name,Behavior,Behavior type,Start (s),Stop (s)\nm.mp4,sit,POINT,1,1\n",
      ["1 event has no length", "needs a start and a later end"]
    ),
    (
      "elan.txt", "t\t\t00:00:00.1\t00:00:00.7\thop\tm.mp4\nt\t\tlater\t00:00:00.9\thop\tm.mp4\n",
      ["line 2", "later", "00:00:01.500"]
    ),
    (
      "x.eaf",
      "<ANNOTATION_DOCUMENT><TIME_SLOT TIME_SLOT_ID=\"ts7\" TIME_VALUE=\"1,5\"/></ANNOTATION_DOCUMENT>",
      ["ts7", "\"1,5\"", "milliseconds"]
    ),
    (
      "tasks.json",
      #"[{"data":{"video":"m.mp4"},"annotations":[{"result":[{"type":"timelinelabels","#
        + #""value":{"ranges":[{"start":"one","end":9}],"timelinelabels":["hop"]}}]}]}]"#,
      ["task 1", "\"hop\" lasts from one to 9", "numbers of frames"]
    ),
    (
      "empty.json", #"[{"data":{"video":"m.mp4"},"annotations":[]}]"#,
      ["no entry of it has both a movie and a label", "export it again"]
    ),
    (
      "via.csv",
      "# Exported using VGG\n" + #""1","[""m.mp4""]",0,"[0.2,""x""]","[]","{""1"":""hop""}""#
        + "\n",
      ["line 2", "[0.2,", "[1.5,3]"]
    ),
    ("m_labels.csv", ",background,hop\n0,1,2\n", ["line 2", "hop is \"2\"", "0 or 1"]),
    (
      "ava.csv", "m,0.9,0.1,0.2,0.8,0.9,12,3\nm,soon,0.1,0.2,0.8,0.9,12,3\n",
      ["line 2", "m,soon", "v1,902.5"]
    ),
    (
      "kinetics.csv", "label,youtube_id,time_start,time_end,split\nhop,m,0,x9,train\n",
      ["line 2", "end is \"x9\"", "1.5"]
    ),
  ])
  func flawsAreNamed(name: String, text: String, says: [String]) throws {
    let folder = try movies(["m.mp4"])
    let path = folder.text(name, text)
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    for words in says { #expect(error.message.contains(words), "\(error.message)") }
  }

  @Test func whatHasNoPlaceInTimeIsCounted() throws {
    let folder = try movies(["v.mp4"])
    let path = folder.text(
      "via.csv",
      "# Exported using VGG\n" + #""1","[""v.mp4""]",0,"[0.2,0.8]","[]","{""1"":""hop""}""# + "\n"
        + #""2","[""v.mp4""]",0,"[0.9]","[]","{""1"":""blink""}""# + "\n")
    let index = try DatasetIndex.load(path: path)
    #expect(parts(index) == ["v.mp4 0.20-0.80 hop"])
    #expect(index.warnings.contains { $0.contains("1 event has no length") })
  }

  @Test func avaCentres() throws {
    let folder = try movies(["v1.mp4"])
    let path = folder.text("ava.csv", "v1,0.9,0.1,0.2,0.8,0.9,12,3\n")
    #expect(try parts(DatasetIndex.load(path: path)) == ["v1.mp4 0.40-1.40 12"])
  }

  @Test func theRestAsAClass() throws {
    let folder = try movies(["m.mp4"])
    let path = folder.text(
      "list.csv", "filepath,label,start,end\nm.mp4,kick,0,0.4\nm.mp4,kick,0.8,1.2\n")
    let index = try DatasetIndex.load(path: path, options: IndexOptions(background: "none"))
    #expect(
      parts(index) == [
        "m.mp4 0.00-0.40 kick", "m.mp4 0.40-0.80 none", "m.mp4 0.80-1.20 kick",
        "m.mp4 1.20-1.43 none",
      ])
    #expect(index.groupRule.groupCount == 1)
    #expect(throws: DatasetError.self) {
      try DatasetIndex.load(path: folder.path, options: IndexOptions(background: "none"))
    }
  }

  @Test func theRestOfImpossibleParts() throws {
    let folder = try movies(["m.mp4"])
    let path = folder.text(
      "list.csv",
      "filepath,label,start,end\nm.mp4,kick,0,1e-9\nm.mp4,fall,1e-9,2e-9\n"
        + "m.mp4,fall,1e10,3e10\n")
    let index = try DatasetIndex.load(path: path, options: IndexOptions(background: "none"))
    let rest = index.clips.filter { $0.label == "none" }
    #expect(rest.count == 10_000)
    #expect(rest.allSatisfy { ($0.end ?? .infinity) < 1.44 })
  }

  @Test func tenThousandClipsInSeconds() throws {
    let folder = ScratchFolder()
    let names = (0..<10_000).map { number in
      "\(["walk", "run"][number % 2])/S\(number / 40)_2024-05-\(10 + number % 20)_\(number).mp4"
    }
    folder.files(names)
    let clock = ContinuousClock()
    let begin = clock.now
    let index = try DatasetIndex.load(path: folder.path)
    let split = try Splitter.split(index, validationFraction: 0.2, seed: 3)
    let seconds = begin.duration(to: clock.now) / .seconds(1)
    print("10,000 clips read, grouped and divided in \(seconds) s")
    #expect(index.groupRule.groupCount == 250)
    #expect(split.validation.count > 1500)
    #expect(seconds < 5)
  }
}
