/// What a file is, by its name alone: opening 100,000 files to index them would take minutes.
enum Media {
  private static let videos: Set<String> = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "mts", "m2ts", "ts", "ogv", "flv",
    "wmv", "3gp", "gif", "mjpeg", "vob", "asf", "divx", "y4m", "nut", "apng",
  ]
  private static let images: Set<String> = ["jpg", "jpeg", "png"]

  static func isVideo(_ name: String) -> Bool { videos.contains(suffix(name)) }

  static func isImage(_ name: String) -> Bool { images.contains(suffix(name)) }

  static func isNumberedImage(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
      return false
    }
    let last = name.utf8[name.utf8.index(before: dot)]
    return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) && isImage(name)
  }

  private static func suffix(_ name: String) -> String {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(name[name.index(after: dot)...]).lowercased()
  }
}
