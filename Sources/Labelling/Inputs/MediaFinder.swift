/// One movie or image folder to label.
public struct LabelJob: Sendable, Hashable {
  /// As it is shown and opened.
  public let path: MediaPath
  /// Below the folder that was named, or the path itself; decides the shard.
  public let relativePath: MediaPath

  /// - Parameter relativePath: below the folder that was searched, or the path itself.
  public init(path: MediaPath, relativePath: MediaPath) {
    self.path = path
    self.relativePath = relativePath
  }
}

/// What is a movie and what an image folder, so that finding files needs no decoder.
public protocol MediaClassifying {
  /// Whether a file of this name is taken for a movie when a folder is searched.
  func isVideo(name: MediaPath) -> Bool
  /// Whether a file of this name may be one of a folder of images.
  func isImage(name: MediaPath) -> Bool
}

/// Turns the paths a user named into the list of movies to label.
///
/// A named file is always on the list, whatever its name. A named folder is searched, in byte order
/// of names, folders and files alike: movies are taken, a folder that holds images and no movie is
/// one clip, everything hidden or else is ignored and counted. Symbolic links are followed; no
/// folder is entered twice.
public struct MediaFinder {
  /// In the order in which they were found, each path once.
  public private(set) var jobs: [LabelJob] = []
  /// Files in searched folders that are neither hidden nor media.
  public private(set) var ignoredCount = 0
  /// Folders met a second time, through a link or by another name, and searched once.
  public private(set) var repeatedFolderCount = 0
  /// Entries of searched folders that cannot be looked at: links to nothing, or without permission.
  public private(set) var unreadableCount = 0
  /// Folders that were searched.
  private(set) var folders: [MediaPath] = []
  /// Folders that could not be read.
  private(set) var unreadableFolders: [MediaPath] = []
  /// Named folders without anything to label, and folders that could not be read.
  public private(set) var warnings: [String] = []

  /// What to say of folders met again and entries passed over, a line each.
  public var passedOver: [String] {
    var lines: [String] = []
    if repeatedFolderCount > 0 {
      lines.append(
        "folders met again by links or other names, and searched once: \(repeatedFolderCount)")
    }
    if unreadableCount > 0 {
      lines.append(
        "entries of folders that are links to nothing or may not be looked at: \(unreadableCount)")
    }
    return lines
  }

  private let kinds: any MediaClassifying
  /// With those met again.
  private var foundCount = 0
  private var known: Set<MediaPath> = []
  private var entered: Set<FolderKey> = []

  private struct FolderKey: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// - Parameter kinds: tells media by their names.
  public init(kinds: any MediaClassifying) {
    self.kinds = kinds
  }

  /// Adds a file or what is in a folder.
  public mutating func add(_ path: MediaPath) {
    guard let identity = FileIdentity(path), identity.kind == .folder else {
      append(path, relative: path)
      return
    }
    let before = foundCount
    let ignoredBefore = ignoredCount
    search(path, identity: identity, below: nil)
    if foundCount == before {
      let others = ignoredCount - ignoredBefore
      warnings.append(
        "\(path.text): no movies or image folders in it (\(others) other files ignored); "
          + "name files themselves to have them tried")
    }
  }

  private mutating func append(_ path: MediaPath, relative: MediaPath) {
    foundCount += 1
    if known.insert(path).inserted { jobs.append(LabelJob(path: path, relativePath: relative)) }
  }

  /// - Parameter below: the folder's path below the named one; nil for the named one itself.
  private mutating func search(_ folder: MediaPath, identity: FileIdentity, below: MediaPath?) {
    guard entered.insert(FolderKey(device: identity.device, inode: identity.inode)).inserted
    else {
      repeatedFolderCount += 1
      return
    }
    guard let names = FolderListing.names(in: folder) else {
      unreadableFolders.append(folder)
      warnings.append("\(folder.text): the folder cannot be read; check its permissions")
      return
    }
    folders.append(folder)
    let visible = names.filter { $0.first != UInt8(ascii: ".") }.map { MediaPath(bytes: $0) }
    let isClip =
      visible.contains(where: kinds.isImage(name:))
      && !visible.contains(where: kinds.isVideo(name:))
    if isClip { append(folder, relative: below ?? folder) }
    for name in visible {
      let path = folder.appending(name.bytes)
      let relative = below?.appending(name.bytes) ?? name
      guard let entry = FileIdentity(path) else {
        // A link to a movie that is gone must be told of, not passed over.
        if kinds.isVideo(name: name) {
          append(path, relative: relative)
        } else {
          unreadableCount += 1
        }
        continue
      }
      if entry.kind == .folder {
        search(path, identity: entry, below: relative)
      } else if entry.kind == .file && kinds.isVideo(name: name) {
        append(path, relative: relative)
      } else if !(isClip && kinds.isImage(name: name)) {
        ignoredCount += 1
      }
    }
  }
}
