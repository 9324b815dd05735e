import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Lists that no person has made: each is an error that names file, line and value.
@Suite struct ListBoundsTests {
  private let folder = ScratchFolder()

  private func error(of name: String, _ bytes: [UInt8]) throws -> DatasetError? {
    for movie in ["a.mp4", "b.mp4"] {
      #expect(FileManager.default.createFile(atPath: folder(movie), contents: Data()))
    }
    #expect(FileManager.default.createFile(atPath: folder(name), contents: Data(bytes)))
    return #expect(throws: DatasetError.self) { try DatasetIndex.load(path: folder(name)) }
  }

  private static let document = """
    <ANNOTATION_DOCUMENT><MEDIA_DESCRIPTOR MEDIA_URL="a.mp4"/>
    <TIME_SLOT TIME_SLOT_ID="1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="2" TIME_VALUE="1e300"/>
    <ALIGNABLE_ANNOTATION TIME_SLOT_REF1="1" TIME_SLOT_REF2="2">
    <ANNOTATION_VALUE>x</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION_DOCUMENT>
    """
  private static let manifest = "filepath,label,start,end\na.mp4,x,0,1\nb.mp4,y,1,1e300\n"

  private static let lists: [(String, String, String)] = [
    ("list.csv", manifest, "line 3: end is 1e+300"),
    ("list.eaf", document, "line 1: end is 1e+297"),
    ("list.json", String(repeating: "[", count: 10_000), "nested deeper than 64"),
  ]

  @Test(arguments: lists)
  func outOfRange(name: String, text: String, says: String) throws {
    let error = try error(of: name, Array(text.utf8))
    #expect(error?.message.hasPrefix(folder(name)) == true)
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["list.csv", "list.txt", "list.eaf"])
  func aLineWithoutEnd(name: String) throws {
    let start = name == "list.eaf" ? "<" : "filepath,label\n\""
    let error = try error(of: name, Array(start.utf8) + [UInt8](repeating: 120, count: 5 << 20))
    #expect(error?.message.contains("goes on for more than") == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["/dev/zero", "/dev/full", "pipe"])
  func whatIsNoFile(name: String) throws {
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    let path = name.hasPrefix("/") ? name : folder(name)
    let error = #expect(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    #expect(error?.message == "\(path): is not a regular file; give the path of a file")
  }
}
