import Glibc

/// What a file holds, told by its size and a digest: of all its bytes up to a mebibyte, beyond that
/// of sixteen pieces that lie evenly from the first byte to the last.
///
/// So a data set of any size can be looked at in the time that finding its files takes.
package struct ContentSample: Hashable, Sendable {
  /// Of the file, or of all files of a folder.
  package let bytes: Int
  /// SHA-256 of what was looked at.
  package let digest: String

  private static let pieces = 16
  private static let pieceBytes = 1 << 16

  package init(bytes: Int, digest: String) {
    self.bytes = bytes
    self.digest = digest
  }

  /// Of a file, or of a folder with the files in it; nil for what cannot be read.
  package init?(_ path: String) {
    guard Folder.exists(path) else {
      self.init(file: path)
      return
    }
    guard let names = Folder.names(path) else { return nil }
    var lines = ""
    var total = 0
    for name in names {
      let inside = PathText.join(path, name)
      guard RegularFile.exists(inside) else { continue }
      guard let sample = ContentSample(file: inside) else { return nil }
      total += sample.bytes
      lines += "\(sample.bytes) \(sample.digest) \(name)\n"
    }
    self.init(bytes: total, digest: Digest.sha256(lines))
  }

  private init?(file path: String) {
    guard let file = try? RegularFile.open(path) else { return nil }
    let size = Int(file.status().st_size)
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ContentSample.pieceBytes, alignment: 64)
    defer { piece.deallocate() }
    var hash = SHA256()
    // Evenly spread, the first and the last piece at the ends; they touch in files of a mebibyte.
    let count = min(ContentSample.pieces, (size + piece.count - 1) / piece.count)
    let room = max(0, size - piece.count)
    for number in 0..<count {
      let whole = size <= ContentSample.pieces * piece.count
      let offset =
        whole
        ? number * piece.count
        : room / (count - 1) * number + room % (count - 1) * number / (count - 1)
      guard let got = file.readAll(into: piece, at: offset) else { return nil }
      hash.update(UnsafeRawBufferPointer(rebasing: piece[..<got]))
    }
    self.init(bytes: size, digest: hash.finish())
  }
}
