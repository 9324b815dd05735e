import Glibc
import VideoDecoding

/// Finds the clips of a folder of class folders, or of a folder with `train`, `val`, `test`.
///
/// A class is the path of folders above a clip, so classes nest (`animal/fox`). A folder of
/// numbered images without sub-folders or videos is one clip.
struct FolderScan {
  let root: String

  init(root: String) {
    var trimmed = root
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.root = trimmed
  }

  func run() throws(DatasetError) -> FoundClips {
    var found = FoundClips()
    let top: Listing
    do {
      top = try Listing(folder: root)
    } catch {
      throw DatasetError(.permission, path: root, "folder cannot be read: \(error.text)")
    }
    let sides = top.folders.filter { Split(name: $0) != nil }
    let splits = sides.compactMap { Split(name: $0) }
    // A class may be called "train"; beside "val" or "test" it is a side.
    let isSplitLayout =
      splits.contains(.train) && splits.count > 1 && Set(splits).count == splits.count
    var visited = Set<FileIdentity>()
    if isSplitLayout {
      note(top, at: "", found: &found)
      for folder in sides {
        scan(
          relative: folder, label: [], split: Split(name: folder), visited: &visited, found: &found)
      }
      let others = top.folders.filter { !sides.contains($0) }
      found.ignored += others.map { IgnoredFile(path: $0, reason: .noSide) }
      if !others.isEmpty {
        found.warnings.append(
          "\(root): \(namesList(others, noun: "folder", plural: "folders")) beside \(sides.joined(separator: ", ")) left out"
        )
      }
    } else {
      scan(relative: "", label: [], split: nil, visited: &visited, found: &found)
    }
    if top.files.contains("manifest.csv") {
      found.warnings.append(
        "\(root)/manifest.csv is not read; give it in place of the folder to use its labels and groups"
      )
    }
    return found
  }

  private func scan(
    relative: String, label: [String], split: Split?, visited: inout Set<FileIdentity>,
    found: inout FoundClips
  ) {
    let folder = relative.isEmpty ? root : "\(root)/\(relative)"
    guard let identity = FileIdentity(path: folder) else {
      found.ignored.append(IgnoredFile(path: relative, reason: .unreadableFolder))
      return
    }
    // A link back to a folder above would otherwise be followed for ever.
    guard visited.insert(identity).inserted else {
      found.ignored.append(IgnoredFile(path: relative, reason: .repeatedFolder))
      return
    }
    guard let listing = try? Listing(folder: folder) else {
      found.ignored.append(IgnoredFile(path: relative, reason: .unreadableFolder))
      return
    }
    if listing.isImageClip, !relative.isEmpty {
      let classParts = label.dropLast()
      if classParts.isEmpty {
        found.ignored.append(IgnoredFile(path: relative, reason: .noClass))
      } else {
        add(path: relative, label: Array(classParts), split: split, found: &found)
      }
      return
    }
    note(listing, at: relative, found: &found)
    for name in listing.files where MediaKind.isVideo(name) {
      let path = relative.isEmpty ? name : "\(relative)/\(name)"
      if label.isEmpty {
        found.ignored.append(IgnoredFile(path: path, reason: .noClass))
      } else {
        add(path: path, label: label, split: split, found: &found)
      }
    }
    for name in listing.folders {
      scan(
        relative: relative.isEmpty ? name : "\(relative)/\(name)", label: label + [name],
        split: split, visited: &visited, found: &found)
    }
  }

  private func add(path: String, label: [String], split: Split?, found: inout FoundClips) {
    found.clips.append(
      Clip(
        path: path, file: "\(root)/\(path)", label: label.joined(separator: "/"), split: split))
  }

  /// Counts what is no clip.
  private func note(_ listing: Listing, at relative: String, found: inout FoundClips) {
    let prefix = relative.isEmpty ? "" : relative + "/"
    for name in listing.hidden {
      found.ignored.append(IgnoredFile(path: prefix + name, reason: .hidden))
    }
    for name in listing.notUTF8 {
      found.ignored.append(IgnoredFile(path: prefix + name, reason: .notUTF8))
    }
    for name in listing.files where !MediaKind.isVideo(name) {
      found.ignored.append(
        IgnoredFile(
          path: prefix + name, reason: MediaKind.isImage(name) ? .strayImage : .notMedia))
    }
  }
}

/// The same folder reached by two ways has one identity.
private struct FileIdentity: Hashable {
  let device: UInt
  let inode: UInt

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
  }
}

/// The names in one folder, each kind sorted by Unicode scalars.
struct Listing {
  struct Failure: Error {
    let text: String
  }

  private(set) var files: [String] = []
  private(set) var folders: [String] = []
  private(set) var hidden: [String] = []
  /// Repaired spellings of names that are not UTF-8 and therefore cannot be opened by name here.
  private(set) var notUTF8: [String] = []

  init(folder: String) throws(Failure) {
    guard let handle = opendir(folder) else {
      throw Failure(text: String(cString: strerror(errno)))
    }
    defer { closedir(handle) }
    while let entry = readdir(handle) {
      let type = Int32(entry.pointee.d_type)
      let repaired = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          (String(cString: $0), String(validatingCString: $0))
        }
      }
      guard repaired.0 != ".", repaired.0 != ".." else { continue }
      guard let name = repaired.1 else {
        notUTF8.append(repaired.0)
        continue
      }
      if name.hasPrefix(".") {
        hidden.append(name)
      } else if Listing.isFolder(type: type, path: "\(folder)/\(name)") {
        folders.append(name)
      } else {
        files.append(name)
      }
    }
    files.sort { $0.scalarsPrecede($1) }
    folders.sort { $0.scalarsPrecede($1) }
    hidden.sort { $0.scalarsPrecede($1) }
    notUTF8.sort { $0.scalarsPrecede($1) }
  }

  /// Whether the folder is one clip: numbered images, no videos, no sub-folders.
  var isImageClip: Bool {
    folders.isEmpty && !files.contains { MediaKind.isVideo($0) }
      && files.contains { Listing.isNumberedImage($0) }
  }

  /// An image with a number in its name; a folder of these is a clip.
  private static func isNumberedImage(_ name: String) -> Bool {
    MediaKind.isImage(name)
      && name.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isFolder(type: Int32, path: String) -> Bool {
    if type == Int32(DT_DIR) { return true }
    // Links are followed; some file systems do not tell the type in the listing.
    guard type == Int32(DT_LNK) || type == Int32(DT_UNKNOWN) else { return false }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
