import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Lists as other programs write them.
struct ListFormTests {
  private func clips() -> ScratchFolder {
    let folder = ScratchFolder()
    folder.files(["m/jump 1.mp4", "m/jump2.mkv", "m/sit1.mov", "m/sit2.avi"])
    return folder
  }

  private func write(_ data: Data, _ name: String, in folder: ScratchFolder) -> String {
    try! data.write(to: URL(fileURLWithPath: folder(name)))
    return folder(name)
  }

  private let labels = ["jump", "jump", "sit", "sit"]

  private func table(separator: String, lineEnd: String = "\n") -> String {
    [
      ["filepath", "label"], ["m/jump 1.mp4", "jump"], ["m/jump2.mkv", "jump"],
      ["m/sit1.mov", "sit"], ["m/sit2.avi", "sit"],
    ].map { $0.joined(separator: separator) + lineEnd }.joined()
  }

  @Test(arguments: [",", ";", "\t"], ["list.csv", "list.txt", "list.tsv"])
  func theHeaderShowsTheSeparator(separator: String, name: String) throws {
    let folder = clips()
    let path = folder.text(name, table(separator: separator, lineEnd: "\r\n"))
    #expect(try DatasetIndex.load(path: path).clips.map(\.label) == labels)
  }

  @Test func excelsSeparatorLine() throws {
    let folder = clips()
    let path = folder.text("list.csv", "sep=;\n" + table(separator: ";"))
    #expect(try DatasetIndex.load(path: path).clips.map(\.label) == labels)
  }

  @Test(
    arguments: [
      String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian,
    ], [true, false])
  func encodings(encoding: String.Encoding, mark: Bool) throws {
    let folder = clips()
    let text =
      (mark ? "\u{FEFF}" : "")
      + table(separator: "\t").replacingOccurrences(of: "\tsit", with: "\tsitzt schön 😀")
    let path = write(text.data(using: encoding)!, "list.txt", in: folder)
    let index = try DatasetIndex.load(path: path)
    #expect(index.classes == ["jump", "sitzt schön 😀"])
    #expect(index.warnings.isEmpty)
  }

  @Test func windows1252IsReadAndSaid() throws {
    let folder = clips()
    let text = table(separator: ",").replacingOccurrences(of: ",sit", with: ",Café „assis“")
    let path = write(text.data(using: .windowsCP1252)!, "list.csv", in: folder)
    let index = try DatasetIndex.load(path: path)
    #expect(index.classes == ["Café „assis“", "jump"])
    let warning = try #require(index.warnings.first { $0.contains("Windows-1252") })
    #expect(warning.hasPrefix(path) && warning.contains("\"Café „assis“\" (line 4)"))
    let plain = write(
      Data("m/sit1.mov S\u{E9}\nm/sit2.avi x\n".unicodeScalars.map { UInt8($0.value) }),
      "list.txt", in: folder)
    #expect(try DatasetIndex.load(path: plain).classes == ["Sé", "x"])
  }

  @Test func whatIsNoTextIsRefused() throws {
    let folder = clips()
    for bytes: [UInt8] in [
      [102, 105, 108, 101, 44, 0, 1], Array("filepath,label\nm/sit1.mov,\u{1}\n".utf8),
      Array("filepath,label\nm/sit1.mov,".utf8) + [0x81], [0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00],
    ] {
      let path = write(Data(bytes), "list.csv", in: folder)
      let error = #expect(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
      #expect(error?.code == .format)
    }
  }

  @Test(arguments: [
    "Video Path;Class", "path,target", "filename,category", "File_Name\tClass-Name", "id;action",
  ])
  func otherColumnNames(header: String) throws {
    let folder = clips()
    let separator = [",", ";", "\t"].first { header.contains($0) }!
    let body = table(separator: separator).split(separator: "\n").dropFirst()
    let path = folder.text("list.csv", header + "\n" + body.joined(separator: "\n"))
    #expect(try DatasetIndex.load(path: path).clips.map(\.label) == labels)
  }

  @Test func aHeaderWithoutTheColumnsListsTheNames() throws {
    let folder = clips()
    let path = folder.text("list.csv", "movie,what\nm/sit1.mov,sit\n")
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    for name in ["movie,what", "video_path", "target", "0 and 1"] {
      #expect(error.message.contains(name))
    }
  }

