import Foundation

/// Tells movies and images apart by their names; what is inside decides when they are opened.
public enum MediaKind {
  /// Extensions of movies, lower case.
  public static let videoExtensions: Set<String> = [
    "3g2", "3gp", "apng", "asf", "avi", "divx", "dv", "f4v", "flv", "gif", "h264", "264", "h265",
    "265",
    "hevc", "ivf", "m1v", "m2ts", "m2v", "m4v", "mj2", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg",
    "mpv", "mts", "mxf", "obu", "ogm", "ogv", "qt", "rm", "rmvb", "ts", "vob", "webm", "wmv", "y4m",
    "zip",
  ]

  /// Extensions of images, lower case.
  public static let imageExtensions: Set<String> = [
    "jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp",
  ]

  /// The same for messages, each kind once.
  static let imageKinds = "jpg, png, bmp, tif, webp"

  /// Whether the name is that of a movie.
  public static func isVideo(_ path: String) -> Bool {
    !isHidden(path) && videoExtensions.contains(fileExtension(path))
  }

  /// Whether the name is that of a zipped folder of images, a clip like a movie.
  public static func isArchive(_ path: String) -> Bool { fileExtension(path) == "zip" }

  /// Whether the name is that of a TIFF file, whose pages may be a clip.
  public static func isPaged(_ path: String) -> Bool {
    ["tif", "tiff"].contains(fileExtension(path))
  }

  /// Whether the name is that of an image that a folder of images may hold.
  public static func isImage(_ path: String) -> Bool {
    !isHidden(path) && imageExtensions.contains(fileExtension(path))
  }

  /// Whether `path` is a folder that directly holds numbered images and no movie: a clip of its own.
  public static func isImageFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue, let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return false }
    var hasNumberedImage = false
    for name in names {
      if isVideo(name) { return false }
      if isImage(name), name.utf8.contains(where: { (0x30...0x39).contains($0) }) {
        hasNumberedImage = true
      }
    }
    return hasNumberedImage
  }

  /// Order of names in which runs of digits count as numbers: `f2` before `f10`.
  public static func naturalOrder(_ a: String, _ b: String) -> Bool {
    let left = Array(a.utf8)
    let right = Array(b.utf8)
    var i = 0
    var j = 0
    while i < left.count && j < right.count {
      if isDigit(left[i]) && isDigit(right[j]) {
        let first = digitRun(left, &i)
        let second = digitRun(right, &j)
        if first.count != second.count { return first.count < second.count }
        for (x, y) in zip(first, second) where x != y { return x < y }
      } else {
        if left[i] != right[j] { return left[i] < right[j] }
        i += 1
        j += 1
      }
    }
    if left.count - i != right.count - j { return left.count - i < right.count - j }
    return a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// The digits from `position` on without leading zeros; moves `position` behind them.
  private static func digitRun(_ bytes: [UInt8], _ position: inout Int) -> ArraySlice<UInt8> {
    var start = position
    while position < bytes.count && isDigit(bytes[position]) { position += 1 }
    while start < position - 1 && bytes[start] == 0x30 { start += 1 }
    return bytes[start..<position]
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func name(_ path: String) -> Substring {
    path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
  }

  private static func isHidden(_ path: String) -> Bool { name(path).hasPrefix(".") }

  private static func fileExtension(_ path: String) -> String {
    let name = name(path)
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }
}
