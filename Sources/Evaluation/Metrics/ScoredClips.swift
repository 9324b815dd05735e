import Tensors

/// What a classifier said of labelled clips: all that metrics are computed from.
public struct ScoredClips: Sendable {
  /// In the order of the scores of a row.
  public let classes: [String]
  /// `[count, classes]`, row-major; each row not negative and summing to 1.
  public private(set) var scores: [Float] = []
  /// Positions in `classes`.
  public private(set) var labels: [Int] = []
  /// Clips of one group are drawn together when intervals are computed.
  public private(set) var groups: [String] = []
  /// What the clips are called.
  public private(set) var names: [String] = []
  /// The video each clip is of; clips of one video are averaged for per-video scores.
  public private(set) var videos: [String] = []

  /// - Precondition: at least one class.
  public init(classes: [String]) {
    precondition(!classes.isEmpty, "there must be classes")
    self.classes = classes
  }

  /// Clips added so far.
  public var count: Int { labels.count }

  /// Adds one clip.
  ///
  /// - Parameters:
  ///   - group: its own where nil.
  ///   - video: its name where nil.
  public mutating func append(
    scores row: some Collection<Float>, label: Int, name: String, group: String? = nil,
    video: String? = nil
  ) {
    precondition(row.count == classes.count, "a score for each class")
    precondition(classes.indices.contains(label), "the label must be a class")
    scores.append(contentsOf: row)
    labels.append(label)
    names.append(name)
    groups.append(group ?? name)
    videos.append(video ?? name)
  }

  /// Adds all clips of another classifier for the same classes.
  public mutating func append(contentsOf other: ScoredClips) {
    precondition(other.classes == classes, "the classes must be the same")
    scores += other.scores
    labels += other.labels
    groups += other.groups
    names += other.names
    videos += other.videos
  }

  /// Puts clips into other groups, by their names.
  public mutating func regroup(_ group: (_ name: String) -> String) {
    groups = names.map(group)
  }

  /// Scores of one clip.
  public func row(_ index: Int) -> ArraySlice<Float> {
    scores[index * classes.count..<(index + 1) * classes.count]
  }

  /// The class with the highest score, the first of equals.
  public func prediction(_ index: Int) -> Int {
    row(index).firstLargest
  }

  /// One clip for each video and label: the mean of the scores of its clips.
  public var perVideo: ScoredClips { averaged { videos[$0] } }

  /// Every clip once: the mean of its scores, where several classifiers gave some.
  public var perClip: ScoredClips {
    var averaged = averaged { names[$0] }
    let first = Dictionary(zip(names, videos), uniquingKeysWith: { first, _ in first })
    averaged.videos = averaged.names.map { first[$0] ?? $0 }
    return averaged
  }

  /// The mean of the scores of what goes by one name and has one label, in the order of the first.
  private func averaged(_ name: (_ index: Int) -> String) -> ScoredClips {
    struct Key: Hashable {
      let name: String
      let label: Int
    }
    var members: [Key: [Int]] = [:]
    var order: [Key] = []
    for index in labels.indices {
      let key = Key(name: name(index), label: labels[index])
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(index)
    }
    var averaged = ScoredClips(classes: classes)
    for key in order {
      let indices = members[key] ?? []
      var sum = [Double](repeating: 0, count: classes.count)
      for index in indices {
        for (position, score) in row(index).enumerated() { sum[position] += Double(score) }
      }
      averaged.append(
        scores: sum.map { Float($0 / Double(indices.count)) }, label: key.label, name: key.name,
        group: groups[indices[0]])
    }
    return averaged
  }
}
