/// Finds class names that a horizontal flip would make wrong: `left` and `right`, `clockwise` and
/// `counter-clockwise`, `kick` and `kick mirrored`.
public struct LabelMirror: Sendable, Hashable {
  /// Classes that a mirror turns into each other, as positions in the list of classes.
  public let pairs: [[Int]]
  /// Whether training clips may be flipped.
  public let allowsFlip: Bool
  /// For people: what was decided and why.
  public let sentence: String

  /// - Parameter classes: their names; words that say a side or a direction are looked for.
  public init(classes: [String]) {
    let words = classes.map(LabelMirror.words)
    let keys = words.map { $0.joined(separator: " ") }
    let positions = Dictionary(
      keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var pairs: [[Int]] = []
    var lone: [Int] = []
    for (index, parts) in words.enumerated() {
      let mirrored = parts.map { LabelMirror.opposites[$0] ?? $0 }
      if mirrored != parts, let other = positions[mirrored.joined(separator: " ")], other != index {
        if index < other { pairs.append([index, other]) }
      } else if parts.contains("mirrored") || parts.contains("flipped") {
        let plain = parts.filter { $0 != "mirrored" && $0 != "flipped" }
        if let other = positions[plain.joined(separator: " ")], other != index {
          pairs.append([min(index, other), max(index, other)])
        }
      } else if parts.contains(where: { LabelMirror.telling.contains($0) }) {
        lone.append(index)
      }
    }
    self.pairs = pairs
    if let pair = pairs.first {
      allowsFlip = false
      let more = pairs.count > 1 ? " and \(pairs.count - 1) more such pairs" : ""
      sentence =
        "flip off: a mirror would turn \"\(classes[pair[0]])\" into \"\(classes[pair[1]])\"\(more); override with `flip` on"
    } else if let one = lone.first {
      allowsFlip = false
      sentence =
        "flip off: class \"\(classes[one])\" names a direction that a mirror would reverse; override with `flip` on"
    } else {
      allowsFlip = true
      sentence =
        "flip on: no class name says left or right; override with `flip` off if a mirrored clip would be another class"
    }
  }

  /// Lower-case words; joins `counter clockwise` and spells it one way.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var current = ""
    var previousIsLower = false
    for character in name {
      if character.isLetter || character.isNumber {
        if character.isUppercase, previousIsLower, !current.isEmpty {
          words.append(current)
          current = ""
        }
        current += character.lowercased()
        previousIsLower = character.isLowercase
      } else {
        if !current.isEmpty { words.append(current) }
        current = ""
        previousIsLower = false
      }
    }
    if !current.isEmpty { words.append(current) }
    var joined: [String] = []
    var index = 0
    while index < words.count {
      let following = index + 1 < words.count ? words[index + 1] : ""
      if ["counter", "anti"].contains(words[index]), following == "clockwise" {
        joined.append("counterclockwise")
        index += 2
        continue
      }
      switch words[index] {
      case "anticlockwise", "ccw", "acw": joined.append("counterclockwise")
      case "cw": joined.append("clockwise")
      case "mirror": joined.append("mirrored")
      default: joined.append(words[index])
      }
      index += 1
    }
    return joined
  }

  /// Words that say a direction even where the opposite class is not there; the others (`l`, `links`)
  /// could mean anything and count only as a pair of classes.
  private static let telling: Set<String> = [
    "left", "right", "leftward", "rightward", "leftwards", "rightwards", "clockwise",
    "counterclockwise", "eastbound", "westbound", "turnleft", "turnright",
  ]

  /// What a horizontal mirror makes of a word.
  private static let opposites: [String: String] = {
    let pairs = [
      ("left", "right"), ("leftward", "rightward"), ("leftwards", "rightwards"),
      ("lefthand", "righthand"), ("lefthanded", "righthanded"), ("leftturn", "rightturn"),
      ("turnleft", "turnright"), ("clockwise", "counterclockwise"), ("east", "west"),
      ("eastward", "westward"), ("eastbound", "westbound"), ("l", "r"), ("links", "rechts"),
      ("gauche", "droite"), ("izquierda", "derecha"), ("sinistra", "destra"),
    ]
    var opposites: [String: String] = [:]
    for (one, other) in pairs {
      opposites[one] = other
      opposites[other] = one
    }
    return opposites
  }()
}
