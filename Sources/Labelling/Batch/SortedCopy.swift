import FileStore
import Foundation

/// A copy of a movie or of a folder of images, whole or not there at all.
enum SortedCopy {
  /// Whether both are movies, or both folders, of the same content.
  static func isSame(_ one: MediaPath, _ other: MediaPath) throws -> Bool {
    guard let first = FileIdentity(one), let second = FileIdentity(other),
      first.kind == second.kind
    else { return false }
    guard first.kind == .folder else {
      return try first.size == second.size && RegularFile.haveSameContent(one.text, other.text)
    }
    guard let names = FolderListing.names(in: one), names == FolderListing.names(in: other) else {
      return false
    }
    return try names.allSatisfy { try isSame(one.appending($0), other.appending($0)) }
  }

  /// - Returns: false when there is something at `place` by now.
  static func make(of source: MediaPath, at place: String) throws -> Bool {
    guard FileIdentity(source)?.kind == .folder else {
      return try AtomicFile.copy(source.text, toNew: place)
    }
    let manager = FileManager.default
    var number = 0
    while true {
      number += 1
      // Under another name until it is whole, so that an interrupted copy is never taken for one.
      let mark = Digest.sha256(PathText.name(of: place)).prefix(16)
      let partial = PathText.join(PathText.folder(of: place), ".\(mark)-\(number).part")
      if Folder.exists(partial) {
        // Left by a killed run, unless a living one holds it.
        guard let lock = try? FolderLock(partial) else { continue }
        try withExtendedLifetime(lock) { try manager.removeItem(atPath: partial) }
      }
      guard mkdir(partial, 0o777) == 0, let lock = try? FolderLock(partial) else {
        if errno == EEXIST || errno == ENOENT { continue }
        throw FileStoreError(
          .permission, path: partial, "cannot be made (\(String(cString: strerror(errno))))")
      }
      return try withExtendedLifetime(lock) {
        for name in try manager.contentsOfDirectory(atPath: source.text) {
          try manager.copyItem(atPath: source.text + "/" + name, toPath: partial + "/" + name)
        }
        if rename(partial, place) == 0 { return true }
        let reason = errno
        try manager.removeItem(atPath: partial)
        if reason == EEXIST || reason == ENOTEMPTY || reason == ENOTDIR { return false }
        throw FileStoreError(
          .io, path: place, "cannot be made (\(String(cString: strerror(reason))))", errno: reason)
      }
    }
  }
}
