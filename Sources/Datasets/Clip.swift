/// The side of a split a clip is on.
public enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  case train
  case validation = "val"
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
  public enum Reason: String, Sendable, CaseIterable {
    case hidden = "hidden"
    case notMedia = "not a video or image folder"
    case strayImage = "image outside an image folder"
    case noClass = "outside a class folder"
    case noSide = "folder beside train, val and test"
    case missing = "missing"
    case duplicate = "listed twice"
    case conflict = "listed under two labels"
    case notUTF8 = "name is not UTF-8"
    case unreadableFolder = "folder cannot be read"
    case repeatedFolder = "folder met again by a link"
  }

  /// Relative to the data set's folder.
  public let path: String
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

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }
}

/// FNV-1a (64 bits), finished by an avalanche step: a hash that is the same in every process.
struct StableHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte: byte) }
    add(byte: 0)
  }

  mutating func add(_ word: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      add(byte: UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  private mutating func add(byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
  }

  var value: UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  static func of(_ text: String) -> UInt64 {
    var hash = StableHash()
    hash.add(text)
    return hash.value
  }
}

extension String {
  /// Unicode scalar order: the same in every locale.
  func scalarsPrecede(_ other: String) -> Bool {
    unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
  }
}
