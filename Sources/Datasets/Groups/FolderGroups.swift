/// Tells folders that are classes from folders that hold the clips of one source.
///
/// A folder below a class folder that comes back under other classes (`fox/site_a`, `deer/site_a`)
/// is where clips come from; folders that do not come back are classes within classes.
enum FolderGroups {
  /// How many of the folders above each clip are its class, from the top; nil when all are.
  ///
  /// - Parameter labels: all folders of each clip, joined by `/`.
  static func classDepth(of labels: [String]) -> Int? {
    let folders = labels.map { $0.split(separator: "/") }
    let deepest = folders.map(\.count).max() ?? 0
    for level in 1..<max(1, deepest) {
      let places = folders.lazy.filter { $0.count > level }.map { parts in
        (above: parts[..<level].joined(separator: "/"), name: String(parts[level]))
      }
      if comesBack(Array(places)) { return level }
    }
    return nil
  }

  /// Writes labels of at most `depth` folders.
  static func cut(_ clips: [Clip], depth: Int) -> [Clip] {
    clips.map { clip in
      let label = clip.label.split(separator: "/").prefix(depth).joined(separator: "/")
      return Clip(
        path: clip.path, file: clip.file, start: clip.start, end: clip.end, label: label,
        split: clip.split)
    }
  }

  /// The folder below each clip's class folder; nil for clips that lie right in it.
  ///
  /// Nil altogether when such folders do not come back under several classes.
  static func infer(_ clips: [Clip]) -> [String?]? {
    let below = clips.map { clip -> String? in
      guard let (folders, label) = parts(of: clip) else { return nil }
      return folders.dropFirst(label.upperBound).first.map(String.init)
    }
    let places = zip(clips, below).compactMap { clip, name in
      name.map { (above: clip.label, name: $0) }
    }
    return comesBack(places) ? below : nil
  }

  /// The folders above a clip without those that are its class (`site_a` of `site_a/fox/1.mp4`);
  /// nil when there are no others.
  static func folder(of clip: Clip) -> String? {
    var folders = clip.path.split(separator: "/").dropLast().filter { $0 != "." && $0 != ".." }
    if let (_, label) = parts(of: clip) { folders.removeSubrange(label) }
    if let first = folders.first, clip.split != nil, Split(name: String(first)) == clip.split {
      folders.removeFirst()
    }
    return folders.isEmpty ? nil : folders.joined(separator: "/")
  }

  /// The folders above the clip, and which of them are its class.
  private static func parts(of clip: Clip) -> (folders: [Substring], label: Range<Int>)? {
    let folders = clip.path.split(separator: "/").dropLast().filter { $0 != "." && $0 != ".." }
    let label = clip.label.split(separator: "/")
    guard !label.isEmpty, folders.count >= label.count else { return nil }
    for start in 0...(folders.count - label.count)
    where folders[start..<(start + label.count)].elementsEqual(label) {
      return (folders, start..<(start + label.count))
    }
    return nil
  }

  /// Whether at least half of the folders have names that are found in several places.
  private static func comesBack(_ places: [(above: String, name: String)]) -> Bool {
    var parents: [String: Set<String>] = [:]
    for place in places { parents[place.name, default: []].insert(place.above) }
    let all = parents.values.reduce(0) { $0 + $1.count }
    let back = parents.values.reduce(0) { $0 + ($1.count > 1 ? $1.count : 0) }
    return back > 0 && back * 2 >= all
  }
}
