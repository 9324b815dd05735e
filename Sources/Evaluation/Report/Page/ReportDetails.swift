import Datasets

/// What a report page shows besides scores, as far as it is known.
public struct ReportDetails: Sendable {
  /// One epoch of the training.
  public struct Epoch: Encodable, Sendable {
    let epoch: Int
    let learningRate: Double
    let trainLoss: Double
    let trainTop1: Double
    let heldLoss: Double?
    let heldTop1: Double?
    let heldMacroF1: Double?
    let seconds: Double

    /// - Parameter held: loss, top-1 and macro F1 of the clips held out.
    public init(
      epoch: Int, learningRate: Double, trainLoss: Double, trainTop1: Double,
      held: (loss: Double, top1: Double, macroF1: Double)?, seconds: Double
    ) {
      self.epoch = epoch
      self.learningRate = learningRate
      self.trainLoss = trainLoss
      self.trainTop1 = trainTop1
      heldLoss = held?.loss
      heldTop1 = held?.top1
      heldMacroF1 = held?.macroF1
      self.seconds = seconds
    }
  }

  /// A training's epochs.
  public struct Training: Encodable, Sendable {
    let epochs: [Epoch]
    let best: Int?
    let note: String?

    /// - Parameters:
    ///   - best: the epoch whose weights were kept; nil for the last.
    ///   - note: what followed, in a sentence.
    public init(epochs: [Epoch], best: Int?, note: String? = nil) {
      self.epochs = epochs
      self.best = best
      self.note = note
    }
  }

  /// A clip whose label the model doubts.
  public struct Doubt: Encodable, Sendable {
    /// Less sure than that, and the model may well be the one who is wrong.
    public static let leastScore = 0.8

    let path: String
    let label: String
    let answer: String
    let score: Double
    let learned: Bool

    /// - Parameter learned: whether the model had learned the clip under its label.
    public init(path: String, label: String, answer: String, score: Double, learned: Bool) {
      self.path = path
      self.label = label
      self.answer = answer
      self.score = score
      self.learned = learned
    }
  }

  /// Clips that show nearly the same.
  public struct Copies: Encodable, Sendable {
    struct Member: Encodable, Sendable {
      let name: String
      let label: String
      let side: String?
    }

    struct Group: Encodable, Sendable {
      let kind: String
      let likeness: Double
      let members: [Member]
      let trouble: String
    }

    let sentence: String
    let total: Int
    let groups: [Group]

    private static let mostListed = 100
    private static let mostMembers = 12

    /// - Parameters:
    ///   - groups: positions in `clips`.
    ///   - learned: how many of the clips, the first ones, were learned from; nil where none was.
    public init(_ groups: [DuplicateGroup], of clips: [Clip], learned: Int? = nil) {
      func group(_ copies: DuplicateGroup) -> Group {
        var trouble: [String] = []
        if let learned, copies.spans({ $0 < learned }) {
          trouble.append("on both sides of the split: scores flatter")
        }
        if copies.spans({ clips[$0].label }) { trouble.append("under two labels") }
        if copies.spans({ clips[$0].group }) { trouble.append("in two groups") }
        return Group(
          kind: copies.kind.rawValue, likeness: copies.likeness,
          members: copies.members.prefix(Copies.mostMembers).map { position in
            Member(
              name: clips[position].name, label: clips[position].label,
              side: learned.map { position < $0 ? "learned from" : "held out" })
          }, trouble: trouble.joined(separator: ", "))
      }
      // Those with most trouble first.
      let made = groups.map(group).enumerated().sorted {
        ($1.element.trouble.utf8.count, $0.offset) < ($0.element.trouble.utf8.count, $1.offset)
      }
      self.groups = made.prefix(Copies.mostListed).map(\.element)
      total = groups.count
      sentence =
        groups.isEmpty
        ? "No two of the \(clips.count) clips that were compared show nearly the same."
        : "Of the \(clips.count) clips that were compared, "
          + "\(groups.reduce(0) { $0 + $1.members.count }) show nearly the same as another."
    }
  }

  /// Clips of each class, and groups, on both sides.
  public struct Split: Encodable, Sendable {
    struct ClassClips: Encodable, Sendable {
      let name: String
      let learned: Int
      let held: Int
    }

    struct Groups: Encodable, Sendable {
      let total: Int
      let names: [String]

      init(_ clips: [Clip]) {
        let names = Set(clips.map(\.group))
        total = names.count
        self.names = Array(names.sorted().prefix(200))
      }
    }

    let classes: [ClassClips]
    let learnedGroups: Groups
    let heldGroups: Groups

    /// - Parameter classes: in the order of the model.
    public init(learned: [Clip], held: [Clip], classes: [String]) {
      let counts = [learned, held].map { clips in
        Dictionary(clips.map { ($0.label, 1) }, uniquingKeysWith: +)
      }
      self.classes = classes.map {
        ClassClips(name: $0, learned: counts[0][$0] ?? 0, held: counts[1][$0] ?? 0)
      }
      learnedGroups = Groups(learned)
      heldGroups = Groups(held)
    }
  }

  /// How the model was trained.
  public var training: Training?
  /// Clips of both sides whose labels the model doubts.
  public var doubts: [Doubt] = []
  /// Clips that show nearly the same.
  public var copies: Copies?
  /// Who was on which side of the split.
  public var split: Split?
  /// Frames of the clips.
  public var strips: ClipStrips?
  /// Command, versions and machine.
  public var origin: [(name: String, value: String)] = []

  /// Nothing so far.
  public init() {}
}
