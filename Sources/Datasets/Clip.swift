import Tensors

/// The side of a split a clip is on.
public enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  /// To learn from.
  case train
  /// To choose the epoch and the temperature by.
  case validation = "val"
  /// Kept from all choices.
  case test

  /// The spellings data sets use: `train`, `training`, `val`, `valid`, `validation`, `dev`, `test`, `testing`.
  public init?(name: String) {
    switch name.lowercased() {
    case "train", "training": self = .train
    case "val", "valid", "validation", "dev": self = .validation
    case "test", "testing": self = .test
    default: return nil
    }
  }
}

/// One example: a video file, a time range of one, or a folder of numbered images.
public struct Clip: Sendable, Hashable {
  /// As shown to people: relative to the data set's folder, with `/` between parts.
  public let path: String
  /// The path to open.
  public let file: String
  /// Seconds; nil means from the first frame.
  public let start: Double?
  /// Seconds; nil means to the last frame.
  public let end: Double?
  /// What the clip shows, as its folder or list says.
  public let label: String
  /// Position of `label` in the index's `classes`.
  public internal(set) var classIndex: Int
  /// Clips of one group must stay on the same side of a split.
  public internal(set) var group: String
  /// The side the data set itself puts the clip on, if it says.
  public let split: Split?
  /// Key of the clip's random streams: a hash of `path` and the range, the same wherever the data
  /// set lies and in whatever order it is listed.
  public let identity: UInt64

  /// An empty `group` makes the clip a group of its own; the identity is computed from path and
  /// range.
  public init(
    path: String, file: String, start: Double? = nil, end: Double? = nil, label: String,
    classIndex: Int = 0, group: String = "", split: Split? = nil
  ) {
    self.path = path
    self.file = file
    self.start = start
    self.end = end
    self.label = label
    self.classIndex = classIndex
    self.group = group.isEmpty ? path : group
    self.split = split
    var hash = StableHash()
    hash.add(path)
    if start != nil || end != nil {
      hash.add((start ?? 0).bitPattern)
      hash.add((end ?? .infinity).bitPattern)
    }
    identity = hash.value
  }

  /// The path, with the time range where there is one: `a.mp4 [1.5–3 s]`.
  public var name: String {
    guard start != nil || end != nil else { return path }
    return "\(path) [\(start.map { "\($0)" } ?? "")–\(end.map { "\($0)" } ?? "") s]"
  }
}

/// A file of the data set that is no clip, and why.
public struct IgnoredFile: Sendable, Hashable {
  /// Why a file is no clip; raw values are for people.
  public enum Reason: String, Sendable, CaseIterable {
    /// Its name, or that of a folder above it, begins with a dot.
    case hidden = "hidden"
    /// Neither the suffix of a movie nor a folder of images.
    case notMedia = "not a video or image folder"
    /// An image that belongs to no folder of numbered images.
    case strayImage = "image outside an image folder"
    /// Not below a class folder.
    case noClass = "outside a class folder"
    /// In none of the sides, though there are folders for them.
    case noSide = "folder beside train, val and test"
    /// A list names it, and nothing is there.
    case missing = "missing"
    /// The same file and range again, with the same label.
    case duplicate = "listed twice"
    /// The same file and range again, with another label; all of them are left out.
    case conflict = "listed under two labels"
    /// No text says its name, and so no list can.
    case notUTF8 = "name is not UTF-8"
    /// The system does not allow it, or fails.
    case unreadableFolder = "folder cannot be read"
    /// It is listed where it was met first.
    case repeatedFolder = "folder met again by a link"
  }

  /// Relative to the data set's folder.
  public let path: String
  /// What it is left out for.
  public let reason: Reason

  /// The reason as the end of a sentence that begins with the path.
  public var explanation: String {
    switch reason {
    case .missing: "does not exist"
    case .notUTF8: "its name is not UTF-8; rename it"
    case .unreadableFolder: "cannot be read"
    default: reason.rawValue
    }
  }

  /// - Parameter path: relative to the data set's folder.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }
}

extension String {
  /// Unicode scalar order: the same in every locale.
  func scalarsPrecede(_ other: String) -> Bool {
    unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
  }
}
