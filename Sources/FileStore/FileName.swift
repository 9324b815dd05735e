/// Names of files that are made from other names.
public enum FileName {
  /// Bytes of a name that file systems take.
  public static let longest = 255

  /// `stem` and `suffix` as one name. A stem that is too long loses its end; a mark made of all of
  /// it takes its place, so that two names stay two.
  public static func joining(_ stem: String, _ suffix: String) -> String {
    if stem.utf8.count + suffix.utf8.count <= longest { return stem + suffix }
    let mark = "~" + Digest.sha256(stem).prefix(8)
    return beginning(of: stem, bytes: longest - suffix.utf8.count - mark.utf8.count) + mark + suffix
  }

  /// As much of a name as `bytes` hold, whole characters.
  static func beginning(of name: String, bytes: Int) -> String {
    var end = name.startIndex
    for index in name.unicodeScalars.indices {
      let next = name.unicodeScalars.index(after: index)
      if name.utf8.distance(from: name.startIndex, to: next) > bytes { break }
      end = next
    }
    return String(name[..<end])
  }
}
