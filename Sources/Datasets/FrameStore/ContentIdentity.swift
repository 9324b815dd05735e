import FileStore
import Glibc
import Synchronization

/// What a clip's file holds, as a digest: the same for a copy or after a move, another after any
/// change, whatever its time says.
///
/// Reading a file costs a hundredth of decoding it; a file that many clips are parts of is still
/// read only once, as long as its size and time stay.
final class ContentIdentity: Sendable {
  private struct Stamp: Hashable {
    let path: String
    let size: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  private let known = Mutex<[Stamp: String]>([:])

  /// SHA-256 of a movie's bytes; of a folder, of its files' names and bytes. Nil for what cannot be
  /// read.
  func digest(of path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFDIR else { return digest(ofFile: path, status) }
    guard let listing = try? Listing(folder: path) else { return nil }
    var lines: [String] = []
    for name in listing.files {
      let inside = "\(path)/\(name)"
      guard stat(inside, &status) == 0, let digest = digest(ofFile: inside, status) else {
        return nil
      }
      lines.append("\(digest)  \(name)")
    }
    return Digest.sha256(lines.joined(separator: "\n"))
  }

  private func digest(ofFile path: String, _ status: stat) -> String? {
    let stamp = Stamp(
      path: path, size: Int64(status.st_size), seconds: Int(status.st_mtim.tv_sec),
      nanoseconds: Int(status.st_mtim.tv_nsec))
    if let digest = known.withLock({ $0[stamp] }) { return digest }
    guard status.st_mode & S_IFMT == S_IFREG, let digest = try? Digest.sha256(file: path) else {
      return nil
    }
    known.withLock { $0[stamp] = digest }
    return digest
  }
}
