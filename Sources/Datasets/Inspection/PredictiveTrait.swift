import ClipSampling
import VideoDecoding

/// A technical property of the files that tells their classes apart, so that a network may learn it
/// in place of what happens in the clips.
public struct PredictiveTrait: Sendable, Hashable {
  /// What a class mostly has.
  public struct Usual: Sendable, Hashable {
    /// The class.
    public let label: String
    /// The property's commonest value in the class.
    public let value: String
    /// Of the class's clips, 0…1.
    public let share: Double
  }

  /// `frame size`, `frame rate`, `codec`, `container` or `pixel format`.
  public let name: String
  /// Share of clips whose class is guessed from the property alone, each from all other clips.
  public let accuracy: Double
  /// The same without the property: always the commonest class of the other clips.
  public let chance: Double
  /// What each class mostly has.
  public let usual: [Usual]

  /// The traits by which classes are guessed much better than by chance, the most telling first.
  public static func all(of clips: [ClipInspection]) -> [PredictiveTrait] {
    let readable = clips.filter { $0.error == nil && $0.file.info != nil }
    let labels = readable.map(\.clip.label)
    guard Set(labels).count > 1 else { return [] }
    return traits.compactMap { name, value in
      judge(name, values: readable.map { $0.file.info.map { value($0) } ?? "" }, labels: labels)
    }
    .sorted { $0.accuracy > $1.accuracy }
  }

  static let traits: [(String, @Sendable (VideoInfo) -> String)] = [
    ("frame size", { "\($0.width)×\($0.height)" }),
    (
      "frame rate",
      { info in
        guard let rate = info.framesPerSecond else { return "unknown" }
        let tenths = (rate * 10).rounded() / 10
        return (tenths == tenths.rounded() ? "\(Int(clamping: tenths))" : "\(tenths)") + " frames/s"
      }
    ),
    ("codec", { $0.codec }), ("container", { $0.container }), ("pixel format", { $0.pixelFormat }),
  ]

  /// Frame size and rate in one.
  static func form(_ info: VideoInfo) -> String {
    traits.prefix(2).map { $0.1(info) }.joined(separator: ", ")
  }

  /// What a trait alone would get, and always the commonest class, each clip left out itself.
  static func score(_ values: [String], labels: [String]) -> (accuracy: Double, chance: Double) {
    var table: [String: [String: Int]] = [:]
    var totals: [String: Int] = [:]
    for (value, label) in zip(values, labels) {
      table[value, default: [:]][label, default: 0] += 1
      totals[label, default: 0] += 1
    }
    let right = zip(values, labels).reduce(0) { $0 + hit(table[$1.0] ?? [:], $1.1) }
    let count = Double(max(1, labels.count))
    // Left out itself, a clip of evenly frequent classes is never of the commonest of the others.
    let byChance = labels.reduce(0) { $0 + hit(totals, $1) }
    return (right / count, max(byChance / count, 1 / Double(max(1, totals.count))))
  }

  static func judge(_ name: String, values: [String], labels: [String]) -> PredictiveTrait? {
    var table: [String: [String: Int]] = [:]
    var totals: [String: Int] = [:]
    for (value, label) in zip(values, labels) {
      table[value, default: [:]][label, default: 0] += 1
      totals[label, default: 0] += 1
    }
    guard table.count > 1, labels.count >= 8 else { return nil }
    let (accuracy, chance) = score(values, labels: labels)
    let count = Double(labels.count)
    let deviation = (chance * (1 - chance) / count).squareRoot()
    guard accuracy - chance > max(0.15, 4 * deviation) else { return nil }
    let usual = totals.keys.sorted { $0.scalarsPrecede($1) }.map { label in
      usualValue(of: label, in: table, clips: totals[label] ?? 1)
    }
    return PredictiveTrait(name: name, accuracy: accuracy, chance: chance, usual: usual)
  }

  /// The commonest value of a label's clips; of equals the first by name.
  private static func usualValue(
    of label: String, in table: [String: [String: Int]], clips: Int
  ) -> Usual {
    var best: (value: String, count: Int) = ("", 0)
    for (value, counts) in table {
      let count = counts[label] ?? 0
      if count > best.count || count == best.count && value < best.value { best = (value, count) }
    }
    return Usual(label: label, value: best.value, share: Double(best.count) / Double(clips))
  }

  /// 1 when the commonest label of the other clips is this one's, a share of it for a draw.
  private static func hit(_ counts: [String: Int], _ label: String) -> Double {
    var others = counts
    others[label, default: 1] -= 1
    let most = others.values.max() ?? 0
    guard most > 0, others[label] == most else { return 0 }
    return 1 / Double(others.values.count { $0 == most })
  }
}
