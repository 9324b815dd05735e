import Datasets
import Evaluation

/// What the form of the files alone would score: frame size and rate, without a look at a picture.
///
/// Learned from the same clips as the network, as how often each class has each form; a network that
/// does no better may have learned which camera a class was filmed with.
enum FormBaseline {
  /// - Parameter form: of a clip, such as `320×240, 25 frames/s`; nil where it is not known.
  /// - Returns: nil where forms are not known, or all the same.
  static func scored(
    learned: [Clip], held: [Clip], classes: [String], form: (Clip) -> String?
  ) -> ScoredClips? {
    let known = learned.compactMap { clip in form(clip).map { (form: $0, clip.classIndex) } }
    let asked = held.compactMap { clip in form(clip).map { (form: $0, clip) } }
    guard known.count == learned.count, asked.count == held.count, !held.isEmpty,
      Set(known.map(\.form)).count > 1
    else { return nil }
    var shares = [Float](repeating: 0, count: classes.count)
    var counts: [String: [Float]] = [:]
    for (form, label) in known {
      shares[label] += 1 / Float(known.count)
      counts[form, default: [Float](repeating: 0, count: classes.count)][label] += 1
    }
    var scored = ScoredClips(classes: classes)
    for (form, clip) in asked {
      // One more clip of each form, spread as the classes are: an unknown form says just that.
      let own = counts[form] ?? [Float](repeating: 0, count: classes.count)
      let total = own.reduce(1, +)
      scored.append(
        scores: zip(own, shares).map { ($0 + $1) / total }, label: clip.classIndex,
        name: clip.name, group: clip.group, video: clip.path)
    }
    return scored
  }
}
