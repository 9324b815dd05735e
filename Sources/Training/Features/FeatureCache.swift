import Datasets
import FileStore
import Foundation

/// Features of clips as files in a folder, named by what they were made from.
///
/// A name is the digest of what the clip's file holds, its range, and all that decides what comes of it:
/// the trunk and its weights, preprocessing, arithmetic. Files are written in one piece and carry
/// a digest: a torn or altered one is made anew. The folder may be deleted at any time.
struct FeatureCache: Sendable {
  private let folder: String
  private let settings: String

  private static let largest = 1 << 30
  private static let digestBytes = 64

  /// - Parameter settings: all besides the clip that decides its features.
  init(folder: String, settings: String) {
    self.folder = folder
    self.settings = settings
  }

  /// Where the features of a clip are kept; nil for a file that cannot be read.
  func path(of clip: Clip, content: ContentSample?) -> String? {
    guard let content else { return nil }
    let range = "\(clip.start.map { "\($0)" } ?? "")-\(clip.end.map { "\($0)" } ?? "")"
    let key = "\(content.bytes) \(content.digest)\n\(range)\n\(settings)"
    return PathText.join(folder, Digest.sha256(key) + ".features")
  }

  /// Nil where there are none, or none that are whole.
  func read(_ path: String) -> ClipFeatures? {
    guard let bytes = try? RegularFile.read(path, maximumBytes: Self.largest),
      bytes.count > Self.digestBytes
    else { return nil }
    let content = Array(bytes.dropLast(Self.digestBytes))
    guard Array(Digest.sha256(content).utf8) == bytes.suffix(Self.digestBytes),
      let end = content.firstIndex(of: UInt8(ascii: "\n")),
      let facts = try? JSONDecoder().decode(
        ClipFeatures.Facts.self, from: Data(content[..<end]))
    else { return nil }
    let values = content[(end + 1)...]
    let (count, overflows) = facts.steps.multipliedReportingOverflow(by: facts.features)
    guard !overflows, facts.steps > 0, facts.features > 0, count == values.count / 4,
      values.count % 4 == 0
    else { return nil }
    let floats = values.withUnsafeBytes { raw in
      (0..<count).map {
        Float(
          bitPattern: UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    guard floats.allSatisfy(\.isFinite) else { return nil }
    return ClipFeatures(facts: facts, values: floats)
  }

  /// - Throws: where it cannot be written.
  func write(_ features: ClipFeatures, to path: String) throws {
    try Folder.create(folder)
    var bytes = Array(StableJSON.text(features.facts).utf8) + [UInt8(ascii: "\n")]
    bytes.reserveCapacity(bytes.count + 4 * features.values.count + Self.digestBytes)
    for value in features.values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }
    bytes += Array(Digest.sha256(bytes).utf8)
    try AtomicFile.write(bytes, to: path)
  }
}
