import Foundation

/// What tells one state of a file from another: its kind, size and modification time.
public struct FileIdentity: Sendable, Equatable {
  /// What a path leads to, as far as labelling cares.
  public enum Kind: Sendable {
    /// A regular file.
    case file
    /// Perhaps a folder of images.
    case folder
    /// A device, pipe or socket.
    case other
  }

  /// What the path leads to, links followed.
  public var kind: Kind
  /// Bytes; of a folder of images, of all of them.
  public var size: Int64
  /// Seconds since 1970, to the millisecond.
  public var modified: Double
  /// Device and inode, to notice a file met twice and folders that contain themselves.
  public var device: UInt64
  /// With `device` it names the file, whatever its path.
  public var inode: UInt64

  /// Looks at `path`, symbolic links followed; nil when there is nothing or it may not be looked at.
  public init?(_ path: MediaPath) {
    var status = stat()
    guard path.withCPath({ stat($0, &status) }) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    size = Int64(status.st_size)
    modified = Decimal.rounded(
      Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9, 3)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// As `init(_:)`, but a folder of images has their total size and the newest one's time: the
  /// folder's own say nothing about them.
  public init?(media path: MediaPath) {
    guard var identity = FileIdentity(path) else { return nil }
    if identity.kind == .folder {
      identity.size = 0
      for name in FolderListing.names(in: path) ?? [] {
        guard let image = FileIdentity(path.appending(name)), image.kind == .file else { continue }
        identity.size += image.size
        identity.modified = max(identity.modified, image.modified)
      }
    }
    self = identity
  }
}

/// The entries of folders as the system names them.
enum FolderListing {
  /// Names in a folder in byte order, without `.` and `..`; nil when it cannot be read.
  static func names(in folder: MediaPath) -> [[UInt8]]? {
    guard let stream = folder.withCPath({ opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
          Array(UnsafeBufferPointer(start: bytes, count: strlen(bytes)))
        }
      }
      if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
