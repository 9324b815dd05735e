import Datasets
import FileStore
import Tensors

/// What each clip of a training was when it began: `clips.csv` in the run folder.
///
/// A training that goes on must see the same clips, or its result is that of no data set at all.
struct ClipRecord: Equatable {
  struct Entry: Equatable {
    /// Path and part.
    let name: String
    let label: String
    let side: String
    /// Nil where the file could not be read.
    var content: ContentSample?
    /// Whether frames came out of it.
    var isUsable = true
  }

  private(set) var entries: [Entry]

  private static let header = ["clip", "label", "side", "bytes", "sha256", "usable"]

  /// Looks at the files of all clips of a plan.
  init(_ plan: TrainingPlan, pool: WorkerPool) {
    let sides: [(String, [Clip])] = [
      ("train", plan.train), ("validation", plan.validation), ("held", plan.held),
    ]
    let clips = sides.flatMap { side, clips in clips.map { (side: side, clip: $0) } }
    let files = Array(Set(clips.map(\.clip.file))).sorted()
    var samples = [ContentSample?](repeating: nil, count: files.count)
    samples.withUnsafeMutableBufferPointer { samples in
      // Each task writes an element of its own.
      nonisolated(unsafe) let samples = samples
      pool.parallelFor(files.count) { samples[$0] = ContentSample(files[$0]) }
    }
    let contents = Dictionary(uniqueKeysWithValues: zip(files, samples))
    entries = clips.map { side, clip in
      Entry(name: clip.name, label: clip.label, side: side, content: contents[clip.file] ?? nil)
    }
  }

  /// Notes clips that no frames came out of.
  mutating func markUnusable(_ names: Set<String>) {
    for index in entries.indices where names.contains(entries[index].name) {
      entries[index].isUsable = false
    }
  }

  /// The same, with what another record says of which clips can be decoded.
  func asUsable(as other: ClipRecord) -> ClipRecord {
    let usable = Dictionary(
      other.entries.map { ($0.name, $0.isUsable) }, uniquingKeysWith: { one, _ in one })
    var copy = self
    for index in copy.entries.indices {
      copy.entries[index].isUsable = usable[copy.entries[index].name] ?? true
    }
    return copy
  }

  // MARK: The file

  /// As it is written, a line each.
  var text: String {
    let rows = entries.map { entry in
      CSV.line([
        entry.name, entry.label, entry.side, entry.content.map { "\($0.bytes)" } ?? "",
        entry.content?.digest ?? "", entry.isUsable ? "yes" : "no",
      ])
    }
    return ([CSV.line(ClipRecord.header)] + rows).joined(separator: "\n") + "\n"
  }

  var hash: String { Digest.sha256(text) }

  /// Nil where the file is missing, or none that this program wrote.
  init?(reading path: String) {
    var entries: [Entry] = []
    var isOurs = false
    do {
      try CSV.forEachRecord(path: path) { fields, _ in
        guard isOurs else {
          isOurs = fields == ClipRecord.header
          return
        }
        guard fields.count == ClipRecord.header.count else {
          isOurs = false
          return
        }
        entries.append(
          Entry(
            name: fields[0], label: fields[1], side: fields[2],
            content: Int(fields[3]).map { ContentSample(bytes: $0, digest: fields[4]) },
            isUsable: fields[5] == "yes"))
      }
    } catch { return nil }
    guard isOurs else { return nil }
    self.entries = entries
  }

  // MARK: Comparing

  /// What has changed since another record was made, a line each.
  func changes(since old: ClipRecord) -> [String] {
    let before = Dictionary(old.entries.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
    let now = Dictionary(entries.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
    var arrived: [ContentSample: [Entry]] = [:]
    for entry in entries.reversed() where before[entry.name] == nil {
      if let content = entry.content { arrived[content, default: []].append(entry) }
    }
    var explained: Set<String> = []
    var lines: [String] = []
    var moved = 0
    for entry in old.entries {
      let name = PathText.display(entry.name)
      if let same = now[entry.name] {
        if let change = ClipRecord.change(from: entry, to: same) {
          lines.append("\(name) \(change)")
        }
        moved += entry.side == same.side ? 0 : 1
      } else if let content = entry.content, let other = arrived[content]?.popLast() {
        explained.insert(other.name)
        lines.append(
          "\(name) is now \(PathText.display(other.name))"
            + (other.label == entry.label ? "" : ", labelled \"\(other.label)\""))
      } else {
        lines.append("\(name) is gone")
      }
    }
    for entry in entries where before[entry.name] == nil && !explained.contains(entry.name) {
      lines.append("\(PathText.display(entry.name)) is new")
    }
    if moved > 0 {
      lines.append("\(moved) clip\(moved == 1 ? " is" : "s are") on another side of the split")
    }
    return lines
  }

  private static func change(from old: Entry, to new: Entry) -> String? {
    if old.label != new.label {
      return
        "is labelled \"\(PathText.display(new.label))\", was \"\(PathText.display(old.label))\""
    }
    switch (old.content, new.content) {
    case (_?, nil): return "cannot be read any more"
    case (nil, _?): return "can be read now"
    case (let old?, let new?) where old != new:
      return old.bytes == new.bytes
        ? "holds something else" : "holds something else (\(new.bytes) bytes, were \(old.bytes))"
    default: break
    }
    if old.isUsable == new.isUsable { return nil }
    return new.isUsable ? "can be decoded now" : "cannot be decoded any more"
  }
}