  @Test func splitNamesOfOtherTools() throws {
    let folder = clips()
    let path = folder.text(
      "list.csv",
      "path,class,subset\nm/jump 1.mp4,a,training\nm/jump2.mkv,a,Validation\n"
        + "m/sit1.mov,b,testing\nm/sit2.avi,b,train\n")
    let index = try DatasetIndex.load(path: path)
    #expect(index.clips.map(\.split) == [.train, .validation, .test, .train])
  }

  @Test func windowsPaths() throws {
    let folder = clips()
    folder.files(["odd\\name.mp4", "odd/name.mp4"])
    let path = folder.text(
      "sub/list.csv",
      "filepath,label\n..\\m\\sit1.mov,sit\n..\\m\\jump 1.mp4,jump\n..\\m\\gone.mp4,jump\n")
    let index = try DatasetIndex.load(path: path)
    #expect(index.clips.map(\.path) == ["../m/jump 1.mp4", "../m/sit1.mov"])
    #expect(index.warnings.contains { $0.contains("..\\m\\gone.mp4 (line 4)") })
    // A file that has the name as it is written comes first.
    let literal = folder.text("list.csv", "filepath,label\nodd\\name.mp4,a\nm/sit1.mov,b\n")
    #expect(try DatasetIndex.load(path: literal).clips.map(\.path).contains("odd\\name.mp4"))
    let plain = folder.text("list.txt", "m\\sit1.mov sit\nm\\jump 1.mp4 jump\n")
    #expect(try DatasetIndex.load(path: plain).clips.map(\.path) == ["m/jump 1.mp4", "m/sit1.mov"])
  }

  @Test func namesWithoutSuffix() throws {
    let folder = clips()
    folder.files(["m/v.1.mp4", "m/sit1.txt"])
    let path = folder.text("list.csv", "id,label\nm/sit1,sit\nm\\jump2,jump\nm/v.1,sit\n")
    #expect(
      try DatasetIndex.load(path: path).clips.map(\.path) == [
        "m/jump2.mkv", "m/sit1.mov", "m/v.1.mp4",
      ])
    folder.files(["m/sit1.mp4"])
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    #expect(error.message.contains("line 2") && error.message.contains("m/sit1.mov or m/sit1.mp4"))
  }

  @Test func aColumnForEachClass() throws {
    let folder = clips()
    let header = "video_path,notes,jump,sit,split\n"
    let path = folder.text(
      "list.csv",
      header + "m/jump 1.mp4,blurred,1,0,train\nm/jump2.mkv,,1.0,0.0,val\n"
        + "m/sit1.mov,x,0,1,train\nm/sit2.avi,,0,1,val\n")
    let index = try DatasetIndex.load(path: path)
    #expect(index.clips.map(\.label) == labels)
    #expect(index.clips[1].split == .validation)
  }

  @Test(arguments: [
    ("1,1", "line 3: m/sit1.mov has 1 for jump and sit; a clip has exactly one label"),
    ("0,0", "line 3: m/sit1.mov has 0 for every class"), ("0.3,0.7", "jump is \"0.3\""),
  ])
  func oneLabelAClip(values: String, says: String) throws {
    let folder = clips()
    let path = folder.text(
      "list.csv", "filepath,jump,sit\nm/jump2.mkv,1,0\nm/sit1.mov,\(values)\n")
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    #expect(error.message.contains(says), "\(error.message)")
  }

  @Test(arguments: [
    ("0.25", false, 0.25), ("1:02.5", false, 62.5), ("75:00", false, 4500),
    ("0:00:01,5", false, 1.5),
    ("1:00:00", false, 3600), ("0,25", true, 0.25), ("00:01.500", true, 1.5), ("12", true, 12),
  ])
  func times(text: String, decimalComma: Bool, seconds: Double) {
    #expect(ClockTime.seconds(text, decimalComma: decimalComma) == seconds)
  }

  @Test(arguments: ["0,25", "1:60", "1:99:00", "::1", "1:2:3:4", "-1", "1:-2", "soon", "", "1:1e1"])
  func noTimes(text: String) {
    #expect(ClockTime.seconds(text, decimalComma: false) == nil)
  }

  @Test func decimalCommasBesideSemicolons() throws {
    let folder = clips()
    let path = folder.text(
      "list.csv", "filepath;label;start;end\nm/sit1.mov;sit;0,5;1:02,25\nm/jump2.mkv;jump;;3\n")
    let index = try DatasetIndex.load(path: path)
    #expect(index.clips[1].start == 0.5 && index.clips[1].end == 62.25)
  }
}
