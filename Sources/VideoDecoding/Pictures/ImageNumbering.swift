/// Which numbers are missing in the names of a folder's images.
enum ImageNumbering {
  /// One line, such as `frames 7-9 and 12 missing`; nil when nothing is missing or the names do not
  /// count (no numbers, different names around them, the same number twice).
  ///
  /// Names that count by fives miss nothing between 5 and 10.
  /// - Parameter names: In natural order, with extensions.
  static func gaps(in names: [String]) -> String? {
    var numbers: [Int] = []
    var stem: String?
    for name in names {
      guard let (text, number) = split(name), stem ?? text == text else { return nil }
      stem = text
      numbers.append(number)
    }
    let differences = zip(numbers.dropFirst(), numbers).map { $0 - $1 }
    guard let least = differences.min(), least > 0 else { return nil }
    // A single step says nothing about how they count.
    let step = differences.count { $0 == least } > 1 ? least : 1
    guard differences.allSatisfy({ $0 % step == 0 }) else { return describe(numbers, step: 1) }
    return describe(numbers, step: step)
  }

  private static func describe(_ numbers: [Int], step: Int) -> String? {
    var runs: [String] = []
    var count = 0
    for (next, number) in zip(numbers.dropFirst(), numbers) where next - number > step {
      let first = number + step
      let last = next - step
      runs.append(first == last ? "\(first)" : "\(first)-\(last)")
      count += (last - first) / step + 1
    }
    guard !runs.isEmpty else { return nil }
    let word = count == 1 ? "frame" : "frames"
    let shown = runs.prefix(8)
    if shown.count < runs.count {
      return "\(word) \(shown.joined(separator: ", ")) and more missing (\(count) in all)"
    }
    let list =
      shown.count == 1
      ? shown[0] : shown.dropLast().joined(separator: ", ") + " and " + shown[shown.count - 1]
    return "\(word) \(list) missing"
  }

  /// The last run of digits before the extension, and what stands before it.
  private static func split(_ name: String) -> (text: String, number: Int)? {
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    guard let end = stem.lastIndex(where: isDigit) else { return nil }
    let digits = stem[...end].reversed().prefix(while: isDigit)
    let start = stem.index(end, offsetBy: 1 - digits.count)
    // Longer numbers than this are dates and hashes, not counts.
    guard digits.count <= 15, let number = Int(stem[start...end]) else { return nil }
    return (String(stem[..<start] + stem[stem.index(after: end)...]), number)
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
