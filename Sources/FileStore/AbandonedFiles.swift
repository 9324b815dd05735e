import Glibc
import Synchronization

/// Temporary files that killed processes left, found by the names of the folders written to.
///
/// A folder is listed before the first write to it and again after as many writes as it has names:
/// listing it before each would take longer than writing, in a folder of a hundred thousand results.
enum AbandonedFiles {
  private struct Found {
    var writesUntilListing = 0
    /// Names of temporary files by the prefix that tells what they were to become.
    var names: [Substring: [String]] = [:]
  }

  private static let folders = Mutex<[String: Found]>([:])

  /// Removes those that were to become `destination`; the lock of a living writer protects its own.
  static func remove(of destination: String) {
    let folder = PathText.folder(of: destination)
    let isDue = folders.withLock { folders in
      folders[folder, default: Found()].writesUntilListing -= 1
      return folders[folder]?.writesUntilListing ?? 0 < 0
    }
    let listed = isDue ? list(folder) : nil
    let prefix = PendingFile.temporaryPrefix(destination)
    let names = folders.withLock { folders in
      if let listed { folders[folder] = listed }
      return folders[folder]?.names.removeValue(forKey: prefix[...]) ?? []
    }
    for name in names {
      let abandoned = PathText.join(folder, name)
      guard let file = FileHandleOwner(abandoned, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
        continue
      }
      if file.status().isRegular && file.lock(wait: false) { _ = unlink(abandoned) }
    }
  }

  private static func list(_ folder: String) -> Found? {
    guard let names = Folder.names(folder) else { return nil }
    var found = Found(writesUntilListing: names.count)
    for name in names {
      if let prefix = prefix(of: name) { found.names[prefix, default: []].append(name) }
    }
    return found
  }

  /// `.model.` of `.model.123-abc.tmp`; nil for names of another form.
  private static func prefix(of name: String) -> Substring? {
    guard name.hasPrefix("."), name.hasSuffix(".tmp") else { return nil }
    let whole = name.dropLast(".tmp".count)
    guard let dot = whole.lastIndex(of: ".") else { return nil }
    let unique = whole[whole.index(after: dot)...]
    guard unique.contains("-"), unique.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
      return nil
    }
    return whole[...dot]
  }
}
