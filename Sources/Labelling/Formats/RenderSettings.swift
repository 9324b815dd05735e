import FileStore
import Foundation

/// What a format needs to know besides the records: where its file will lie, and what the program
/// that opens it asks for.
public struct RenderSettings: Sendable {
  /// What relative paths of records start from; absolute.
  public var workingFolder: String
  /// The folder of the file that is written; absolute.
  public var outputFolder: String
  /// The folder that Label Studio serves files from; nil for paths as they are.
  public var labelStudioRoot: String?
  /// Of an editor's timeline; nil for the movie's own timecode.
  public var startTimecode: Timecode?

  /// Of a file that lies in the folder in which the program runs, or in none.
  ///
  /// - Parameter workingFolder: absolute.
  public init(workingFolder: String = FileManager.default.currentDirectoryPath) {
    self.workingFolder = workingFolder
    outputFolder = workingFolder
  }

  /// The same for a file at `path`.
  public func writing(to path: String) -> RenderSettings {
    var settings = self
    settings.outputFolder = absolute(PathText.folder(of: path))
    return settings
  }

  /// `path` from the root, without `.` and `..`.
  public func absolute(_ path: String) -> String {
    MediaLocation(MediaPath(path), in: workingFolder).text
  }
}

/// Where a movie is, in the spellings of the programs that are to open it.
struct MediaLocation {
  /// From the root, without `.` and `..`.
  let absolute: [UInt8]

  init(_ path: MediaPath, in folder: String) {
    absolute = MediaLocation.normalized(path.bytes, in: Array(folder.utf8))
  }

  /// For people and markup.
  var text: String { String(decoding: absolute, as: UTF8.self) }

  /// `file:///a%20b.mp4`.
  var url: String { "file://" + PercentEncoding.text(absolute) }

  /// The path from a folder: `../movies/a.mp4`, `./a.mp4`.
  func relative(to folder: String) -> String {
    let own = absolute.split(separator: slash)
    let other = Array(folder.utf8).split(separator: slash)
    let shared = zip(own, other).prefix { $0.elementsEqual($1) }.count
    let up = [String](repeating: "..", count: other.count - shared)
    let down = own[shared...].map { String(decoding: $0, as: UTF8.self) }
    return ((up.isEmpty ? ["."] : up) + down).joined(separator: "/")
  }

  /// The path below a folder; nil where it is not inside.
  func below(_ folder: String) -> [UInt8]? {
    let prefix = Array(folder.utf8) + (folder == "/" ? [] : [slash])
    return absolute.starts(with: prefix) ? Array(absolute[prefix.count...]) : nil
  }

  private static func normalized(_ path: [UInt8], in folder: [UInt8]) -> [UInt8] {
    var parts: [ArraySlice<UInt8>] = []
    let whole = path.first == slash ? path : folder + [slash] + path
    for part in whole.split(separator: slash) where !part.elementsEqual(".".utf8) {
      if part.elementsEqual("..".utf8) { _ = parts.popLast() } else { parts.append(part) }
    }
    return [slash] + parts.joined(separator: [slash])
  }
}

private let slash = UInt8(ascii: "/")

/// Bytes in a URL.
enum PercentEncoding {
  private static let plain = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var out = ""
    for byte in bytes {
      if plain.contains(byte) {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        out += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }
    return out
  }
}
